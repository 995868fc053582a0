#!/bin/bash
# What the main command left behind is ended with it; --no-kill-on-exit waits; kill -9 of pr ends all.
# needs: guest pgrep
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

mark=$RANDOM$RANDOM
leave="sleep 9$mark & setsid sleep 9$mark & (trap '' TERM HUP INT; sleep 9$mark) & sh -c 'sleep 9$mark &'"

# Ended with it, also those that ignore TERM, that have left the session, that are nobody's child.
expect 4 '' guest sh -c "$leave; exit 4"
nobody_left "sleep 9$mark"

# A stopped one too, and one in a tight loop.
expect 5 '' guest sh -c "sleep 9$mark & kill -STOP \$!; (while :; do :; done) & exit 5"
nobody_left "sleep 9$mark"

# TERM comes first: there is time to clean up.
rm -f cleaned
"$PR" -r "$GUEST" -b /dev -b "$PWD:/mnt" -w / -- bash -c '
	(trap "echo x >/mnt/cleaned; exit" TERM; : >/mnt/ready; while :; do sleep 0.01; done) &
	while [ ! -e /mnt/ready ]; do :; done' || fail "exit status $?"
[ -e cleaned ] || fail "no TERM before KILL"

# --no-kill-on-exit waits for the last, and keeps the main command's status.
rm -f late
expect 6 '' "$PR" --no-kill-on-exit -r "$GUEST" -b /dev -b "$PWD:/mnt" -w / -- \
	sh -c '(sleep 0.5; : >/mnt/late) & exit 6'
[ -e late ] || fail "did not wait"

# kill -9 of any of pr's processes leaves no guest alive.
for which in oldest newest; do
	rm -f ready
	"$PR" -r "$GUEST" -b /dev -b "$PWD:/mnt" -w / -- sh -c "$leave; : >/mnt/ready; sleep 9$mark" &
	front=$!
	wait_for test -e ready
	target=$front
	[ $which = oldest ] || target=$(pgrep -P $front -f "^$PR ")
	kill -9 "$target" || fail "cannot kill pr"
	wait $front 2>/dev/null
	nobody_left "sleep 9$mark"
	nobody_left "^$PR -r $GUEST -b /dev -b $PWD:/mnt"
done
exit 0
