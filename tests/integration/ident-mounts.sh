#!/bin/bash
# A guest's root mounts, unmounts, pivots and changes roots with the tools of util-linux and coreutils.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

mkdir src
echo hello >src/file
# What the guest's root does in bash, in a plain session and in a sandbox.
# shellcheck disable=SC2317 # called by expect
root() { guest -0 -b "$PWD/src:/mnt" "${OPTIONS[@]}" --debug=mem bash -c "$1"; }

for mode in plain sandbox; do
	OPTIONS=()
	[ $mode = plain ] || OPTIONS=(--sandbox)
	# shellcheck disable=SC2016 # for the guest's shell
	root true >/dev/null 2>&1 || { echo "no $mode here"; continue; }
	expect 0 'hello
/srv is a mountpoint' root 'mount --bind /mnt /srv && cat /srv/file && mountpoint /srv && umount /srv'
	expect 32 'umount: /srv: not mounted.' root 'umount /srv'
	expect 1 '*Read-only file system*' root 'mount -o bind,ro /mnt /srv; touch /srv/new'
	expect 0 '' root 'mount -o bind,ro /mnt /srv; mount -o remount,rw,bind /srv; touch /srv/new'
	[ -e src/new ] || fail "$mode: nothing was written"
	rm src/new
	expect 0 'x tmpfs rw,nosuid,relatime,size=1m,mode=711
drwx--x--x root
f' root 'mount -t tmpfs -o size=1m,mode=711,nosuid x /srv && findmnt -no SOURCE,FSTYPE,OPTIONS /srv |
		tr -s " "; stat -c "%A %U" /srv; touch /srv/f; ls /srv'
	expect 0 '' root 'ls /srv'
	expect 32 '*busy*' root 'mount -t tmpfs x /srv && cd /srv && umount /srv'
	expect 0 '' root 'mount -t tmpfs x /srv && cd /srv && umount -l /srv && touch f && rm f'
	expect 0 'PID' root 'mount -t proc proc /srv && cd /srv/self/task && ls /srv/self >/dev/null && echo PID'
	expect 32 '*already mounted*' root 'mount -t proc proc /proc'
	expect 32 '*permission denied*' root 'mount -t overlay -o lowerdir=/etc x /srv'
	expect 32 '*unknown filesystem type*' root 'mount -t madeupfs x /srv'
	# Everything again below a directory, and a root there.
	expect 0 'hello
/usr
uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)
/ /proc /srv' root 'mount --rbind / /srv && mount --make-rslave /srv && chroot /srv cat /mnt/file &&
		chroot /srv sh -c "cd /usr && pwd" && chroot --userspec=nobody:nogroup /srv id &&
		mount -t tmpfs x /srv/srv &&
		echo $(chroot /srv findmnt -rno TARGET | grep -xE "/|/proc|/srv") && umount -R /srv'
	expect 0 a root 'unshare -m sh -c "mount -t tmpfs x /srv && touch /srv/a && ls /srv"; ls /srv'
	expect 0 'box box box
0' root 'a=$(hostname); unshare -u sh -c "hostname box; echo \$(hostname) \$(uname -n) \
		\$(cat /proc/sys/kernel/hostname)"; [ "$(hostname)" = "$a" ]; echo $?'
	expect 0 'here' root 'hostname here; hostname'
	# The old root put away, as an initramfs does.
	expect 0 '/ /bin
hello' root 'unshare -m sh -c "mount -t tmpfs x /srv && mkdir /srv/old /srv/bin /srv/mnt /srv/proc &&
		mount --bind /bin /srv/bin && for d in usr lib lib64; do mkdir -p /srv/\$d;
		mount --bind /\$d /srv/\$d || exit; done; mount --rbind /proc /srv/proc;
		mount --bind /mnt /srv/mnt; cd /srv && pivot_root . old && exec chroot . sh -c \
		\"umount -l /old; echo \\\$(findmnt -rno TARGET | grep -xE /\\|/bin); cat /mnt/file\""'
	expect 1 '*Operation not permitted' root 'unshare -n true'
	for who in --bounding-set=-sys_chroot '--reuid=1000 --clear-groups'; do
		expect 125 '*Operation not permitted' root "setpriv $who chroot / true"
	done
done
[ "$(ls "$GUEST/srv")" = "" ] || fail "something was made in the rootfs"
exit 0
