#!/bin/bash
# pr convert: records to subordinate ids and back without loss; refusals; kill -9 at any moment.
# needs: busybox getfattr setfacl setcap newuidmap
# timeout: 400
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
. "$TOP/tests/integration/convert.inc"
need_ranges
rm -rf root .pr-owners-*
make_root

# ---- there and back ----------------------------------------------------------------------------------

furnish ptrace
look ptrace >records.look
on_host >records.host
expect 0 '*7:8 4711*f*' convert --to=ids --dry-run
on_host | diff records.host - || fail "--dry-run changes something"
expect 0 '' convert --to=ids
look userns | diff records.look - || fail "the guest sees something else"
[ "$(stat -c %u root/tmp/f)" -gt 1000 ] || fail "not on the inode"
[ -z "$(getfattr -hRd -m '^user' root 2>/dev/null | grep -v -e '^#' -e '^$' -e 'user.pr.owners="mapped"')" ] ||
	fail "xattrs left: $(getfattr -hRd -m - root)"
expect 0 '*already*' convert --to=ids
expect_line 125 '*subordinate ids*pr convert*' in_guest ptrace true
there_and_back records ptrace records.look records.host ids

# What the guest changes in the one form is there in the other.
in_guest userns sh -c 'cd /tmp; chown 12:13 f; chmod 2750 s; rm p; mkfifo p; chown -h 5:5 l; mkdir new; chown 9 new'
look userns >ids.look
expect 0 '' convert --to=records
look ptrace | diff ids.look - || fail "changes in ids are lost"

# ---- what is refused ---------------------------------------------------------------------------------

on_host >before
in_guest ptrace sh -c 'mknod /tmp/null c 1 3; mknod /tmp/sda b 8 17; chown 1:2 /tmp/sda; ln /tmp/sda /tmp/sdb
	chown 70000:1 /tmp/ro'
look ptrace >odd.look
on_host >odd.host
expect 1 '*tmp/null: is a device (1:3)*nothing was changed; --keep-records*' convert --to=ids
expect 1 '*tmp/sdb: is a device (8:17)*nothing was changed*' convert --to=ids
expect 1 '*tmp/ro: is 70000:1*not among*' convert --to=ids --keep-records
on_host | diff odd.host - || fail "a refused conversion changes something"
in_guest ptrace chown 0:0 /tmp/ro
look ptrace >odd.look
expect 0 '' convert --to=ids --keep-records
expect 0 '1 2 0' in_guest userns stat -c '%u %g %s' /tmp/sda
expect 0 '' convert --to=records
look ptrace | diff odd.look - || fail "what stayed recorded is lost"
expect 1 '*writable*' in_guest ptrace sh -c 'echo writable; cat /tmp/sda 2>/dev/null'

# In use, by either engine, with or without an identity.
for engine in ptrace userns; do
	rm -f root/ready
	"$PR" --engine=$engine -r root -b /proc -w / sh -c ': >ready; exec sleep 60' </dev/null >/dev/null 2>&1 &
	pid=$!
	wait_for test -e root/ready
	expect_line 1 '*in use*' convert --to=ids --keep-records
	kill $pid
	wait $pid 2>/dev/null
done
rm -f root/ready

# Where there are no locks (F_OFD_SETLK) a session runs all the same.
if [ "$(uname -m)" = x86_64 ]; then
	gcc -o refuse "$TOP/tests/refuse.c" || exit 99
	expect 0 'runs' ./refuse 72,1=37 37 "$PR" -r root echo runs
fi

expect_line 125 '*--to=ids*' "$PR" convert -r root
expect_line 125 '*--to=ids*' "$PR" convert --to=ids
expect_line 125 '*ids or records*' "$PR" convert --to=both -r root
expect_line 125 '*no owners can be given*' unshare -r "$PR" convert --to=ids -r root

# ---- kill -9 -----------------------------------------------------------------------------------------

in_guest ptrace sh -c 'rm -rf /tmp/* /tmp/.[a-z]*'
furnish ptrace
in_guest ptrace sh -c 'mknod /tmp/sda b 8 17; chown 1:2 /tmp/sda; chmod 2755 /tmp/d'
keep=--keep-records
killed_at_changes
crowd ptrace
killed_at_random
in_guest ptrace sh -c 'rm -rf /tmp/*'
exit 0
