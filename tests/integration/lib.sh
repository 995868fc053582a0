# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the integration tests share. Sourced: . "$TOP/tests/integration/lib.sh"
set -u
# Each test is of the ptrace engine but for those that name another; PR_ENGINE=auto runs it as users do.
export PR_ENGINE=${PR_ENGINE:-ptrace}

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

# The same command in a real chroot of the Debian guest, as this user: the directory of the test is
# /mnt in both. Skips the test where user namespaces are refused.
native() {
	[ -x "$PWD/oracle" ] || gcc -O1 -o oracle "$TOP/tests/oracle.c" || exit 99
	./oracle / -w / true 2>/dev/null || { echo "no user namespaces"; exit 77; }
	./oracle "$GUEST" -b /proc -b /dev -b "$PWD:/mnt" -w /mnt -- "${CLEAN[@]}" "$@"
}

under_pr() { "$PR" -r "$GUEST" -b /proc -b /dev -b "$PWD:/mnt" -w /mnt -- "${CLEAN[@]}" "$@"; }

# An environment that is the same in both.
CLEAN=(/usr/bin/env -i PATH=/usr/bin:/bin HOME=/tmp LC_ALL=C.UTF-8 TERM=xterm)

# same COMMAND...: output and status equal in a real chroot and under pr.
same() {
	local a b
	native "$@" >native.out 2>&1 </dev/null
	a=$?
	under_pr "$@" >pr.out 2>&1 </dev/null
	b=$?
	[ $a = $b ] || { tail -5 native.out pr.out; fail "$*: exit status $b, natively $a"; }
	diff native.out pr.out || fail "$*: output differs"
}

# same_program FILE SECONDS COMMAND...: the same for the host's own programs, each run in a directory
# with a copy of FILE, in an environment of HOME and PATH. Skips the test where it fails natively.
same_program() {
	local file=$1 seconds=$2 a b clean=(env -i PATH="$PATH" HOME=/tmp)
	shift 2
	mkdir native.dir pr.dir
	cp "$file" native.dir
	cp "$file" pr.dir
	(cd native.dir && timeout "$seconds" "${clean[@]}" "$@") >native.out 2>&1 </dev/null
	a=$?
	timeout "$seconds" "$PR" -r / -w "$PWD/pr.dir" -- "${clean[@]}" "$@" >pr.out 2>&1 </dev/null
	b=$?
	[ $a = 0 ] || { tail -3 native.out; exit 77; }
	[ $b = 0 ] || { tail -20 pr.out; fail "$*: exit status $b, natively 0"; }
	diff native.out pr.out || fail "$*: output differs"
}

# wait_for COMMAND...: until it succeeds; fails after ten seconds.
wait_for() {
	local i
	for ((i = 0; i < 500; i++)); do
		"$@" && return
		sleep 0.02
	done
	fail "never true: $*"
}

# nobody_left PATTERN: no process of ours whose command line matches.
nobody_left() {
	wait_for eval "! pgrep -u $(id -u) -f '$1' >/dev/null"
}
