#!/bin/bash
# pr exec by every engine: status, files, environment, identity, signals, deaths on either side.
# needs: busybox pgrep python3
# timeout: 300
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
. "$TOP/tests/integration/sessions.inc"

# What came out of, and what went into, a pipe.
pipes() {
	head -c 10000000 /dev/urandom >data
	"$PR" exec s cat <data | cmp - data || fail "$way: a pipe lost something"
	[ "$("$PR" exec s sh -c 'cat >/dev/null; echo out; echo err >&2' <data 2>errors)" = out ] || fail "$way: output"
	[ "$(cat errors)" = err ] || fail "$way: $(cat errors)"
	rm data
}

statuses() {
	expect 0 '' "$PR" exec s true
	expect 7 '' "$PR" exec s sh -c 'exit 7'
	expect 143 '' "$PR" exec s sh -c 'kill -TERM $$'
	expect 137 '' "$PR" exec s sh -c 'kill -KILL $$'
	expect_line 127 '*no-such*not found*' "$PR" exec s no-such
	expect_line 127 '*/no/such*' "$PR" exec s /no/such
	expect_line 126 '*/etc*' "$PR" exec s /etc
	expect_line 125 '*/no/where*' "$PR" exec -w /no/where s true
}

surroundings() {
	expect 0 '/' "$PR" exec s pwd
	expect 0 '/tmp' "$PR" exec -w /tmp s pwd
	expect 0 '/tmp /tmp' "$PR" exec -w /tmp s sh -c 'echo $PWD $(pwd)'
	expect 0 'of the session' "$PR" exec s sh -c 'echo $WHOSE'
	WHOSE='the caller' expect 0 'of the session' "$PR" exec s sh -c 'echo $WHOSE'
	WHOSE='the caller' expect 0 'the caller' "$PR" exec --env WHOSE s sh -c 'echo $WHOSE'
	expect 0 'X=1?PWD=/' "$PR" exec --clear-env --env X=1 s /bin/env
	expect 0 '' "$PR" exec --unset-env 'WH*' s sh -c 'echo $WHOSE'
	expect 0 'seen' "$PR" exec s sh -c 'echo seen >/tmp/seen; cat /tmp/seen'
	[ "$(cat root/tmp/seen)" = seen ] || fail "$way: not the session's root"
	# Nothing of ours is open in it, nor is any signal blocked.
	expect 0 '0 1 2 3' "$PR" exec s sh -c 'echo $(ls /proc/self/fd)'
	# What was ignored where the session began (nohup) still is, and nothing of ours.
	local ignored
	ignored=$(sed -n 's/^SigIgn:.//p' /proc/self/status)
	expect 0 "*SigBlk:?0000000000000000*SigIgn:?$ignored*" "$PR" exec s cat /proc/self/status
}

# Who it is, unless somebody else was asked for, is who the session began as.
identities() {
	case $way in
	*root* | records)
		expect 0 '0 0' "$PR" exec s sh -c 'echo $(id -u) $(id -g)'
		expect 0 '5 6' "$PR" exec -i 5:6 s sh -c 'echo $(id -u) $(id -g)'
		expect 0 '7 8 /home/bob' "$PR" exec -u bob s sh -c 'echo $(id -u) $(id -g) $HOME'
		expect 0 '7 3' "$PR" exec -u bob:3 s sh -c 'echo $(id -u) $(id -g)'
		expect_line 125 '*nobody-such*' "$PR" exec -u nobody-such s true
		expect 1 '*ermi*' "$PR" exec -i 5:6 s sh -c ': >/etc/shadow'
		;;
	locked) expect 0 '0 0' "$PR" exec s sh -c 'echo $(id -u) $(id -g)' ;;
	*)
		expect 0 "$(id -u) $(id -g)" "$PR" exec s sh -c 'echo $(id -u) $(id -g)'
		expect_line 125 '*no other users*' "$PR" exec -0 s true
		;;
	esac
}

# Rights, filters and namespaces are those that the session's first program has.
places() {
	local look='grep -E "^(Seccomp|NoNewPrivs|Cap|Groups)" /proc/self/status
		for n in user mnt uts ipc net; do readlink /proc/$$/ns/$n; done'
	"$PR" exec s sh -c "$look" >its
	cp root/tmp/first firsts
	diff firsts its || fail "$way: its rights or namespaces are others than the first program's"
	case $way in
	locked) expect 1 '*' "$PR" exec s sh -c 'umount /mnt; mount -o remount,bind,rw /mnt; : >/mnt/x' ;;
	sandbox) expect 1 '*' "$PR" exec s sh -c "cat /proc/1/root$PWD/root/etc/passwd" ;;
	esac
}

# Signals that are sent to it; its death; more at once than can begin at once.
signals() {
	local s
	for s in TERM INT HUP QUIT USR1; do
		rm -f root/tmp/got
		env --default-signal=INT --default-signal=QUIT "$PR" exec s sh -c "trap 'echo $s >/tmp/got; exit 9' $s
			: >/tmp/ready; while :; do sleep 0.02; done" &
		wait_for test -e root/tmp/ready
		rm root/tmp/ready
		kill -$s $!
		wait $!
		[ $? = 9 ] && [ "$(cat root/tmp/got)" = $s ] || fail "$way: $s was not passed on"
	done
	"$PR" exec s sh -c ': >/tmp/ready; exec sleep 60' &
	wait_for test -e root/tmp/ready
	rm root/tmp/ready
	kill -TERM $!
	wait $!
	[ $? = 143 ] || fail "$way: TERM ends it"
}

# Who was there before is another guest, also to the kernel in a sandbox.
among_guests() {
	rm -f root/tmp/signalled
	"$PR" exec s sh -c 'kill -USR1 $(cat /tmp/first.pid)' || fail "$way: cannot signal the first program"
	wait_for test -e root/tmp/signalled
	expect 0 'sh' "$PR" exec s sh -c 'cat /proc/$(cat /tmp/first.pid)/comm'
	"$PR" exec s sh -c 'echo $$ >/tmp/second.pid; exec sleep 60' &
	wait_for sh -c 'cat root/tmp/second.pid 2>/dev/null | grep -q .'
	expect 0 '' "$PR" exec s sh -c 'kill -0 -$(cat /tmp/second.pid) && kill -TERM -$(cat /tmp/second.pid)'
	wait $!
	[ $? = 143 ] || fail "$way: a group was not ended by another pr exec: $?"
	rm root/tmp/second.pid
}

killed_client() {
	rm -f root/tmp/got
	"$PR" exec s sh -c "trap 'echo HUP >/tmp/got; exit' HUP; : >/tmp/ready; while :; do sleep 0.02; done" &
	wait_for test -e root/tmp/ready
	rm root/tmp/ready
	kill -9 $!
	wait $! 2>/dev/null
	wait_for test -e root/tmp/got
	expect 0 '' "$PR" exec s true
}

many() {
	local i pids=()
	for ((i = 0; i < 20; i++)); do
		"$PR" exec s sh -c "echo $i; exit $i" >many.$i &
		pids+=($!)
	done
	for ((i = 0; i < 20; i++)); do
		wait "${pids[i]}"
		[ $? = $i ] && [ "$(cat many.$i)" = $i ] || fail "$way: number $i of 20 at once"
	done
	rm many.*
}

state_is() { grep -q "^State:.$1" "/proc/$session/status"; }

# A stopped session, as by ^Z, goes on serving; and who serves may be killed without harm to it.
served_always() {
	local porter
	case $way in
	pid | locked | records) return ;; # nobody inside can stop a process 1
	esac
	"$PR" exec s sh -c 'kill -STOP $(cat /tmp/first.pid)'
	wait_for state_is T
	expect 6 'stopped' "$PR" exec s sh -c 'echo stopped; exit 6'
	kill -CONT "$session"
	wait_for state_is S
	case $way in
	userns) return ;; # its keeper serves
	esac
	porter=$(pgrep -n -P "$session")
	"$PR" exec s sh -c ': >/tmp/ready; trap "" HUP; sleep 1; exit 3' &
	wait_for test -e root/tmp/ready
	rm root/tmp/ready
	kill -9 "$porter"
	expect 0 'again' "$PR" exec s echo again
	wait $!
	[ $? = 3 ] || fail "$way: who was served before suffers: $?"
}

# The session's end is theirs, and whoever comes during it is told.
ending() {
	local i status pids=()
	for ((i = 0; i < 8; i++)); do
		"$PR" exec s sleep 60 2>>said &
		pids+=($!)
	done
	"$PR" exec s sh -c ': >/tmp/ready; sleep 60' &
	pids+=($!)
	wait_for test -e root/tmp/ready
	rm root/tmp/ready
	: >root/tmp/stop-s
	for ((i = 0; i < 20; i++)); do
		"$PR" exec s true 2>>said
		status=$?
		[ $status = 0 ] || [ $status = 125 ] || [ $status = 137 ] || [ $status = 143 ] ||
			fail "$way: exit status $status during the end: $(cat said)"
	done
	wait $session
	[ $? = 0 ] || fail "$way: the session's exit status"
	for i in "${pids[@]}"; do
		wait "$i"
		status=$?
		[ $status = 143 ] || [ $status = 137 ] || [ $status = 125 ] ||
			fail "$way: exit status $status at the session's end"
	done
	expect_line 125 "*no session 's'*" "$PR" exec s true
	[ -z "$(ls runtime/pr)" ] || fail "$way: left: $(ls runtime/pr)"
}

# kill -9 of pr ends it all, and leaves what is then swept.
killed_session() {
	local mark=8$RANDOM$RANDOM status
	start s "${options[@]}"
	# Where pr itself is stopped nobody answers, or its keeper does: who asks can be ended.
	kill -STOP "$session"
	wait_for state_is T
	"$PR" exec s true &
	sleep 0.3
	kill -TERM $! 2>/dev/null
	wait $!
	status=$?
	[ $status = 143 ] || [ $status = 0 ] || fail "$way: exit status $status of who is not answered"
	kill -CONT "$session"
	"$PR" exec s sh -c ": >/tmp/ready; sleep $mark" 2>/dev/null &
	wait_for test -e root/tmp/ready
	rm root/tmp/ready
	kill -9 $session
	wait $session 2>/dev/null
	wait $!
	[ $? = 137 ] || fail "$way: exit status $? after kill -9 of pr"
	nobody_left "sleep $mark"
	wait_for sh -c "! '$PR' ps -q | grep -q ."
	[ -z "$(ls runtime/pr)" ] || fail "$way: not swept: $(ls runtime/pr)"
}

mkdir -p root/home/bob
echo 'bob:x:7:8::/home/bob:/bin/sh' >root/etc/passwd
: >root/etc/shadow
chmod 600 root/etc/shadow
mapfile -t all < <(ways)
for one in "${all[@]}"; do
	way=${one%%:*}
	IFS=, read -r -a options <<<"${one#*:}"
	echo "-- $way"
	WHOSE='of the session' start s "${options[@]}"
	for step in statuses surroundings identities places pipes signals among_guests killed_client many served_always ending killed_session; do
		$step
	done
done
exit 0
