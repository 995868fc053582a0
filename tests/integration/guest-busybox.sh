#!/bin/bash
# A guest that is one static busybox: its shell, its applets, scripts, pipes and a web of links.
# needs: busybox
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016,SC2317 # for the guest's shell; called by expect
. "$TOP/tests/integration/lib.sh"

mkdir -p root/{bin,proc,tmp,etc,dev}
cp "$(command -v busybox)" root/bin/busybox
file -L root/bin/busybox 2>/dev/null | grep -q 'dynamically' && { echo "busybox is not static"; exit 77; }
for a in $(root/bin/busybox --list); do ln -s busybox "root/bin/$a" 2>/dev/null; done
printf '#!/bin/sh -e\necho script "$0" "$@"\n' >root/bin/script
chmod +x root/bin/script
in_root() { PATH=/bin "$PR" -r root -b /proc -b /dev/null -w /tmp -- "$@"; }

expect 0 '/tmp' in_root pwd
expect 0 'script /bin/script a b' in_root script a b
expect 0 '42' in_root sh -c 'echo $((6*7))'
expect 0 '/bin/busybox' in_root readlink -f /proc/self/exe
expect 0 '100' in_root sh -c 'seq 100 | sort -rn | uniq | head -1'
expect 0 'abc' in_root sh -c 'echo abc | gzip | gunzip'
expect 0 'abc' in_root sh -c 'mkdir -p d/e; echo abc >d/e/f; cp -a d d2; tar -cf t d2; rm -r d d2; tar -xf t; cat d2/e/f'
expect 0 '' in_root sh -c 'for i in $(seq 300); do /bin/true || exit 1; done'
expect 0 '3' in_root sh -c '(sleep 0.1; exit 3) & wait $!; echo $?'
expect 0 'x y' in_root find /tmp -maxdepth 0 -exec echo x y ';'
expect 0 'root/bin/busybox' find root/bin -type f -name busybox
expect 0 '*sh*' in_root ps -o comm
exit 0
