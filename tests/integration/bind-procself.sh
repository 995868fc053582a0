#!/bin/bash
# Binds of /proc/self/fd and its like, which PRoot's wrappers make, are each guest's own.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

own() {
	guest -b /proc/self/fd:/dev/fd -b /proc/self/fd/0:/dev/stdin -b /proc/self/fd/1:/dev/stdout "$@"
}

# shellcheck disable=SC2016 # for the guest's shell
same='ls -l "$1" | sed -n "s/.* \\([02] -> .*\\)/\\1/p"'
own sh -c "$same" sh /proc/self/fd/ >by-proc 2>&1
own sh -c "$same" sh /dev/fd/ >by-bind 2>&1
grep -q '^2 -> .*/by-proc' by-proc || fail "/proc/self/fd: $(cat by-proc)"
sed -i 's/by-proc/by-bind/' by-proc
diff by-proc by-bind || fail "/dev/fd is not the guest's own /proc/self/fd"
expect 1 '' own readlink /dev/fd/77

# shellcheck disable=SC2016 # for the guest's shell
expect 0 '*same' own bash -c 'diff <(echo a) <(echo a) && echo same'
expect 0 'read this' own bash -c 'echo "read this" | cat /dev/stdin'
expect 0 'written' own bash -c 'echo written >/dev/stdout | cat'
expect 0 "*ENOENT*" own bash -c 'test -e /dev/fd/77 || echo ENOENT'
exit 0
