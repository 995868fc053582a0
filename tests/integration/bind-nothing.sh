#!/bin/bash
# A bind over nothing is seen by ls, find, tar and cp; nothing of it is made in the rootfs.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

mkdir -p root/bin root/some/dir src/sub
cp /bin/busybox root/bin/ 2>/dev/null || { echo "no busybox"; exit 77; }
echo hello >src/file
echo deep >src/sub/file
find root | sort >before
# shellcheck disable=SC2317 # called by expect
in_root() { "$PR" -r root -b src:/some/dir/new -b src/file:/some/only -b src:/far/away/from/all -w / \
	/bin/busybox "$@"; }

expect 0 'bin
far
some' in_root ls /
expect 0 'dir
only' in_root ls /some
expect 0 'new' in_root ls /some/dir
expect 0 'away' in_root ls /far
expect 0 hello in_root cat /far/away/from/all/file
expect 0 hello in_root cat /some/only
expect 0 deep in_root cat /some/dir/new/sub/file
expect 0 '/far/away/from/all
/far/away/from/all/file
/far/away/from/all/sub
/far/away/from/all/sub/file' in_root sh -c '/bin/busybox find /far/away/from/all | /bin/busybox sort'
expect 0 '*far/away/from/all/sub/file*' in_root sh -c '/bin/busybox tar -cf - far | /bin/busybox tar -tf -'
expect 1 '*busy*' in_root rmdir /some/dir/new
expect 1 '*' in_root rmdir /far
expect 0 '' in_root sh -c 'echo x >/far/away/from/all/made'
[ -e src/made ] || fail "written somewhere else"
find root | sort | diff before - || fail "something was made in the rootfs"

# Many entries, small buffers: each once.
mkdir root/many
for ((i = 0; i < 2000; i++)); do : >"root/many/file-$i"; done
n=$("$PR" -r root -b src:/many/bound -w / /bin/busybox ls /many | sort -u | wc -l)
[ "$n" = 2001 ] || fail "$n of 2001 names"
n=$("$PR" -r root -b src:/many/bound -w / /bin/busybox find /many -maxdepth 1 | wc -l)
[ "$n" = 2002 ] || fail "$n of 2002 lines"
exit 0
