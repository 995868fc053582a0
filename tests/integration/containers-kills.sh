#!/bin/bash
# Whatever is killed, and whenever, and however full the disk is: what is told of is whole, nothing half-made is seen.
# needs: busybox
# timeout: 100
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

export PR_HOME=$PWD/state
mkdir -p t/bin t/etc t/d
cp "$(command -v busybox)" t/bin/busybox
! ldd t/bin/busybox >/dev/null 2>&1 || { echo "busybox is not static"; exit 77; }
for a in sh find md5sum sort xargs true; do ln -s busybox "t/bin/$a"; done
for ((i = 0; i < 100; i++)); do echo "$i" >"t/d/f$i"; done
tar -C t --owner=0 --group=0 -cf root.tar .

# ---- kill -9 ----------------------------------------------------------------------------------------

"$PR" import root.tar base:1 >/dev/null && "$PR" create base:1 a >/dev/null || fail "the beginning"
"$PR" backup a -o a.tar && "$PR" save -o base.tar base:1 || fail "the beginning"
whole() { "$PR" run "$1" sh -c 'find /bin /d /etc -type f | sort | xargs md5sum'; }
whole a >want || fail "run"

words=(
	"load base.tar -t i:1" "import root.tar i:2" "create base:1 b" "create ./root.tar c" "commit a i:1"
	"backup a -o out.tar" "save -o out.tar base:1" "restore a.tar b" "restore a.tar d" "clone a c"
	"rename c d" "rename d b" "reset a" "rm -f b" "rm -f c" "rmi -f i:1" "rmi -f i:2" "prune" "tag base:1 i:1"
	"run -d --rm base:1 true" "start a" "cp root.tar a:/new"
)
look() {
	local names
	names=$("$PR" images -q) || fail "after $*: images"
	echo "$names" | xargs "$PR" save >/dev/null || fail "after $*: an image is broken"
	diff <("$PR" ps -aq) <(cd "$PR_HOME/containers" && printf '%s\n' *) || fail "after $*: containers"
	if [ -e out.tar ]; then
		tar -tf out.tar >/dev/null || fail "after $*: half an archive"
		rm out.tar
	fi
}
for ((i = 0; i < ${KILLS:-60}; i++)); do
	one=${words[RANDOM % ${#words[@]}]} two=${words[RANDOM % ${#words[@]}]}
	# shellcheck disable=SC2086 # the words of a command
	"$PR" $one >/dev/null 2>&1 & a=$!
	# shellcheck disable=SC2086
	"$PR" $two >/dev/null 2>&1 & b=$!
	sleep "0.0$((RANDOM % 40 + 10))"
	kill -9 $a
	[ $((RANDOM % 2)) = 0 ] || kill -9 $b
	wait $a $b
	look "$one, $two"
done 2>/dev/null
for name in $("$PR" ps -aq); do
	"$PR" kill "$name" >/dev/null 2>&1
	whole "$name" | diff want - || fail "$name is not whole"
done
"$PR" prune >/dev/null
[ -z "$(ls -A "$PR_HOME/tmp")" ] || fail "left behind: $(ls "$PR_HOME/tmp")"
[ -z "$(echo out.tar.*)" ] || [ ! -e "$(echo out.tar.*)" ] || fail "left behind: $(echo out.tar.*)"

# ---- a full disk, in memory -------------------------------------------------------------------------

head -c 12M /dev/urandom >t/d/big
tar -C t --owner=0 --group=0 -cf big.tar .
cat >full.sh <<'END'
export PR_HOME=$PWD/state
all() { "$PR" ps -aq; "$PR" images -q; find state/blobs -type f; }
"$PR" create ../root.tar a >/dev/null && "$PR" import ../root.tar i:1 >/dev/null || exit 1
before=$(all)
for words in "create ../big.tar b" "import ../big.tar b:1" "restore ../big.bak b" "load ../big.img"; do
	said=$("$PR" $words 2>&1) && { echo "$words: done"; exit 1; }
	case $said in *"No space left"* | *" MB left"*) ;; *) echo "$words: $said"; exit 1 ;; esac
	[ -z "$(ls -A state/tmp)" ] || { echo "$words left $(ls state/tmp)"; exit 1; }
	[ "$before" = "$(all)" ] || { echo "$words: seen"; exit 1; }
done
dd if=/dev/zero of=rest bs=4k 2>/dev/null
for words in "clone a b" "commit a b:1" "save -o x i:1" "backup a -o x"; do
	"$PR" $words >/dev/null 2>&1 && { echo "$words: done"; exit 1; }
	[ ! -e x ] && [ -z "$(ls -A state/tmp)" ] || { echo "$words left something"; exit 1; }
done
rm rest
"$PR" clone a b >/dev/null && "$PR" rm a b >/dev/null && "$PR" rmi i:1 >/dev/null
END
PR_HOME=$PWD/other "$PR" create ./big.tar big >/dev/null && PR_HOME=$PWD/other "$PR" backup big -o big.bak &&
	PR_HOME=$PWD/other "$PR" import big.tar big:1 >/dev/null && PR_HOME=$PWD/other "$PR" save -o big.img big:1 ||
	fail "what is too big"
# in_memory SIZE COMMAND: the cwd is a file system of that size.
in_memory() {
	unshare --user --map-root-user --mount sh -c \
		'mkdir -p m && mount -t tmpfs -o "size=$1" none m && cd m && shift && "$@"' sh "$@"
}
in_memory 1m true 2>/dev/null || exit 0
said=$(in_memory 14m bash ../full.sh 2>&1) || fail "a full disk: $said"
exit 0
