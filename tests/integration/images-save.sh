#!/bin/bash
# What pr save writes is read by skopeo, umoci, podman and pr; what those write is loaded; and names come and go.
# needs: python3 skopeo umoci
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

export PR_HOME=$PWD/state HOME=$PWD
python3 "$TOP/tests/integration/images.py" legacy legacy.tar || exit 99
python3 "$TOP/tests/integration/images.py" types types.tar || exit 99
python3 "$TOP/tests/integration/images.py" many many.tar || exit 99
for f in legacy types many; do
	"$PR" load -q $f.tar >/dev/null || fail "load $f"
done
copy() { skopeo --insecure-policy copy -q "$@"; }

# ---- ours, read by others -------------------------------------------------------------------------

for name in one:1 types:1 many:100; do
	rm -f d.tar o.tar
	"$PR" save -o d.tar $name || fail "save $name"
	"$PR" save --format=oci $name >o.tar || fail "save $name, oci"
	whole=docker.io/library/$name
	for from in docker-archive:d.tar:$name oci-archive:d.tar:$whole oci-archive:o.tar:$whole; do
		skopeo inspect --config $from >config.json || fail "skopeo inspect $from"
		rm -rf there && copy $from dir:there || fail "skopeo copy $from"
	done
	rm -rf lay bundle && mkdir lay && tar -xf o.tar -C lay
	umoci stat --image lay:$whole >/dev/null || fail "umoci stat $name"
	umoci unpack --rootless --image lay:$whole bundle >/dev/null || fail "umoci unpack $name"
	[ -s bundle/rootfs/a ] || [ -e bundle/rootfs/f99 ] || fail "umoci unpack $name: files are missing"
	# The same bytes every time, and the same image when it comes back.
	"$PR" save $name | cmp - d.tar || fail "$name: saved twice, other bytes"
	PR_HOME=$PWD/again "$PR" load -q d.tar >>ids.d || fail "$name: what was saved is not loaded"
	PR_HOME=$PWD/more "$PR" load -q o.tar >>ids.o
	"$PR" images --json $name | python3 -c '
import json, sys
print(json.load(sys.stdin)[0]["id"])' >>ids
done
cmp ids ids.d && cmp ids ids.o || fail "other ids"
"$PR" save -o all.tar one:1 two:2 many:100
PR_HOME=$PWD/whole "$PR" load all.tar >names
printf '%s\n' one:1 two:2 many:100 | cmp - names || fail "several in one file"

if command -v podman >/dev/null; then
	printf '[engine]\nlock_type = "file"\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n' >c.conf
	mkdir -p rt && chmod 700 rt
	export CONTAINERS_CONF=$PWD/c.conf XDG_RUNTIME_DIR=$PWD/rt
	podman=(podman --root "$PWD/pod" --runroot "$PWD/rt/pod" --storage-driver vfs)
	# shellcheck disable=SC2317 # by the trap
	end() {
		podman unshare rm -rf "$PWD/pod" 2>/dev/null
		kill "$(cat rt/libpod/tmp/pause.pid)" 2>/dev/null
	}
	trap end EXIT
	if "${podman[@]}" info >/dev/null 2>&1; then
		for f in d.tar o.tar; do
			"${podman[@]}" load -i $f >podman.out 2>&1 || fail "podman load $f: $(cat podman.out)"
			id=$("${podman[@]}" image inspect --format '{{.Id}}' docker.io/library/many:100) ||
				fail "podman load $f: $(cat podman.out)"
			[ "sha256:$id" = "$(tail -1 ids)" ] || fail "podman load $f: another id, $id"
			# And back.
			for format in docker-archive oci-archive oci-dir; do
				rm -rf back
				"${podman[@]}" save -q --format $format -o back many:100 >podman.out 2>&1 ||
					fail "podman save: $(cat podman.out)"
				[ "$(PR_HOME=$PWD/podmans "$PR" load -q back)" = "sha256:$id" ] || fail "podman's $format"
			done
			"${podman[@]}" rmi -f many:100 >/dev/null
		done
	fi
fi

# ---- theirs ----------------------------------------------------------------------------------------

for to in docker-archive:1.tar:foo/bar:1 oci-archive:2.tar:foo/bar:1 oci:layout:one; do
	copy docker-archive:all.tar:one:1 $to || exit 99
	file=${to#*:}
	name=$(PR_HOME=$PWD/theirs "$PR" load "${file%%:*}") || fail "load $to"
	[ "$name" = foo/bar:1 ] || [ "$name" = layout:one ] || fail "load $to: $name"
done
umoci init --layout umoci && umoci new --image umoci:tag || exit 99
expect 0 umoci:tag "$PR" load umoci

# ---- names -----------------------------------------------------------------------------------------

"$PR" tag one:1 localhost:5000/other
expect 0 '*"docker.io/library/one:1"*"localhost:5000/other:latest"*' "$PR" images --json one:1
id=$("$PR" images --json other | sed -n 's/.*"id": "sha256:\([0-9a-f]*\).*/\1/p')
expect_line 1 '*names*-f*' "$PR" rmi "${id:0:12}"
expect 0 'untagged example.com:5000/one:latest' "$PR" rmi example.com:5000/one
expect 0 'untagged one:1' "$PR" rmi one:1
expect 0 "*$id*" "$PR" inspect "sha256:$id"
expect 0 "untagged localhost:5000/other:latest*removed sha256:$id" "$PR" rmi localhost:5000/other
expect_line 1 '*no image*one:1*' "$PR" rmi one:1
expect_line 1 '*no image*' "$PR" tag nothing x
expect_line 125 "*'X'*" "$PR" tag two:2 X
expect_line 1 '*no image*' "$PR" save -o none.tar nothing
[ ! -e none.tar ] || fail "save: a file without an image"
expect_line 125 '*--format=zip*' "$PR" save --format=zip two:2
"$PR" save two:2 >/dev/full 2>/dev/null && fail "save: a full device is not noticed"
"$PR" tag many:100 two:2
expect 0 '*freed*' "$PR" prune
expect 0 two:2 "$PR" images -q two
! "$PR" inspect types:1 >/dev/null && fail "prune took a named image"
mkdir -p state/containers/box
echo "{\"image\": \"$("$PR" images --json many | sed -n 's/.*"id": "\([^"]*\)".*/\1/p')\"}" >state/containers/box/container.json
expect_line 1 '*names*' "$PR" rmi "$(sed 's/.*"sha256:\(....*\)".*/\1/' state/containers/box/container.json)"
"$PR" rmi two:2 >/dev/null
expect_line 1 '*box*-f*' "$PR" rmi many:100
expect 0 '*' "$PR" prune -a
[ "$("$PR" images -q)" = many:100 ] || fail "prune -a: $("$PR" images -q)"
expect 0 'untagged*removed*' "$PR" rmi -f many:100
[ -z "$(find state/blobs -type f)" ] || fail "blobs of nobody's are left"
exit 0
