#!/bin/bash
# TERM, INT, HUP, QUIT and WINCH sent to pr by kill(2) reach the main command, once, and it alone.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

# A shell without job control lets its background jobs ignore INT and QUIT.
FRESH=(env --default-signal=INT --default-signal=QUIT)

# The main command counts what it gets; a child of it would tell if it got anything.
# shellcheck disable=SC2016 # for the guest's shell
script='
	for s in TERM INT HUP QUIT WINCH USR1; do trap "echo main $s >>/mnt/got" $s; done
	(for s in TERM INT HUP QUIT WINCH; do trap "echo child $s >>/mnt/got" $s; done
	 while [ ! -e /mnt/done ]; do sleep 0.02; done) &
	: >/mnt/ready
	while [ ! -e /mnt/done ]; do sleep 0.02; done
	wait
	exit 12'

setsid "${FRESH[@]}" "$PR" -r "$GUEST" -b /proc -b "$PWD:/mnt" -w / -- bash -c "$script" &
wait_for test -e ready
pid=$(pgrep -o -u "$(id -u)" -f "^$PR .*$PWD:/mnt")
for s in TERM INT HUP QUIT WINCH; do
	kill -$s "$pid" || fail "cannot signal pr"
	wait_for grep -q "main $s" got
done
sleep 0.1
: >"done"
wait $!
status=$?
[ "$status" = 12 ] || fail "exit status $status"
sort got >sorted
printf 'main %s\n' HUP INT QUIT TERM WINCH | diff - sorted || fail "signals were lost, doubled or spread"

# A signal that ends the main command gives 128+n.
for s in TERM INT HUP QUIT; do
	rm -f ready
	"${FRESH[@]}" "$PR" -r "$GUEST" -b "$PWD:/mnt" -w / -- sh -c ': >/mnt/ready; exec sleep 60' 2>/dev/null &
	wait_for test -e ready
	# The shell has become sleep when its name says so.
	wait_for pgrep -u "$(id -u)" -x sleep >/dev/null
	kill -$s $!
	wait $!
	status=$?
	[ "$status" = $((128 + $(kill -l $s))) ] || fail "$s: exit status $status"
done
exit 0
