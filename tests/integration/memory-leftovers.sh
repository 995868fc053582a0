#!/bin/bash
# pr gives back what it took: nothing is left at the end, its descriptors and memory do not grow.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

out=$("$PR" --debug=mem -r "$GUEST" -b /dev -b /proc -w / bash -c \
	'for i in 1 2 3 4 5; do ls /usr >/dev/null; cat /proc/self/maps >/dev/null; done; python3 -c "
import threading, os
for i in range(50):
	t = threading.Thread(target=os.stat, args=(\"/usr\",)); t.start(); t.join()"' 2>&1)
[ -z "$out" ] || fail "left: $out"

# Resident memory of the tracer after 300 and after 3000 programs.
# shellcheck disable=SC2016 # for the guest's shell
"$PR" -r "$GUEST" -b /dev -b "$PWD:/mnt" -w / -- bash -c '
	for i in $(seq 300); do /bin/true; done; : >/mnt/first; while [ -e /mnt/first ]; do sleep 0.02; done
	for i in $(seq 2700); do /bin/true; done; : >/mnt/second; while [ -e /mnt/second ]; do sleep 0.02; done' &
front=$!
rss() { cut -d' ' -f2 "/proc/$(pgrep -P $front -f "^$PR ")/statm"; }
fds() { find "/proc/$(pgrep -P $front -f "^$PR ")/fd" 2>/dev/null | wc -l; }
wait_for test -e first
a=$(rss) m=$(fds)
rm first
for ((i = 0; i < 6; i++)); do [ -e second ] || sleep 5; done
wait_for test -e second
b=$(rss) n=$(fds)
rm second
wait $front
if [ -n "$a" ] && [ -n "$b" ]; then
	[ "$b" -le $((a + 200)) ] || fail "resident pages grew from $a to $b"
	[ "$n" -le $((m + 4)) ] || fail "descriptors grew from $m to $n"
else
	echo "pr's memory cannot be read"
fi
exit 0
