#!/bin/bash
# Where a file system takes upper and lower case for the same, names that clash are refused, each named.
# needs: root lowntfs-3g mkntfs
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

truncate -s 32M disk
mkntfs -F -q disk >said 2>&1 || { echo "mkntfs: $(head -1 said)"; exit 77; }
mkdir mounted
lowntfs-3g -o ignore_case disk mounted 2>said || { echo "cannot mount: $(head -1 said)"; exit 77; }
trap 'umount mounted' EXIT
export PR_HOME=$PWD/mounted/state

mkdir -p one/Dir two/dir three/Dir four/Dir
echo 1 >one/Dir/File
echo 2 >two/dir/other
echo 3 >three/Dir/FILE
echo 4 >four/Dir/more
ln four/Dir/more four/Dir/fILE

# Twice the same is no clash, nor is a directory whose own entry comes late.
tar -cf same.tar -C one Dir/File Dir Dir/File
expect_line 0 same "$PR" create "$PWD/same.tar" same
grep -qx 1 mounted/state/containers/same/rootfs/dir/file || fail "not what the archive has"

for second in two:dir three:Dir/FILE; do
	tar -cf clash.tar -C one . -C "../${second%:*}" .
	expect_line 125 "*'./${second#*:}*upper and lower case*" "$PR" create "$PWD/clash.tar" clash
	[ "$(ls mounted/state/containers)" = same ] || fail "half of a container stays"
	PR_HOME=$PWD/state expect_line 0 "c-${second%:*}" "$PR" create "$PWD/clash.tar" "c-${second%:*}"
done
[ "$(cat state/containers/c-three/rootfs/Dir/{FILE,File})" = $'3\n1' ] || fail "where case matters there is no clash"

# A hard link's name.
tar -cf linked.tar -C one Dir/File -C ../four Dir/more Dir/fILE
expect_line 125 "*'Dir/fILE'*upper and lower case*" "$PR" create "$PWD/linked.tar" clash
exit 0
