#!/bin/bash
# The state directory: another format is refused, a kill at any moment leaves all as it was or as it is to be.
# needs: python3
# timeout: 100
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

export PR_HOME=$PWD/state
python3 "$TOP/tests/integration/images.py" legacy legacy.tar || exit 99
python3 "$TOP/tests/integration/images.py" many many.tar || exit 99

# ---- where ----------------------------------------------------------------------------------------

expect 0 'NAME*' "$PR" images
[ "$(cat state/format)" = 'pr state 1' ] || fail "format: $(cat state/format)"
[ "$(stat -c %a state)" = 700 ] || fail "everybody can look into it"
PR_HOME='' XDG_DATA_HOME=$PWD/data "$PR" images >/dev/null && [ -e data/pr/format ] || fail "XDG_DATA_HOME"
PR_HOME='' XDG_DATA_HOME=data HOME=$PWD/home "$PR" images >/dev/null
[ -e home/.local/share/pr/format ] || fail "HOME"
PR_HOME=relative/x "$PR" images >/dev/null && [ -e relative/x/format ] || fail "a relative PR_HOME"
echo 'pr state 2' >state/format
expect_line 125 "*state*another format*'pr state 2'*" "$PR" images
expect_line 125 '*another format*' "$PR" load legacy.tar
echo 'pr state 1' >state/format
echo '{"images": [{"id": "sha256:zz"}]}' >state/images.json
expect_line 1 '*images.json is broken*sha256:zz*' "$PR" images
rm state/images.json
PR_HOME=/proc/nowhere expect_line 125 '*/proc/nowhere*' "$PR" images

# ---- kills ----------------------------------------------------------------------------------------

# Whole: every image that is told of can be saved, and no work of the dead is left by the next change.
is_whole() {
	local names
	names=$("$PR" images -q) || fail "after a kill: images"
	[ -z "$names" ] || echo "$names" | xargs "$PR" save >/dev/null || fail "after a kill: $names"
}
for ((i = 0; i < ${KILLS:-40}; i++)); do
	"$PR" load many.tar >/dev/null 2>&1 &
	pid=$!
	sleep "0.0$((RANDOM % 80 + 10))"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	is_whole
	[ $((i % 2)) = 0 ] || { "$PR" rmi many:100 >/dev/null 2>&1 & }
	pid=$!
	sleep "0.00$((RANDOM % 8 + 1))"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	is_whole
done
"$PR" load legacy.tar >/dev/null || fail "after kills: load"
"$PR" rmi one:1 two:2 example.com:5000/one >/dev/null || fail "after kills: rmi"
"$PR" rmi many:100 >/dev/null 2>&1
"$PR" prune >/dev/null
[ -z "$(find state/tmp state/blobs -type f)" ] || fail "left over: $(find state/tmp state/blobs)"

# What is being worked on is not swept.
mkfifo pipe
"$PR" load - <pipe >loaded &
exec 5>pipe
head -c 30000 many.tar >&5
wait_for bash -c '[ -e state/tmp/*/lock ]'
"$PR" load legacy.tar >/dev/null
"$PR" prune >/dev/null
tail -c +30001 many.tar >&5
exec 5>&-
wait
[ "$(cat loaded)" = many:100 ] || fail "swept while it was loaded"

# A disk that is full: told, and nothing is left. (A limit of the file size stands for it.)
chmod -R u+w state; rm -rf state
"$PR" images >/dev/null
(trap '' XFSZ; ulimit -f 40; exec "$PR" load legacy.tar) >out 2>&1 && fail "loaded beyond the limit"
grep -q 'legacy.tar: .*File too large' out || fail "a limit: $(cat out)"
[ -z "$(find state/tmp state/blobs -type f)" ] || fail "left over after a limit"
exit 0
