#!/bin/bash
# Root with CAP_SYS_ADMIN gets a mount namespace and no user namespace; without it, ptrace.
# needs: root busybox setpriv getfattr
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
need_userns

expect 0 'namespaces mount
isolate*' u --dry-run true
expect 0 "$(cat /proc/self/uid_map)" u cat /proc/self/uid_map
expect 0 '3 4' u sh -c ': >/tmp/f; chown 3:4 /tmp/f; stat -c "%u %g" /tmp/f'
mkdir host
expect 0 '' u -b host:/a/b true
left_here 'bin dev etc proc tmp'
expect 1 '*Read-only*' u -b host:/tmp:ro touch /tmp/x
grep -q " $PWD/root " /proc/self/mountinfo && fail "a mount has reached the host"

# Owners are the kernel's from now on, for the ptrace engine as well.
expect 0 '5 6' u -i 5:6 sh -c 'echo $(id -u) $(id -g)'
expect 0 '1 3' u -0 sh -c 'mknod /tmp/null c 1 3; stat -c "%t %T" /tmp/null'
expect 0 '3 4' "$PR" --engine=ptrace -0 -r root -b /proc stat -c '%u %g' /tmp/f

# Without the capability there are no mounts; auto has another engine.
without=(setpriv --inh-caps=-sys_admin --bounding-set=-sys_admin)
expect_line 125 '*namespaces mount*not permitted*' "${without[@]}" "$PR" --engine=userns -r root true
expect 0 '3 4' "${without[@]}" "$PR" --engine=auto -0 -r root -b /proc stat -c '%u %g' /tmp/f
exit 0
