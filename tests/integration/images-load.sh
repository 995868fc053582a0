#!/bin/bash
# Archives of images as every tool writes them are loaded; what is broken is told in a line, and leaves nothing.
# needs: python3
# timeout: 200
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

make_archive() { python3 "$TOP/tests/integration/images.py" "$1" "$2" || exit 99; }
fresh() { chmod -R u+w state 2>/dev/null; rm -rf state; }
export PR_HOME=$PWD/state

# ---- every kind, as a file ------------------------------------------------------------------------

# loads KIND NAMES: prints them, and leaves no work behind.
loads() {
	fresh
	[ -e "$1.tar" ] || make_archive "$1" "$1.tar"
	got=$("$PR" load "$1.tar" 2>&1 | tr '\n' ' ')
	[ "$got" = "$2 " ] || fail "$1: '$got', not '$2'"
	[ -z "$(ls state/tmp)" ] || fail "$1: left work behind"
}

loads legacy 'one:1 example.com:5000/one:latest two:2'
"$PR" inspect one:1 | python3 -c '
import json, sys
i = json.load(sys.stdin)[0]
assert i["cmd"] == ["sh"] and i["entrypoint"] == [] and i["workdir"] == "/w", i
assert i["env"] == ["PATH=/bin", "LD_PRELOAD=/evil"] and i["volumes"] == ["/data"], i
assert i["names"] == ["docker.io/library/one:1", "example.com:5000/one:latest"], i
assert len(i["layers"]) == 2 and i["layers"][0]["digest"] == i["layers"][0]["diff_id"], i
' || fail "inspect"
loads docker25 'new:25'
loads crane 'gcr.io/x/crane:v1'
loads bazel 'bazel/x:y'
loads nested 'multi:1'
loads variants 'v:1'
loads foreign 'foreign:1'
loads types 'types:1'
loads members 'members:1'
loads many 'many:100'
loads sha512 'long:512'
[ "$(find state/blobs/sha512 -type f | wc -l)" = 1 ] || fail "sha512: no blob of that kind"
! command -v zstd >/dev/null || loads zstd 'zstd:1'

# The same image, loaded again, and in another form, is the same image.
loads crane 'gcr.io/x/crane:v1'
before=$(find state/blobs -type f | sort)
"$PR" load crane.tar >/dev/null || fail "loaded twice"
[ "$(find state/blobs -type f | sort)" = "$before" ] || fail "loaded twice, other blobs"

# ---- pipes, filters, directories, platforms -------------------------------------------------------

for filter in gzip xz bzip2 zstd lz4; do
	command -v $filter >/dev/null || continue
	fresh
	$filter -c <legacy.tar >legacy.packed
	[ "$("$PR" load -q -i legacy.packed | wc -l)" = 2 ] || fail "$filter: a file"
	fresh
	[ "$($filter -c <docker25.tar | "$PR" load)" = new:25 ] || fail "$filter: a pipe"
done
fresh
mkdir dir && tar -xf nested.tar -C dir
expect 0 'multi:1' "$PR" load dir/
expect 0 'multi:1' "$PR" load --platform=linux/arm64 dir
expect 0 'multi:1*here:1*' "$PR" load --platform arm -there:1 dir
"$PR" inspect here:1 | grep -q '"architecture": "arm"' || fail "--platform: another"
expect_line 1 '*riscv64*arm64*amd64*' "$PR" load --platform=riscv64 dir
expect_line 125 '*a/b/c/d*ARCHITECTURE*' "$PR" load --platform a/b/c/d dir
expect_line 125 '*NAME*' "$PR" load -t NAME dir
expect_line 1 '*/nowhere*No such file*' "$PR" load /nowhere
expect_line 125 '*a*b*one file*' "$PR" load -i a b
mkdir empty && expect_line 1 '*empty*no image*' "$PR" load empty
mkfifo dir/oci && rm dir/index.json && mv dir/oci dir/index.json
expect_line 1 '*dir*' timeout 20 "$PR" load dir
mkdir docker && tar -xf legacy.tar -C docker && fresh
expect 0 'one:1*two:2' "$PR" load docker

# Wanted where two processes load at once: each image once, nothing lost.
fresh
for i in 1 2 3 4; do
	"$PR" load legacy.tar >/dev/null &
	"$PR" load many.tar >/dev/null &
done
wait
[ "$("$PR" images -q | sort | tr '\n' ' ')" = 'example.com:5000/one:latest many:100 one:1 two:2 ' ] ||
	fail "loaded by several at once: $("$PR" images -q)"

# ---- broken ones ----------------------------------------------------------------------------------

# refuses KIND PATTERN: status 1, one line that begins with the file's name.
refuses() {
	make_archive "bad_$1" "$1.bad"
	expect_line 1 "pr: $1.bad: $2" timeout 60 "$PR" load "$1.bad"
	[ -z "$(find state/blobs state/tmp -type f)" ] || fail "$1: something is left"
	[ ! -e state/images.json ] || fail "$1: something became visible"
}

fresh
refuses json 'manifest.json: *line 1*'
refuses depth 'manifest.json: *too deep'
refuses length 'manifest.json: *16 MiB*'
refuses types 'manifest.json: "Config": is no string'
refuses null 'manifest.json: no "Config"'
refuses member '*no gone.json*'
refuses loop '*no a in it'
refuses outside '*no ../../../etc/passwd in it'
refuses diffid 'layer 2 of 2*diff id*'
refuses count '*1 layers*2 diff ids*'
refuses config "1*.json: broken*digest*"
refuses name "manifest.json: '../../x:y'*"
refuses digest 'blobs/sha256/*broken*digest*'
refuses size 'blobs/sha256/*not as long*'
refuses path "*'sha256:../../../../etc/passwd' is no digest*"
refuses cycle '*nested too deep'
refuses schema '*schema 1*'
refuses artifact 'no image*'
refuses encrypted '*encrypted*'
refuses bomb '*250 times*'
refuses holes 'c: more than 1 GiB of holes'
refuses rootfs 'etc/passwd: no image*pr create*'
refuses text '*'
refuses empty 'no image*'
refuses short '*cut off*'
exit 0
