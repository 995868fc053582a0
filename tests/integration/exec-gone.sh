#!/bin/bash
# Deleted programs in a sandbox, which the kernel cannot be led to; and more programs than are kept.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

# A copy of the shell that deletes itself, reads itself and runs itself again.
cat >gone.sh <<'EOF'
rm -f /box/gone
[ "$(readlink /proc/$$/exe)" = "/box/gone (deleted)" ] || echo "it says $(readlink /proc/$$/exe)"
cmp /proc/$$/exe /bin/sh
cmp /proc/$$/exe /bin/sh
[ $# = 2 ] || exec /proc/self/exe /mnt/gone.sh "$@" again
ls -l /proc/$$/exe | sed 's/.*-> //'
EOF

# A hundred programs at a time: the last ones have only their names.
cat >many.sh <<'EOF'
for i in $(seq 100); do
	cp /bin/sleep "/box/s$i"
	"/box/s$i" 600 &
	pids="$pids $!"
done
sleep 1
for p in $pids; do
	cmp "/proc/$p/exe" /bin/sleep
done
rm /box/s*
set -- $pids
cmp "/proc/$1/exe" /bin/sleep
shift 99
readlink "/proc/$1/exe"
kill $pids
EOF

mkdir box
run() { guest -b "$PWD/box:/box" -b "$PWD:/mnt" "$@"; }
expect 0 '/box/s100 (deleted)' run sh /mnt/many.sh
for options in "" -0 --sandbox "-0 --sandbox"; do
	# If this fails there is no Landlock: see sandbox-refused.sh.
	# shellcheck disable=SC2086 # words
	run $options true 2>/dev/null || { run $options true 2>&1 | grep -q Landlock && exit 77; }
	cp "$GUEST/bin/dash" box/gone
	# shellcheck disable=SC2086
	expect 0 '/box/gone (deleted)' run $options /box/gone /mnt/gone.sh
done
exit 0
