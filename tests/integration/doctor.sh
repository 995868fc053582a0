#!/bin/bash
# pr doctor: on this host, and on hosts that refuse a call: the step, the error and the verdict.
# needs: python3 busybox
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
gcc -o refuse "$TOP/tests/refuse.c" || exit 99

cat >ask.py <<'EOF'
# ask.py FILE EXPRESSION: of the report r, its probes p by name; prints what it is.
import json, sys
r = json.load(open(sys.argv[1]))
p = {x["name"]: x for x in r["probes"]}
print(eval(sys.argv[2]))
EOF

# report STATUS WORD...: pr doctor behind these words; its JSON is what python takes for such.
report() {
	local want=$1 status
	shift
	"$@" "$PR" doctor --json >report.json 2>report.err </dev/null
	status=$?
	[ -s report.err ] && fail "$*: said $(cat report.err)"
	python3 -m json.tool report.json >/dev/null || fail "$*: no JSON: $(cat report.json)"
	[ "$status" = "$want" ] || fail "$*: status $status, not $want: $(cat report.json)"
}

# says EXPRESSION VALUE
says() {
	local got
	got=$(python3 ask.py report.json "$1") || exit 99
	[ "$got" = "$2" ] || fail "$1 is $got, not $2"
}

# What it says works is what works.
report 0 env
says 'r["works"]' True
says 'r["choice"]["engine"]' "$(python3 ask.py report.json 'p["engine-ptrace"]["outcome"] == "ok" and "ptrace" or "userns"')"
says 'all(x["error"] and x["lacking"] for x in r["probes"] if x["outcome"] == "failed")' True
says 'p["user-xattrs"]["needs"]' '-r ROOTFS'
expect 0 'engine *-0 gives *host *ptrace*' "$PR" doctor
tree root
if "$PR" --engine=userns -r root true 2>/dev/null; then
	says 'p["engine-userns"]["outcome"]' ok
else
	says 'p["engine-userns"]["outcome"]' failed
fi

# With a root, of a name that JSON and terminals do not like.
name=$'a"\\\033\xff\xc3\xa9'
cp -a root "$name"
before=$(find . | sort)
"$PR" doctor -r "$name" --json >report.json || fail "a root of an odd name: $(cat report.json)"
[ "$before" = "$(find . | sort)" ] || fail "something was left behind"
says 'ascii(r["rootfs"].split("/")[-1])' "'a\"\\\\\\x1b?\\xe9'"
says 'r["owners"].split()[0]' nobody
"$PR" doctor -r "$name" | grep -q $'\033' && fail "an escape was printed as it is"
mkdir bare
expect 0 '*it stands, but*/bin/sh*' "$PR" doctor -r bare

expect_line 125 '*/nowhere*No such file*' "$PR" doctor -r /nowhere
expect_line 125 "*'x'*pr -- doctor*" "$PR" doctor x
expect_line 125 '*--sandbox*' "$PR" doctor --sandbox
expect_line 125 '*--json*pr doctor*' "$PR" --json true
expect_line 127 '*doctor*' "$PR" -- doctor

# A directory for temporary files that forbids programs is named.
mkdir noexec
if unshare -rm mount -t tmpfs -o noexec tmpfs noexec 2>/dev/null; then
	# shellcheck disable=SC2016 # for the inner shell
	expect 0 "*session-directory*for noexec: $PWD/noexec*" unshare -rm sh -c \
		'mount -t tmpfs -o noexec tmpfs noexec && TMPDIR=$PWD/noexec exec "$0" doctor' "$PR"
fi

[ "$(uname -m)" = x86_64 ] || exit 0 # the numbers below

# refused NUMBER ERRNO NAME STEP [MORE]: that probe fails in that step with that errno.
refused() {
	report 0 ./refuse "$1" "$2"
	says "p['$3']['outcome']" failed
	says "p['$3']['errno']" "$2"
	says "'$4' in p['$3']['step']" True
	says "p['$3']['guess'], 'seccomp' in p['$3']['cause'], 'seccomp' in p['$3']['remedy']" \
		'(True, True, True)'
}

export PR_ENGINE=auto
report 0 env
if [ "$(python3 ask.py report.json 'p["engine-ptrace"]["outcome"] == "ok" and p["engine-userns"]["outcome"]')" = ok ]; then
	unit='p["engine-userns"]["outcome"], r["choice"]["engine"]'
	says 'r["choice"]["engine"], r["choice"]["root_engine"]' "('userns', 'ptrace')"
	refused '56,0&0x10000000' 1 user-namespace 'namespaces user' # clone(CLONE_NEWUSER): Docker
	says "$unit" "('failed', 'ptrace')"
	says 'p["uid-map"]["outcome"], p["uid-map"]["needs"]' "('skipped', 'user-namespace')"
	refused 1,2=4 1 uid-map 'map users' # "deny" into setgroups: AppArmor
	says "$unit" "('failed', 'ptrace')"
	refused 165 13 mount-namespace 'isolate mounts'
	says "$unit" "('failed', 'ptrace')"
	refused 428 1 bind-mount 'take /'
	refused 155 1 pivot-root pivot_root
	refused '56,0&0x40000000' 1 net-namespace 'namespaces user net'
	says "$unit" "('ok', 'userns')"
	refused 101 1 ptrace PTRACE_SEIZE
	says 'p["engine-ptrace"]["outcome"], r["choice"]["engine"]' "('failed', 'userns')"
	expect 0 'engine *userns*' ./refuse 101 1 "$PR" doctor
fi
# In a guest of the ptrace engine.
expect 1 '*none works here*inside a session of the ptrace engine*' "$PR" --engine=ptrace -r / "$PR" doctor
refused 425 1 io-uring io_uring_setup
refused 437 38 openat2 openat2
refused 322 38 execveat-check AT_EXECVE_CHECK
refused 444 38 landlock landlock_create_ruleset

# Where nothing works.
report 1 ./refuse 101 1 ./refuse '56,0&0x10000000' 1 ./refuse 165 1
says 'r["works"], r["choice"]["engine"], r["choice"]["root"]' '(False, None, None)'
expect 1 'engine *none works here*' ./refuse 101 1 ./refuse '56,0&0x10000000' 1 ./refuse 165 1 "$PR" doctor
exit 0
