#!/bin/bash
# pr exec at a terminal: one of the command's own, ^C, ^Z, sizes, its end, and what is not a terminal.
# needs: guest python3 busybox
# timeout: 200
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
. "$TOP/tests/integration/sessions.inc"

for way in --engine=ptrace --engine=ptrace,--sandbox --engine=userns --engine=userns,--pid; do
	IFS=, read -r -a options <<<"$way"
	"$PR" "${options[@]}" -r "$GUEST" true 2>/dev/null || continue
	echo "-- $way"
	"$PR" "${options[@]}" --name s -r "$GUEST" -b /proc -b /dev -b "$PWD:/mnt" -w / -- \
		sh -c 'while [ ! -e /mnt/stop ]; do sleep 0.05; done' </dev/null &
	wait_for runs s
	python3 "$TOP/tests/integration/sessions.py" || exit 1
	: >stop
	wait $! || fail "$way: the session's exit status"
	rm stop
done
exit 0
