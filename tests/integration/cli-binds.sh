#!/bin/bash
# -b as written: names, options, files and directories, the last of two, missing sources, -R.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

mkdir -p host/inner other
echo one >host/file
echo two >other/file
ln -s /mnt/elsewhere link
here=$PWD

expect 0 'one' guest -b host:/mnt/x cat /mnt/x/file
expect 0 'one' guest -b "$here/host" cat "$here/host/file"
expect 0 'one' guest -b host/file:/etc/one cat /etc/one
expect 0 'one' guest -v host:/mnt cat /mnt/file
expect 0 'two' guest -b host:/mnt -b other:/mnt cat /mnt/file
expect 0 'two' guest -b other/:/mnt/inner/ -b host:/mnt cat /mnt/inner/file
expect 0 'deep' guest -b host:/no/such/deep ls /no/such
[ -e "$GUEST/no" ] && fail "a mount point was made in the root"

expect 1 '*Read-only file system*' guest -b host:/mnt:ro touch /mnt/new
expect 0 'one' guest -b host:/mnt:ro cat /mnt/file
expect 1 '*Read-only file system*' guest --read-only touch /etc/new
expect 1 '*Read-only file system*' guest --read-only -b host:/mnt touch /mnt/../tmp/new
expect 1 '*Read-only file system*' guest -b host:/:ro -b /bin -b /lib -b /lib64 -b /usr touch /new
expect 0 'one' guest --read-only -b host:/mnt sh -c 'cp /mnt/file /mnt/made && cat /mnt/made'
[ -s host/made ] || fail "--read-only: a bind was not written to"
expect 126 '*' guest -b /bin:/mnt:noexec /mnt/true
expect_line 125 '*nothing-here*' guest -b nothing-here:/mnt true
expect 0 '' guest -b nothing-here:/mnt:optional true
expect_line 125 '*sometimes*' guest -b host:/mnt:sometimes true

# -R: the host's files beside the guest's, missing ones left out.
expect 0 "*$(id -u)*" env HOME="$here" "$PR" -R "$GUEST" -w "$here/host" sh -c 'id; cat file'
expect 0 '*12.*' "$PR" -R "$GUEST" -w / cat /etc/debian_version
cmp <("$PR" -R "$GUEST" -w / cat /etc/passwd) /etc/passwd || fail "-R shows another /etc/passwd"
exit 0
