#!/bin/bash
# -0 in namespaces of the guest's own without subordinate ids: one id of the kernel's, owners in records.
# needs: busybox pgrep
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
need_userns

# shellcheck disable=SC2016 # scripts are for the guest's shell

RECORDS=("$PR" --engine=userns --debug=no-ranges -r root -b /proc -b /dev/null -w /)
r() { "${RECORDS[@]}" "$@"; }

expect 0 '0 0' r -0 sh -c 'echo $(id -u) $(id -g)'
expect 0 '33 44' r -i 33:44 sh -c 'echo $(id -u) $(id -g)'
expect 7 '' r -0 sh -c 'exit 7'
expect 143 '' r -0 sh -c 'kill -TERM $$'
expect_line 127 '*no-such*not found*' r -0 no-such
expect_line 126 '*/etc*' r -0 /etc
expect_line 125 '*/no/where*' r -0 -w /no/where true
expect_line 125 '*cannot give --debug' r true
expect_line 125 '*--map-root*' r -0 --map-root true

# Owners, modes and devices are those of the ptrace engine, whichever of the two made them.
MAKE='cd /tmp; for n in a b; do : >$1$n; done; chown 5:6 $1a; chmod 4711 $1a; mknod $1d c 1 3; ln -s x $1l; chown -h 7:8 $1l'
LOOK='cd /tmp; for f in *; do stat -c "%n %F %u:%g %a %t:%T" $f; done'
expect 0 '' r -0 sh -c "$MAKE" sh u
expect 0 '' "$PR" -r root -b /proc -w / -0 sh -c "$MAKE" sh p
r -0 sh -c "$LOOK" >by-userns
"$PR" -r root -0 sh -c "$LOOK" >by-ptrace
diff by-userns by-ptrace || fail "the engines disagree"
[ "$(grep -c '5:6 4711' by-ptrace)" = 2 ] && [ "$(grep -c 'special' by-ptrace)" = 2 ] ||
	fail "owners: $(cat by-ptrace)"
[ "$(stat -c %u root/tmp/ua)" = "$(id -u)" ] || fail "an owner is real"

# A tree of records is theirs, with ranges as without; what is claimed for real ids is not.
expect 0 '5' "$PR" --engine=userns -0 -r root -b /proc -w / stat -c %u /tmp/ua
expect 0 '5' "$PR" --engine=auto --pid -0 -r root -b /proc -w / stat -c %u /tmp/ua
if (tree ranges && "$PR" --engine=userns -0 --map-auto -r ranges true) 2>/dev/null; then
	expect_line 125 '*subordinate*' "$PR" --engine=userns --debug=no-ranges -0 -r ranges true
fi

# Namespaces.
expect 0 'box' r -0 --hostname box hostname
expect 0 'other' r -0 --hostname box sh -c 'hostname other; hostname'
expect 0 'lo' r -0 --net sh -c 'ip -o link | cut -d: -f2 | tr -d " "'
expect 0 'UP' r -0 --net=none sh -c 'ip link show lo | grep -o "[<,]UP" | tr -d ",<"'
for n in pid uts ipc net cgroup time; do
	[ -e /proc/self/ns/$n ] || continue
	[ "$(r -0 --unshare=$n readlink /proc/self/ns/$n)" != "$(readlink /proc/self/ns/$n)" ] ||
		fail "--unshare=$n: the host's"
done

# Process 1 is pr's own: whoever loses his parent is its child, and no zombie for long.
expect 0 '1 1' r -0 --pid sh -c '
	sh -c "(sleep 0.2; cut -d\" \" -f4 /proc/self/stat >/tmp/orphan) &"
	while [ ! -s /tmp/orphan ]; do sleep 0.02; done
	echo $PPID $(cat /tmp/orphan)'
expect 0 '0' r -0 --pid sh -c '(sleep 0.1 &); sleep 0.4; grep -l "^State:.Z" /proc/[0-9]*/status | wc -l'
expect 0 '' r -0 --pid sh -c 'for p in /proc/[0-9]*; do [ "${p#/proc/}" -lt 100 ] || echo $p; done'
expect 1 '' r -0 --pid sh -c 'kill -9 1 2>/dev/null'

# What is left behind is ended, or waited for.
expect 0 '' r -0 --pid sh -c 'sleep 50 & exit 0'
expect 5 '' r -0 --pid --no-kill-on-exit sh -c '(sleep 0.3; : >/tmp/late) & exit 5'
[ -e root/tmp/late ] || fail "did not wait"

# :ro binds stay so.
mkdir -p host
expect 1 '*' r -0 -b "$PWD/host:/tmp:ro" sh -c 'mount -o remount,bind,rw /tmp 2>/dev/null; : >/tmp/x'
[ ! -e host/x ] || fail "written through a read-only bind"

# Signals, stops, and kill -9 of any of pr's processes, with pids of the guest's own and without.
is_state() { grep -q "^State:.[$2]" "/proc/$1/status"; }
mark=9$RANDOM$RANDOM
for pid in "" --pid; do
	rm -f root/tmp/*
	# shellcheck disable=SC2086 # a word or none
	"${RECORDS[@]}" -0 $pid sh -c ": $mark"'; trap "echo got >/tmp/got; exit 9" TERM; : >/tmp/ready
		while :; do sleep 0.02; done' &
	front=$!
	wait_for test -e root/tmp/ready
	main=$(pgrep -u "$(id -u)" -o -f "^sh -c : $mark")
	kill -STOP "$main"
	wait_for is_state $front T
	kill -CONT $front
	wait_for is_state $front S
	wait_for is_state "$main" SRD
	kill -TERM $front
	wait $front
	status=$?
	[ $status = 9 ] && [ -e root/tmp/got ] || fail "$pid TERM: exit status $status"

	for depth in 0 1 2 3; do
		rm -f root/tmp/ready
		# shellcheck disable=SC2086 # a word or none
		"${RECORDS[@]}" -0 $pid sh -c \
			"setsid sleep $mark & (sleep $mark &) ; : >/tmp/ready; sleep $mark" &
		front=$!
		wait_for test -e root/tmp/ready
		target=$front
		for ((i = 0; i < depth; i++)); do
			target=$(pgrep -o -P "$target")
		done
		kill -9 "$target" || fail "$pid $depth: nobody to kill"
		wait $front 2>/dev/null
		nobody_left "sleep $mark"
	done
done

# Where it fails nothing is left, and auto goes on to ptrace.
gcc -o refuse "$TOP/tests/refuse.c" || exit 99
if [ "$(uname -m)" = x86_64 ]; then
	refused() { ./refuse '56,0&0x10000000' 1 "$PR" "$@" -0 -r root -w / /bin/busybox id -u; }
	expect_line 125 '*engine userns*namespaces*not permitted*' refused --engine=userns
	expect 0 '0' refused --engine=auto
fi
expect 0 'namespaces user mount pid*map users*mount proc on /proc*hostname x*trace, with owners in records*' \
	r -0 --pid --hostname x --dry-run true
exit 0
