#!/bin/bash
# Root's powers over files that the host's modes shut: what is opened up stays told as it was, in binds too, and a :ro bind is left alone.
# needs: busybox
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # for the guest's shell
. "$TOP/tests/integration/lib.sh"

mkdir -p root/{bin,proc,tmp,etc,data/shut/in} bound ro
cp "$(command -v busybox)" root/bin/busybox
file -L root/bin/busybox 2>/dev/null | grep -q 'dynamically' && { echo "busybox is not static"; exit 77; }
for a in sh cat stat ls touch rm mv test; do ln -s busybox "root/bin/$a"; done
for f in root/data/none root/data/shut/in/f bound/none bound/kept ro/none; do echo text >"$f"; done
chmod 0 root/data/none bound/none ro/none root/data/shut/in root/data/shut
chmod 440 bound/kept
host() { stat -c %a "$1"; }
in_root() { PATH=/bin "$PR" "$@"; }
as_root() { in_root -0 -r root -b bound:/mnt -b ro:/etc:ro -w / -- "$@"; }

# Looking, by name or by mode, opens nothing.
expect 0 '0' as_root stat -c %a /data/none
expect 0 '0 0' as_root stat -c '%u %a' /mnt/none
[ "$(host root/data/none) $(host bound/none)" = "0 0" ] || fail "a look has changed a mode"

# Reading and writing do; the guest is told what it was.
expect 0 'text' as_root cat /data/none
expect 0 'text' as_root cat /data/shut/in/f
expect 0 'text' as_root cat /mnt/none
expect 0 '*Permission denied' as_root sh -c 'cat /etc/none; true'
expect 0 '' as_root sh -c 'echo more >>/mnt/kept; echo new >/data/shut/new'
expect 0 '0 0 0 0 440' as_root sh -c 'echo $(stat -c %a /data/none /data/shut /data/shut/in /mnt/none /mnt/kept)'
for f in root/data/none root/data/shut root/data/shut/in bound/none bound/kept; do
	[ $(($(stat -c 0%a "$f") & 0600)) = $((0600)) ] || fail "$f: mode $(host $f)"
done
[ "$(host ro/none)" = 0 ] || fail "a :ro bind's file has become $(host ro/none)"

# Others, in this session and the next, are kept out.
expect 1 '*Permission denied*' in_root -i 7:7 -r root -w / -- cat /data/none
expect 1 '*Permission denied*' in_root -i 7:7 -r root -w / -- touch /data/x
expect 1 '*Permission denied*' in_root -i 7:7 -r root -w / -- ls /data/shut
expect 0 '' in_root -i 7:7 -r root -b bound:/mnt -w / -- sh -c ': >/mnt/own && rm /mnt/own'

# Without an identity the host's modes hold, and what was opened up is.
expect 0 'text' in_root -r root -w / -- cat /data/none
exit 0
