#!/bin/bash
# pr convert by real root: records to the guest's own numbers and back, with devices and trusted xattrs.
# needs: root busybox getfattr setfattr setfacl setcap
# timeout: 400
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
. "$TOP/tests/integration/convert.inc"
nl=$'\n'
need_userns
rm -rf root .pr-owners-*
make_root

# Real owners first: what they are is seen with the host's own eyes.
in_guest ptrace sh -c 'mknod /dev/null c 1 3; mknod /dev/sda b 8 17; chown 1:2 /dev/sda; chmod 640 /dev/sda
	ln /dev/sda /dev/sdb; ln /dev/sda /tmp/sdc; chmod 2775 /dev'
furnish ptrace
setfattr -n trusted.mine -v text root/tmp/d
[ "$(getfattr --only-values -n user.pr.owners root)" = real ] || { echo "owners do not hold here"; exit 77; }
look ptrace >real.look
on_host >real.host
[ "$(stat -c '%t %T %u %h' root/tmp/sdc)" = '8 11 1 3' ] || fail "no device"
expect 0 '*1:2 0640 block 8:17 tmp/sdc*' convert --to=records --dry-run
on_host | diff real.host - || fail "--dry-run changes something"
expect 0 '' convert --to=records
look ptrace | diff real.look - || fail "the guest sees something else in records"
[ -z "$(find root ! -uid 0 -o ! -gid 0 -o -type b)" ] || fail "not root's: $(find root ! -uid 0)"
[ "$(stat -c '%F %h' root/tmp/sdc)" = 'regular empty file 3' ] || fail "hard links of devices"
expect_line 125 '*records*pr convert --to=ids*' in_guest userns true
there_and_back ids userns real.look real.host records

# No devices without CAP_MKNOD: named, or kept.
without=(setpriv --bounding-set=-mknod --inh-caps=-mknod)
expect 1 '*dev/null: is a device (1:3), which cannot be made here*' "${without[@]}" "$PR" convert --to=ids -r root
on_host | diff records.host - || fail "a refused conversion changes something"
expect 0 '' "${without[@]}" "$PR" convert --to=ids --keep-records -r root
expect 0 '' convert --to=records
look ptrace | diff real.look - || fail "what stayed recorded is lost"

# Where there are no locks (F_OFD_GETLK): whether it is in use nobody can say.
if [ "$(uname -m)" = x86_64 ]; then
	gcc -o refuse "$TOP/tests/refuse.c" || exit 99
	expect_line 125 '*cannot tell whether a session uses*locks*' ./refuse 72,1=36 37 "$PR" convert --to=ids -r root
	look ptrace | diff real.look - || fail "changed by who could not tell"

	# The list stays until it is certain (syncfs) that the tree is not marked as half converted.
	expect 125 '*cannot mark*' ./refuse 306 5 "${without[@]}" "$PR" convert --to=ids -r root
	lists=(.pr-convert-*)
	[ -e "${lists[0]}" ] || fail "the list is gone before the mark is on disk"
	expect 1 '*nothing was changed*' "${without[@]}" "$PR" convert --to=ids -r root
	lists=(.pr-convert-*)
	[ ! -e "${lists[0]}" ] || fail "lists left: ${lists[*]}"
fi

# A mount in the tree.
unshare -m bash -c 'mount -t tmpfs none root/etc && exec "$@"' - "$PR" convert --to=ids -r root >out 2>&1
[[ $? = 1 && $(cat out) = *etc:\ is\ a\ mount*nothing\ was\ changed* ]] || fail "mount: $(cat out)"

# kill -9
killed_at_changes

# What the person puts in a device's place meanwhile is not taken away.
for n in $(seq 1000); do
	./killat "$n" "$PR" convert -r root --to=ids >/dev/null 2>&1 || fail "never half converted with a device"
	[ ! -c root/dev/null ] || break
	convert --to=records >/dev/null || fail "back"
done
is_half || fail "not half converted"
rm root/dev/null root/dev/sd?
echo mine | tee root/dev/null root/dev/sda >root/dev/sdb
expect 0 '' convert --to=ids
[ "$(cat root/dev/null root/dev/sd?)" = "mine${nl}mine${nl}mine" ] || fail "a person's file is gone"
[ "$(stat -c '%t %T %u %h' root/tmp/sdc)" = '8 11 1 1' ] || fail "no device at its third name"
expect 0 '' convert --to=records
in_guest ptrace sh -c 'cd /dev; rm null sda sdb; mknod null c 1 3; ln /tmp/sdc sda; ln sda sdb'
expect 0 '' convert --to=ids
expect 0 '' convert --to=records
[ -f root/dev/null ] || fail "no file in the place of a device"
echo mine >root/dev/null
expect 1 '*dev/null: stands for a device, but something was written to it*nothing was changed*' convert --to=ids
: >root/dev/null
touch root/etc/.pr-converting
expect 1 '*etc/.pr-converting: has a name that pr convert needs*nothing was changed*' convert --to=ids
rm root/etc/.pr-converting

crowd ptrace
killed_at_random
exit 0
