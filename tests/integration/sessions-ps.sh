#!/bin/bash
# pr ps and --name: table, JSON, numbers; a name twice; what killed sessions leave; whose directory it is.
# needs: busybox python3
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
export PR_ENGINE=ptrace # the table is compared
. "$TOP/tests/integration/userns.inc"
. "$TOP/tests/integration/sessions.inc"

header='PID     NAME           ENGINE  UP   ROOTFS                 COMMAND'
expect 0 "$header" "$PR" ps
expect 0 '\[\]' "$PR" ps --json
expect 0 '' "$PR" ps -q
[ ! -e runtime/pr ] || fail "made by who looks only"
expect_line 125 "*no session 'web'*none does*" "$PR" exec web true

start web -w /
first=$session
expect 0 "$header
$first *web *ptrace *s *...*/root *sh -c *..." "$PR" ps
expect 0 "$first" "$PR" ps -q
"$PR" ps | awk 'length($0) > 80 { exit 1 }' || fail "wider than 80 columns"
"$PR" ps --json >json
python3 - "$first" "$PWD/root" <<'P' || fail "$(cat json)"
import json, sys
s, = json.load(open("json"))
assert (s["pid"], s["name"], s["engine"], s["rootfs"]) == (int(sys.argv[1]), "web", "ptrace", sys.argv[2])
assert s["command"][:2] == ["sh", "-c"] and 0 <= s["seconds"] < 60
P
[ "$(stat -c %a runtime/pr)" = 700 ] || fail "its mode"
[ "$(stat -c %a "runtime/pr/$first")" = 600 ] || fail "the entry's mode"

# By number, by name, by no other.
expect 0 'here' "$PR" exec web echo here
expect 0 'here' "$PR" exec "$first" echo here
expect_line 125 "*no session 'we'*$first (web)*" "$PR" exec we true
expect_line 125 "*--name web*session $first has that name*" "$PR" --name web -r root true
expect_line 125 '*letters*' "$PR" --name 'a b' -r root true
[ -z "$(find runtime/pr -name '.new*')" ] || fail "something half made is left"

# Of ten that want one name at once, one gets it.
for i in 0 1 2 3 4 5 6 7 8 9; do
	"$PR" --name one -r root sh -c 'while [ ! -e /tmp/stop-one ]; do sleep 0.05; done' 2>"one.$i" </dev/null &
done
wait_for sh -c '[ "$(cat one.? | wc -l)" = 9 ]'
: >root/tmp/stop-one
[ "$(cat one.? | grep -c 'has that name')" = 9 ] || fail "$(cat one.?)"
stop web || fail "exit status $?"
wait
[ -z "$(ls -A runtime/pr)" ] || fail "left: $(ls -A runtime/pr)"

# A name of the dead is free, and what they left goes.
start web
kill -9 "$session"
wait "$session" 2>/dev/null
[ -e "runtime/pr/$session" ] || fail "nothing to sweep"
expect_line 125 "*no session 'web'*" "$PR" exec web true
[ -z "$(ls -A runtime/pr)" ] || fail "not swept by exec"
start web
stop web || fail "a name of the dead is refused"

# Not a directory of one's own: the next will do. Where none does a session runs all the same.
chmod 750 runtime/pr
export TMPDIR=$PWD/elsewhere
mkdir elsewhere
start web
[ -S "elsewhere/pr-$(id -u)/$session.sock" ] || fail "not in TMPDIR"
stop web
rmdir runtime/pr
mkdir away
chmod 700 away
ln -s ../away runtime/pr
start web
stop web
[ -z "$(ls -A away)" ] || fail "a link was followed"
rm runtime/pr

# Directories whose names are longer than a socket's may be.
deep=$PWD/$(printf 'd%.0s' {1..120})
mkdir "$deep"
chmod 700 "$deep"
export XDG_RUNTIME_DIR=$deep
start deep
expect 0 'here' "$PR" exec deep echo here
stop deep

# What a guest calls itself cannot speak to the terminal.
"$PR" -r root sh -c "sleep 1" $'\033[31m' </dev/null &
wait_for sh -c "'$PR' ps -q | grep -q ."
"$PR" ps | grep -q $'\033' && fail "an escape was printed as it is"
"$PR" ps --json | python3 -m json.tool >/dev/null || fail "no JSON"
wait
exit 0
