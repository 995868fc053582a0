#!/bin/bash
# The userns engine: status, ids, binds, mounts of the guest's alone, nothing left behind.
# needs: busybox pgrep
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
need_userns

expect 0 '' u true
expect 7 '' u sh -c 'exit 7'
expect 143 '' u sh -c 'kill -TERM $$'
expect_line 127 '*no-such*not found*' u no-such
expect_line 126 '*/etc*' u /etc
expect_line 125 '*/no/where*' u -w /no/where true
expect 0 "$(id -u) $(id -g)" u sh -c 'echo $(id -u) $(id -g)'
expect 0 '/ /proc' u sh -c 'echo $(sort -u -k5,5 /proc/self/mountinfo | cut -d" " -f5 | grep -v ^/proc/)'
expect 0 '/' u sh -c 'cd /proc/1/root/../../.. 2>/dev/null || cd /; cd ..; pwd'

# Unasked it is taken for who wants no other ids, and by nobody's word does a tree become one of subordinate ids.
space=$(readlink /proc/self/ns/user)
unasked() { env -u PR_ENGINE "$PR" -r root -b /proc "$@"; }
[ "$(unasked readlink /proc/self/ns/user)" != "$space" ] || fail "not at native speed, though it works"
expect 0 "${space//[/\\[}" unasked -0 readlink /proc/self/ns/user
expect 0 '0 5' unasked -0 sh -c 'chown 5 /tmp; echo $(id -u) $(stat -c %u /tmp)'
expect 0 '*' unasked --stats true

# Binds: directories and files, read-only below, later ones over earlier ones, those within others.
mkdir -p host/in/deep other
echo host >host/file
echo other >other/file
mkdir -p root/mnt
: >root/etc/one
expect 0 'host' u -b host:/mnt cat /mnt/file
expect 0 'other' u -b host:/mnt -b other:/mnt cat /mnt/file
expect 0 'host other' u -b other:/mnt/in -b host:/mnt sh -c 'echo $(cat /mnt/file /mnt/in/file)'
expect 0 'host' u -b host/file:/etc/one cat /etc/one
expect 0 '' u -b no-such:/mnt:optional true
expect 1 '*Read-only*' u -b host:/mnt:ro touch /mnt/in/deep/x
expect 0 '' u -b host:/mnt:ro -b other:/mnt/in touch /mnt/in/x
expect 126 '*ermission denied*' u -b root/bin:/mnt:noexec /mnt/busybox true
expect 0 'host' u -b "$PWD:/mnt" -w /mnt/host cat file
expect 125 '*/proc/self*ptrace*' u -b /proc/self/fd:/mnt true
expect 0 '/proc/self/fd' u -b /proc/self/fd:/dev/fd readlink /dev/fd

# Over nothing: the mount point is there for the session alone.
expect 0 'host host' u -b host:/a/b/c -b host/file:/a/f sh -c 'echo $(cat /a/b/c/file /a/f)'
left_here 'bin dev etc mnt proc tmp'
expect 0 '' u -b host:/mnt/new -b other:/mnt/new/more:ro true
[ ! -e host/more ] || fail "a mount point in a bind is left"
left_here 'bin dev etc mnt proc tmp'

# The last of two sessions takes it away; what somebody put there stays.
u -b host:/a/b sh -c 'while [ ! -e /tmp/go ]; do sleep 0.02; done' &
wait_for test -d root/a/b
expect 0 '' u -b host:/a/b true
[ -d root/a/b ] || fail "taken from under a session"
: >root/tmp/go
wait $! || fail "exit status $?"
left_here 'bin dev etc mnt proc tmp'
expect 0 '' u -b host:/a/b sh -c ': >/a/kept'
[ -e root/a/kept ] && [ ! -e root/a/b ] || fail "not what was to be kept"
rm -r root/a

# A guest may rename a directory that a mount point was made in.
mkdir root/tmp/d
expect 0 'host' u -b host:/tmp/d/e sh -c 'mv /tmp/d /tmp/moved; cat /tmp/moved/e/file'
expect 0 '' ls root/tmp/moved
rmdir root/tmp/moved

# Nor is anything taken away where a link of its leads.
mkdir -p root/tmp/d away/e
expect 0 '' u -b host:/tmp/d/e sh -c "mv /tmp/d /tmp/moved; ln -s $PWD/away /tmp/d"
[ -d away/e ] || fail "removed through a guest's link"
rm -r root/tmp/d root/tmp/moved away

# A guest that is root by a map alone has what is :ro no less so.
expect 1 '*' u --map-users "0:$(id -u):1" --map-groups "0:$(id -g):1" -b host:/mnt:ro \
	sh -c 'mount -o remount,bind,rw /mnt; umount /mnt; : >/mnt/x'
[ ! -e host/x ] && [ ! -e root/mnt/x ] || fail "written through a read-only bind"

# kill -9 of any of pr's processes leaves no guest and no mount point, of all of them none for long.
mark=9$RANDOM$RANDOM
U=("$PR" --engine=userns -r root -b /proc -w /)
for which in front keeper; do
	"${U[@]}" -b /dev/null -b host:/a/b sh -c "setsid sleep $mark & (sleep $mark &) ; : >/tmp/ready; sleep $mark" &
	front=$!
	wait_for test -e root/tmp/ready
	rm root/tmp/ready
	target=$front
	[ $which = front ] || target=$(pgrep -P $front)
	kill -9 "$target"
	wait $front 2>/dev/null
	nobody_left "sleep $mark"
	wait_for test ! -e root/a
	wait_for left_here 'bin dev etc mnt proc tmp'
done
"${U[@]}" -b host:/a/b sleep "60.$$" &
wait_for test -d root/a/b
kill -9 $! $(pgrep -P $!)
wait $! 2>/dev/null
pkill -9 -u "$(id -u)" -xf "sleep 60.$$"
expect 0 '' u true
left_here 'bin dev etc mnt proc tmp'

# As on kernels without detached mounts, and without mount_setattr(2).
gcc -o refuse "$TOP/tests/refuse.c" || exit 99
if [ "$(uname -m)" = x86_64 ]; then
	old() { ./refuse 428 38 ./refuse 442 38 "$PR" --engine=userns -r root -b /proc -w / "$@"; }
	expect 0 'host other' old -b other:/mnt/in -b host:/mnt sh -c 'echo $(cat /mnt/file /mnt/in/file)'
	expect 1 '*Read-only*' old -b host:/mnt:ro touch /mnt/in/deep/x
	expect 0 '' old -b host:/mnt:ro -b other:/mnt/in touch /mnt/in/x
	expect 0 'host host' old -b host:/a/b/c -b host/file:/a/f sh -c 'echo $(cat /a/b/c/file /a/f)'
	left_here 'bin dev etc mnt proc tmp'
fi
exit 0
