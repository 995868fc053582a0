#!/bin/bash
# What kill(2) sends to pr reaches the command; killing pr leaves no guest; leftovers are ended.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

# A name that ps shows for this test's guests alone.
mark=sleep.$$
ln "$GUEST/bin/sleep" "$mark" 2>/dev/null || cp "$GUEST/bin/sleep" "$mark"
# shellcheck disable=SC2317 # eventually calls it
alive() { pgrep -x "$mark" >/dev/null; }

# Waits up to five seconds for a condition.
eventually() {
	for _ in $(seq 100); do
		"$@" && return
		sleep 0.05
	done
	return 1
}
# shellcheck disable=SC2317 # eventually calls it
gone() { ! alive; }

start() {
	"$PR" -r "$GUEST" -b /proc -b /dev -b "$PWD:/t" -w /t "$@" &
	pr=$!
	eventually alive || fail "the guest did not start: $*"
}

for sig in TERM INT HUP QUIT; do
	# A background job of a script ignores INT and QUIT; the guest's shell must not.
	start python3 -c "
import signal, subprocess, sys
signal.signal(signal.SIG$sig, lambda *a: sys.exit(40))
subprocess.Popen(['./$mark', '1000'])
signal.pause()"
	kill -$sig $pr
	wait $pr
	status=$?
	[ $status = 40 ] || fail "$sig: exit status $status"
	eventually gone || fail "$sig: the command's child was left behind"
done

start ./"$mark" 1000
kill -TERM $pr
wait $pr
[ $? = 143 ] || fail "the command's death by TERM is not 143"

start ./"$mark" 1000
kill -KILL $pr
wait $pr 2>/dev/null
eventually gone || fail "kill -9 of pr left a guest alive"

# A leftover that ignores TERM is killed.
start sh -c "trap '' TERM; ./$mark 1000 & exit 5"
wait $pr
[ $? = 5 ] || fail "exit status with a stubborn leftover"
eventually gone || fail "a stubborn leftover was left behind"
exit 0
