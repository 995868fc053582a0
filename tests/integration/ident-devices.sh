#!/bin/bash
# Device nodes that root makes: those of the host that anybody may open are these, others are refused, and copies and archives of them are nodes.
# needs: busybox script setsid
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # for the guest's shell
. "$TOP/tests/integration/lib.sh"

mkdir -p root/{bin,dev,proc,tmp,etc}
cp "$(command -v busybox)" root/bin/busybox
file -L root/bin/busybox 2>/dev/null | grep -q 'dynamically' && { echo "busybox is not static"; exit 77; }
for a in sh cat cp dd head mknod mv od rm stat tar true wc chmod truncate; do ln -s busybox "root/bin/$a"; done
as_root() { PATH=/bin "$PR" -0 -r root -b /proc -w /dev -- "$@"; }
in_sandbox() { PATH=/bin "$PR" --sandbox -0 -r root -b /proc -w /dev -- "$@"; }

expect 0 '' as_root sh -c '
	mknod null c 1 3; mknod zero c 1 5; mknod full c 1 7; mknod random c 1 8; mknod urandom c 1 9
	mknod tty c 5 0; mknod sda b 8 0; mknod kmsg c 1 11; mknod none c 240 7; mknod white c 0 0
	chmod 666 *'

# What is behind them, in this session and the next.
uses='set -e
	cat null; echo gone >null; echo gone >>null; echo gone >|null; cat <null; cp null /tmp/empty
	echo $(head -c 3 zero | od -An -tx1) $(stat -c %s /tmp/empty)
	dd if=zero of=/tmp/zeros bs=7 count=3 2>/dev/null; stat -c %s /tmp/zeros
	dd if=/tmp/zeros of=null 2>/dev/null
	head -c 9 urandom | wc -c; head -c 9 random | wc -c; dd if=full bs=5 count=1 2>/dev/null | wc -c'
expect 0 $'00 00 00 0\n21\n9\n9\n5' as_root sh -c "$uses"
expect 1 '*No space left on device*' as_root sh -c 'echo x >full'
for f in null zero full; do [ ! -s "root/dev/$f" ] || fail "$f was written to"; done

# A terminal is had where there is one.
expect 1 '*No such device or address*' setsid -w "$PR" -0 -r root -w /dev -- /bin/cat tty
expect 0 '*terminal*' script -qec "PATH=/bin $PR -0 -r root -w /dev -- sh -c 'echo terminal >tty'" /dev/null

# Those of which only root could do something, and that which is none.
for f in sda kmsg none; do
	expect 1 "*$f*Permission denied*" as_root cat $f
	expect 1 "*$f*Permission denied*" as_root dd if=null of=$f
done
expect 1 '*white*No such device or address*' as_root cat white

# A copy is a node, and is what it is a copy of.
told='for f in *; do stat -c "%n %F %t,%T %a" $f; done'
as_root sh -c "$told" >want
grep -q '^sda block special file 8,0 666$' want || fail "not told as made: $(cat want)"
expect 0 "$(cat want)" as_root sh -c "cp -a /dev /tmp/copy && cd /tmp/copy && $told"
expect 0 "$(cat want)" as_root sh -c "busybox mkdir /tmp/tar && tar c . | tar x -C /tmp/tar && cd /tmp/tar && $told"
expect 0 '' as_root sh -c 'cd /tmp/copy && mv null other && cat other && echo gone >other && rm sda'
expect 1 '*Permission denied*' as_root cat /tmp/copy/kmsg

# They are no part of the mount that they are in, but for nodev.
mkdir bound
in_mount() { PATH=/bin "$PR" -0 -r root -b /proc -b bound:/mnt"$1" -w / -- sh -c "$2"; }
expect 0 '' in_mount '' 'mknod /mnt/null c 1 3; mknod /mnt/sda b 8 0; chmod 666 /mnt/*'
expect 0 $'0\n0' in_mount :ro 'echo gone >/mnt/null; echo $?; busybox test -w /mnt/null; echo $?'
expect 1 '*Read-only file system*' in_mount :ro 'chmod 600 /mnt/null'
expect 1 '*Invalid argument*' in_mount :ro 'busybox truncate -s 3 /mnt/null'
expect 1 '*Permission denied*' in_mount :ro 'cat /mnt/sda'
expect 1 '*Permission denied*' in_mount '' \
	'busybox mkdir /tmp/m; busybox mount --bind /mnt /tmp/m; busybox mount -o remount,bind,nodev /tmp/m; cat /tmp/m/null'
[ ! -s bound/null ] || fail "bound/null was written to"

# In a sandbox the same, but for the terminal.
in_sandbox true 2>/dev/null || exit 0
expect 0 $'00 00 00 0\n21\n9\n9\n5' in_sandbox sh -c "$uses"
expect 1 '*Permission denied*' in_sandbox cat sda
exit 0
