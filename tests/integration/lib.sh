# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the integration tests share. Sourced: . "$TOP/tests/integration/lib.sh"
set -u

fail() {
	echo "FAILED: $*"
	exit 1
}

# expect STATUS PATTERN COMMAND...: exit status and whole output (both streams) as expected.
expect() {
	local want_status=$1 pattern=$2 got status
	shift 2
	got=$("$@" 2>&1 </dev/null)
	status=$?
	[ "$status" = "$want_status" ] ||
		fail "$*: exit status $status, not $want_status; it said: $got"
	# shellcheck disable=SC2053 # the right side is a pattern
	[[ $got = $pattern ]] || fail "$*: said '$got', not '$pattern'"
}

# The same with one line at most.
expect_line() {
	local lines
	expect "$@"
	shift 2
	lines=$("$@" 2>&1 </dev/null | wc -l)
	[ "$lines" -le 1 ] || fail "$*: $lines lines"
}

# pr on the Debian guest.
guest() { "$PR" -r "$GUEST" -b /proc -b /dev -w / "$@"; }
