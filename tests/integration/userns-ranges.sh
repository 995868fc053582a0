#!/bin/bash
# Subordinate ids are the guest's other users; a tree of records and one of real ids are not mixed.
# needs: busybox getfattr newuidmap
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
need_ranges

expect 0 '0 0' u -0 sh -c 'echo $(id -u) $(id -g)'
expect 0 '33 33' u -i 33:33 sh -c 'echo $(id -u) $(id -g)'
echo 'bob:x:70:71::/home/bob:/bin/sh' >root/etc/passwd
echo 'many:x:72:bob' >root/etc/group
expect 0 '70 71 71 72 /home/bob' u --user bob sh -c 'echo $(id -u) $(id -g) $(id -G) $HOME'
expect 0 '1 2 0 0' u -0 sh -c 'echo x >/tmp/f; chown 1:2 /tmp/f
	echo $(stat -c "%u %g" /tmp/f /bin/busybox)'
[ "$(stat -c %u root/tmp/f)" -gt 1000 ] || fail "not really owned"
expect 0 '1 2' u -0 stat -c '%u %g' /tmp/f
expect 0 '' u -0 sh -c 'su -s /bin/sh bob -c "touch /tmp/f" 2>/dev/null && echo writable; rm /tmp/f'

# Mount points in a directory of another's are made and removed as the guest's root does.
expect 0 '' u -0 sh -c 'mkdir /other; chown 5:5 /other'
expect 0 'file' u -0 -b "$PWD/root/etc:/other/x/y" sh -c '[ -f /other/x/y/passwd ] && echo file'
expect 0 '' u -0 sh -c 'ls -A /other; rmdir /other'
[ "$(echo .pr-mounts-*)" = '.pr-mounts-*' ] || fail "the journal is left"

# A :ro bind stays so whatever the guest's root does.
mkdir host
expect 1 '*' u -0 -b "$PWD/host:/tmp:ro" sh -c 'mount -o remount,bind,rw /tmp; umount /tmp; : >/tmp/x'
[ ! -e host/x ] && [ ! -e root/tmp/x ] || fail "written through a read-only bind"

# The marker.
expect_line 125 '*subordinate ids*--engine=userns*' "$PR" --engine=ptrace -0 -r root true
expect 0 '0' "$PR" --engine=auto -0 -r root -b /proc id -u
expect 0 "$(id -u)" "$PR" --engine=ptrace -r root -b /proc id -u
tree records
expect 0 '0' "$PR" --engine=ptrace -0 -r records -b /proc id -u
expect 0 '0' "$PR" --engine=userns -0 -r records -b /proc id -u
expect_line 125 '*owners*records*' "$PR" --engine=userns -0 --map-auto -r records true
expect_line 125 '*owners*records*' "$PR" --engine=userns --map-root -r records true
expect 0 '0' "$PR" --engine=auto -0 -r records -b /proc id -u
expect 0 '0' "$PR" --engine=auto --pid -0 -r records -b /proc id -u
u -0 sh -c 'rm -rf /tmp/*'
exit 0
