#!/bin/bash
# Containers are made, run, looked at, ended and removed; nothing half-made stays.
# needs: busybox python3
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

export PR_HOME=$PWD/state
mkdir -p t/bin t/etc t/srv
cp "$(command -v busybox)" t/bin/busybox
for a in sh ls cat echo sleep id env pwd test true mkdir rm; do ln -s busybox "t/bin/$a"; done
printf 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:33::/srv:/bin/sh\n' >t/etc/passwd
printf 'root:x:0:\nweb:x:33:\n' >t/etc/group
tar -C t --owner=0 --group=0 -czf root.tgz .
R=$PWD/root.tgz
t/bin/busybox true 2>/dev/null && ! ldd t/bin/busybox >/dev/null 2>&1 ||
	{ echo "busybox is not static"; exit 77; }

running() { "$PR" ps -a --json | grep -q "\"$1\", \"state\": \"running\""; }
nothing_left() {
	"$PR" prune >/dev/null || fail "prune"
	[ -z "$(ls -A "$PR_HOME/tmp")" ] || fail "left behind: $(ls "$PR_HOME/tmp")"
}

# ---- create and run
expect_line 0 c1 "$PR" create "$R" c1
expect_line 1 "*'c1' already*" "$PR" create "$R" c1
expect_line 1 '*cannot be a name*' "$PR" create "$R" .c
expect_line 1 '*cannot be a name*' "$PR" create "$R" a/b
expect_line 1 '*/nowhere*' "$PR" create /nowhere c2
expect_line 0 'uid=0(root) gid=0(root)*' "$PR" run c1 id
expect_line 7 '' "$PR" run c1 sh -c 'exit 7'
expect_line 127 '*nothere*' "$PR" run c1 nothere
expect_line 126 '*/etc/passwd*' "$PR" run c1 /etc/passwd
expect_line 137 '' "$PR" run c1 sh -c 'kill -9 $$'
expect_line 125 '*no image*' "$PR" run nothing-of-that-name
: >a.tar
expect_line 1 '*no image*./a.tar*' "$PR" create a.tar c2
expect 0 '*"c1", "state": "exited"*"exit": 137*' "$PR" ps -a --json
expect_line 0 c1 "$PR" ps -aq
expect_line 0 c1 "$PR" list -q

# Made from a pipe; by its name; gone when it has ended.
"$PR" create - piped <"$R" >/dev/null || fail "create from a pipe"
expect_line 0 /srv "$PR" run --rm -w /srv "$R" pwd
expect_line 0 '/new/one' "$PR" run --rm -w /new/one "$R" pwd
expect_line 3 '' "$PR" run --rm --entrypoint /bin/sh "$R" -c 'exit 3'
[ "$("$PR" ps -aq | tr '\n' ' ')" = "c1 piped " ] || fail "--rm left: $("$PR" ps -aq)"

# ---- the environment is the container's alone
mkdir vol
echo data >vol/file
export LEAK=1 PR_LEAK=2 GIVEN=3 TERM=vt52
HOST=$(hostname)
expect 0 "HOSTNAME=$HOST
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
A=b
GIVEN=3
PWD=/
HOME=/root" "$PR" run --rm -e A=b -e GIVEN "$R" /bin/env
expect_line 0 'uid=33(web) gid=33(web)*' "$PR" run --rm -u web "$R" id
expect_line 0 data "$PR" run --rm -v "$PWD/vol:/mnt" "$R" cat /mnt/file
expect_line 1 '*Read-only*' "$PR" run --rm -v ./vol:/mnt:ro "$R" rm /mnt/file
expect_line 125 '*/nowhere*' "$PR" run --rm -v /nowhere:/mnt "$R" true

# ---- --read-only: the root, and nothing that lies in it
for e in ptrace userns; do
	"$PR" run --rm --engine=$e "$R" true 2>/dev/null || continue
	expect_line 1 '*Read-only*' "$PR" run --rm --engine=$e --read-only "$R" mkdir /srv/new
	expect_line 0 kept "$PR" run --rm --engine=$e --read-only -v "$PWD/vol:/mnt" "$R" \
		sh -c 'echo kept >/mnt/new && cat /mnt/new && ! mkdir /tmp 2>/dev/null && : >/dev/null'
	expect_line 1 '*Read-only*' "$PR" run --rm --engine=$e --read-only -v "$PWD/vol:/mnt:ro" "$R" rm /mnt/new
done
expect_line 0 ro "$PR" create --read-only "$R" ro
expect_line 1 '*Read-only*' "$PR" run ro rm /etc/passwd
expect_line 1 '*Read-only*' "$PR" exec ro rm /etc/passwd
expect_line 0 ro "$PR" rm ro

# ---- login: what the user's line in passwd says
printf '%s\n' root:x:0:0::/root:/bin/ash web:x:33:33::/srv:/bin/echo odd:x:34:33::/nowhere:/bin/nosh \
	log:x:35:33::/srv:/bin/sh >t/etc/passwd
ln -s busybox t/bin/ash
mkdir t/root
expect_line 0 l1 "$PR" create ./t l1
says='echo "$0 $PWD $HOME $USER $LOGNAME $SHELL"'
login() { echo "$says" | "$PR" login "$@" 2>&1; }
same_text() { [ "$1" = "$2" ] || fail "login: '$1', not '$2'"; }
same_text "$(login l1)" '-ash /root /root root root /bin/ash'
same_text "$(login l1 -u log)" '-sh /srv /srv log log /bin/sh'
same_text "$(login l1 -u odd)" '-sh / / odd odd /bin/nosh'
same_text "$(login l1 -u 35 -e HOME=/etc -w /bin)" '-sh /bin /etc log log /bin/sh'
same_text "$(login l1 -u web)" ''
expect_line 125 "*no user 'nobody-here'*" "$PR" login l1 -u nobody-here
"$PR" run -d l1 sleep 60 >/dev/null || fail "run -d"
same_text "$(login l1)" '-ash /root /root root root /bin/ash'
same_text "$(login l1 -u log)" '-sh /srv /srv log log /bin/sh'
"$PR" rm -f l1 >/dev/null

# ---- detached
expect_line 0 d1 "$PR" run -d --name d1 "$R" sh -c \
	'echo out; echo err >&2; trap "echo bye; exit 3" TERM; while :; do sleep 0.05; done'
running d1 || fail "d1 does not run"
"$PR" logs -f d1 >followed &
wait_for test -s followed
wait_for grep -q err followed
expect_line 125 '*d1 is running*' "$PR" start d1
expect_line 1 '*d1 is running*' "$PR" rm d1
expect_line 1 '*d1 is running*' "$PR" rename d1 d2
expect_line 0 inside "$PR" exec d1 echo inside
expect_line 1 "*no signal '0x'*" "$PR" kill -s 0x d1
"$PR" wait d1 >waited &
expect_line 0 d1 "$PR" stop d1
wait
[ "$(cat waited)" = 3 ] || fail "wait said $(cat waited)"
[ "$(cat followed)" = $'out\nerr\nbye' ] || fail "logs -f said $(cat followed)"
expect_line 0 d1 "$PR" stop d1
expect_line 1 '*not running*' "$PR" kill d1
expect_line 0 d1 "$PR" start d1
expect_line 0 d1 "$PR" kill d1
expect_line 0 137 "$PR" wait d1
expect_line 127 '*/nope*' "$PR" run -d --rm "$R" /nope
expect_line 0 alone "$PR" exec d1 echo alone
expect_line 0 d1 "$PR" start d1
expect_line 0 '' "$PR" rename piped renamed
expect_line 0 d1 "$PR" rm -f d1
expect_line 0 renamed "$PR" rm renamed
expect_line 1 '*no container*' "$PR" rm renamed
expect_line 0 t1 "$PR" run -dt --name t1 "$R" sh -c 'test -t 1 && echo "$TERM"'
expect_line 0 0 "$PR" wait t1
expect_line 0 $'vt52\r' "$PR" logs t1

"$PR" inspect c1 t1 | python3 -c '
import json, sys
c, t = json.load(sys.stdin)
assert c["name"] == "c1" and c["state"] == "exited" and c["exit"] == 137 and c["env"], c
assert t["name"] == "t1" and t["terminal"] and t["rootfs"].endswith("/t1/rootfs"), t
' || fail "inspect"
expect_line 1 '*no image*' "$PR" inspect c1 nothing-of-that-name

# ---- the log: its last lines, and no end of it
"$PR" run -d --name many "$R" sh -c 'for i in 1 2 3 4 5; do echo "line $i"; done; echo -n end' >/dev/null
expect_line 0 0 "$PR" wait many
expect 0 $'line 5\nend' "$PR" logs --tail 2 many
expect 0 $'line 5\nend' "$PR" logs -n2 -f many
expect 0 $'line 1*end' "$PR" logs --tail 100 many
expect 0 '' "$PR" logs --tail 0 many
expect_line 125 '*number of lines*' "$PR" logs --tail x many
ln -s busybox t/bin/head; ln -s busybox t/bin/seq; ln -s busybox t/bin/tr
"$PR" create --name long ./t >/dev/null || fail "create"
"$PR" run -d long sh -c 'sleep 0.3; seq 3000000; echo end' >/dev/null || fail "run -d long"
"$PR" logs -f long >followed || fail "logs -f"
cmp followed <(seq 3000000; echo end) || fail "logs -f lost something when the log was turned over"
wait_for test "$("$PR" wait long)" = 0
for f in log log.1; do
	[ "$(stat -c %s "$PR_HOME/containers/long/$f")" -le 10485760 ] || fail "$f is too long"
done
cmp <("$PR" logs -n 900000 long) <(seq 2100002 3000000; echo end) || fail "--tail over two files"
"$PR" rm many long >/dev/null

# ---- two starts at once: one runs, the other is refused
for i in 1 2 3 4 5; do
	"$PR" run c1 sleep 0.2 2>a.err & a=$!
	"$PR" run c1 sleep 0.2 2>b.err & b=$!
	wait $a; x=$?
	wait $b; y=$?
	[ $((x + y)) = 125 ] || fail "two starts at once: $x and $y"
	[ "$(cat a.err b.err)" = "pr: container c1 is running: pr stop c1" ] || fail "$(cat a.err b.err)"
done

# ---- kill -9
"$PR" run c1 sleep 100 & pid=$!
wait_for running c1
kill -9 $pid
wait $pid 2>/dev/null
expect_line 0 137 "$PR" wait c1
expect_line 0 again "$PR" run c1 echo again
for i in 1 2 3 4 5 6 7 8; do
	"$PR" create "$R" "k$i" >/dev/null 2>&1 & pid=$!
	sleep "0.00$i"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	if [ -d "$PR_HOME/containers/k$i" ]; then
		expect_line 0 whole "$PR" run "k$i" echo whole
	fi
done
nothing_left

# ---- prune --containers: those that do not run
"$PR" run -d --name up "$R" sleep 100 >/dev/null || fail "run -d"
expect 0 '*removed c1*' "$PR" prune --containers --dry-run
expect_line 0 exited "$PR" run c1 echo exited
expect 0 '*removed c1*freed*' "$PR" prune --containers
expect_line 0 up "$PR" ps -aq
expect_line 0 up "$PR" rm -f up
exit 0
