#!/bin/bash
# Trees go from pr to rootless podman, from podman to pr, and from umoci: the same owners and modes.
# needs: podman fuse-overlayfs busybox setfattr tar
# timeout: 200
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # for other shells
. "$TOP/tests/integration/lib.sh"

mkdir -p home rt/libpod/tmp empty
chmod 700 rt
cat >storage.conf <<END
[storage]
driver = "overlay"
runroot = "$PWD/rt/containers"
graphroot = "$PWD/home/storage"
[storage.options.overlay]
mount_program = "$(command -v fuse-overlayfs)"
force_mask = "shared"
END
printf '[engine]\nlock_type = "file"\ncgroup_manager = "cgroupfs"\nevents_logger = "none"\n' >containers.conf
export HOME=$PWD/home XDG_RUNTIME_DIR=$PWD/rt
export CONTAINERS_STORAGE_CONF=$PWD/storage.conf CONTAINERS_CONF=$PWD/containers.conf

# podman leaves a process behind that holds its namespaces.
# shellcheck disable=SC2317 # by the trap
end() {
	podman unshare rm -rf "$PWD/home" "$PWD/work" 2>/dev/null
	kill "$(cat rt/libpod/tmp/pause.pid)" 2>/dev/null
}
trap end EXIT

# inside COMMAND...: as root of podman's user namespace, with what fuse-overlayfs shows at ./m.
inside() { podman unshare sh -c "$1"; }
mkdir m
why=$(inside 'true' 2>&1) || { echo "podman unshare: $why"; exit 77; }
[ "$(inside 'wc -l </proc/self/uid_map')" -gt 1 ] || { echo "no subordinate ids"; exit 77; }
why=$(inside 'fuse-overlayfs -o lowerdir=empty m && umount m' 2>&1) || { echo "fuse-overlayfs: $why"; exit 77; }

session() { PATH=/bin "$PR" -0 -r "$@"; }
LOOK='find . ! -name . \( -type f -o -type d \) | sort | while read -r f; do stat -c "%n %F %u:%g %a" "$f"; done; cat shadow'

mkdir -p root/bin root/tmp
cp "$(command -v busybox)" root/bin/busybox
for a in $(root/bin/busybox --list); do ln -s busybox "root/bin/$a" 2>/dev/null; done
session root -w /tmp -- sh -c '
	mkdir www spool plain sgid; echo index >www/index; echo secret >shadow; echo >su; echo >plain/file; echo >closed
	chown -R 33:33 www; chown 0:42 shadow; chmod 640 shadow; chmod 4755 su; chmod 1777 spool; chmod 0 closed
	chown 5:6 sgid; chmod 2775 sgid' || fail "making"
session root -w /tmp -- sh -c "$LOOK" >want

# ---- pr's tree, read by fuse-overlayfs as podman runs it ------------------------------------------

# Versions before 1.14 want a record with every file: the manual's recipe.
find root \( -type f -o -type d \) ! -perm -1000 -printf '%m:%p\0' |
	while IFS=: read -rd '' mode file; do
		setfattr -n user.containers.override_stat -v "0:0:0$mode" "$file" || fail "setfattr $file"
	done
inside "fuse-overlayfs -o lowerdir=root m && cd m/tmp && { $LOOK; cd ../..; umount m; }" >got || fail "fuse-overlayfs"
diff want got || fail "podman sees others"
session root -w /tmp -- sh -c "$LOOK" | diff want - || fail "the recipe changed what pr tells"

# ---- podman's storage, adopted --------------------------------------------------------------------

session root -- sh -c 'cd / && tar -cf - bin tmp' >all.tar || fail "tar"
podman import -q all.tar all >import.out 2>&1 || { cat import.out; fail "podman import"; }
layer=$(find home -path "*/overlay/*/diff" -prune -print)
inside "fuse-overlayfs -o lowerdir=$layer m && cd m/tmp && { $LOOK; cd ../..; umount m; }" >want || fail "podman's own"
grep -q 'www/index regular file 33:33 644' want || fail "podman lost the owners: $(cat want)"
cp -a "$layer" adopted
session adopted -w /tmp -- sh -c "$LOOK" | diff want - || fail "podman's tree"

# ---- what fuse-overlayfs writes itself --------------------------------------------------------------

mkdir upper work
inside 'fuse-overlayfs -o lowerdir=empty,upperdir=upper,workdir=work,xattr_permissions=2 m && cp -a root/bin m/ &&
	mkdir m/tmp && cd m/tmp && mkdir sticky owned && echo secret >shadow && echo >su &&
	chmod 640 shadow && chown 7:8 owned && chmod 1777 sticky && chown 3:4 su && chmod 4755 su' || fail "writing"
inside "cd m/tmp && { $LOOK; cd ../..; umount m; }" >want || fail "reading"
cp -a upper written || fail "copying"
find written -name '.wh..wh..opq' -delete # a layer's marks
session written -w /tmp -- sh -c "$LOOK" | diff want - || fail "fuse-overlayfs' tree"
grep -q 'owned directory 7:8' want && grep -q 'sticky directory 0:0 1777' want || fail "nothing of it was recorded: $(cat want)"

# ---- umoci ------------------------------------------------------------------------------------------

command -v umoci >/dev/null || exit 0
{ umoci init --layout oci && umoci new --image oci:t && umoci raw add-layer --image oci:t all.tar &&
	umoci unpack --rootless --image oci:t bundle; } >umoci.out 2>&1 || { tail -3 umoci.out; fail "umoci"; }
session root -w /tmp -- sh -c "$LOOK" >want
session bundle/rootfs -w /tmp -- sh -c "$LOOK" | diff want - || fail "umoci's tree"
exit 0
