#!/bin/bash
# --stats counts stops, calls served in the guest and, by its cause, each that fell through.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

N=1000

# stats OPTION... -- CODE: its output to `said`.
stats() {
	local options=() code
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	code="import os
for i in range($N):
	try: $2
	except OSError: pass"
	guest --stats "${options[@]}" -b "$PWD/mnt:/mnt" -b "$PWD/ro:/ro:ro" python3 -c "$code" \
		>out 2>said </dev/null || fail "${options[*]} $2: $(cat said)"
}

# number WORDS: of the rows that begin so.
number() {
	awk -v words="$1" '{ sub(/^pr:/, ""); n = $1; sub(/^ *[0-9]+ +/, "") }
		index($0, words) == 1 { sum += n } END { print sum + 0 }' said
}

# about_n WORDS...: N of each, but for the first few, and what Python does besides.
about_n() {
	local words n
	for words in "$@"; do
		n=$(number "$words")
		[ "$n" -ge $((N - 10)) ] && [ "$n" -le $((N * 2 - 100)) ] ||
			fail "$words: $n, not about $N: $(cat said)"
	done
}

# few WORDS...: much less than N.
few() {
	local words
	for words in "$@"; do
		[ "$(number "$words")" -le $((N - 100)) ] || fail "$words: too many: $(cat said)"
	done
}

# falls CAUSE OPTION... -- CODE: every call of it stops, for that cause.
falls() {
	local cause=$1
	shift
	stats "$@"
	about_n "$cause" 'calls fell through' 'begins of system calls' 'stops there all the same'
}

serves() {
	stats "$@"
	about_n 'calls served'
	few 'calls fell through' stops
	[ "$(number 'call sites')" -ge 1 ] || fail "no call site: $(cat said)"
}

mkdir mnt ro
touch mnt/file ro/file
ln -s file mnt/link
mkfifo mnt/fifo

serves -- 'os.stat("/etc/passwd")'
serves -0 -- 'os.stat("/mnt/file")'
serves -- 'os.access("/no/such/file", 0)'
falls 'name in /proc' -- 'os.stat("/proc/version")'
falls 'name in /proc' -0 -- 'os.stat("/proc/version")'
falls 'unusual flags' -- 'os.close(os.open("/etc", os.O_PATH))'
falls 'path empty' -- 'os.stat("")'
falls 'several components' -- 'os.stat("etc/passwd", dir_fd=3)'
falls 'writing, which a :ro bind' -- 'os.access("/ro/file", os.W_OK)'
falls 'open of a relative name with' -- 'os.close(os.open("etc/../etc", 0))'
serves -0 -- 'os.close(os.open("/mnt/file", os.O_WRONLY))'
falls '-0: open for writing' -0 -- 'os.close(os.open("/mnt/new%d" % i, os.O_WRONLY | os.O_CREAT, 0o1644))'
serves -0 -- 'os.lstat("/mnt/link")'
falls '-0: link or special file' -0 -- 'os.lstat("/mnt/fifo")'

# Sockets: `P`, a pair of them.
pair='P = globals().get("P") or __import__("socket").socketpair();'
serves -- "$pair P[0].sendmsg([b'x']); P[1].recv(1)"
serves -0 -- "$pair P[0].sendmsg([b'x']); P[1].recv(1)"
falls 'unix address' -- "$pair P[0].send(b'x'); P[1].recvmsg(1)"
falls '-0: message with' -0 -- "$pair P[0].sendmsg([b'x'], [(1, 1, b'\\1\\0\\0\\0')]); P[1].recv(1)"

# What threads call from is another place of the C library's.
thread='T = __import__("threading").Thread(target=lambda: os.close(os.open("/etc/passwd", 0)));'
stats -- "$thread T.start(); T.join()"
few 'begins of system calls' 'calls fell through'
[ "$(number 'calls served')" -ge $((N * 2 - 10)) ] || fail "threads: $(cat said)"

# More threads at a time than there is room for: each call is counted all the same.
stats -- '__import__("threading").Thread(target=lambda: [os.stat("/usr") for j in range(20)]).start()'
served=$(number 'calls served')
fell=$(number 'calls fell')
[ $((served + fell)) -ge $((N * 20 - 10)) ] || fail "$served and $fell of $((N * 20)) calls: $(cat said)"

# Where there are no agents it says why; the stops are counted.
stops_all() {
	local why=$1
	shift
	stats "$@" -- 'os.stat("/etc/passwd")'
	about_n 'begins of system calls'
	grep -qF "pr: no call was served in the guest: $why" said || fail "not '$why': $(cat said)"
}

stops_all --no-agent --no-agent
stops_all --trace --trace=/dev/null
stops_all 'no seccomp' --debug=no-seccomp
stops_all 'the guest is not root' -i 5:5
guest --sandbox true && stops_all --sandbox --sandbox
guest true 2>said
[ ! -s said ] || fail "without --stats: $(cat said)"
