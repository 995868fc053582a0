#!/bin/bash
# Making an image or a container of a directory leaves nothing in it or beside it, and takes all records along.
# needs: busybox getfattr setfattr
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

PACK=$TOP/build/tools/image-pack
[ -x "$PACK" ] || { echo "not built: make unit-build"; exit 77; }
export PR_HOME=$PWD/state

# look DIR: everything about it, and what is beside it. Modes that keep us out are opened last.
look() {
	find "$1/.." -maxdepth 1 -printf '%f\n' | grep -v '^\.$' | sort
	find "$1" -printf '%p %U:%G %m %y %l %n %s %T@\n' 2>/dev/null | sort
	find "$1" -type f -readable -print0 2>/dev/null | sort -z | xargs -0r getfattr -h -d -m - -e hex
	find "$1" -type d -readable -print0 2>/dev/null | sort -z | xargs -0r getfattr -h -d -m - -e hex
}

# ---- a directory that is none of ours: with records of all kinds, and modes that keep us out
mkdir -p other/t/bin other/t/d/deep other/t/shut/in
cp "$(command -v busybox)" other/t/bin/busybox
! ldd other/t/bin/busybox >/dev/null 2>&1 || { echo "busybox is not static"; exit 77; }
ln -s busybox other/t/bin/sh
cd other/t || exit 99
for f in plain podman fuse rootless kept closed unread proot d/deep/dev noted shut/in/file; do echo "$f" >$f; done
setfattr -n user.containers.override_stat -v 7:8:04755 podman 2>/dev/null ||
	{ echo "no xattrs here"; exit 77; }
setfattr -n user.fuseoverlayfs.override_stat -v 9:10:0640 fuse
setfattr -n user.rootlesscontainers -v 0x08651066 rootless
setfattr -n user.containers.override_stat -v 0:0:0644 kept
setfattr -n user.pr.xattr.trusted.note -v kept kept
: >d/deep/dev
setfattr -n user.containers.override_stat -v 0:5:0620:character-1-3 d/deep/dev 2>/dev/null
setfattr -n user.containers.override_stat -v 11:12:0600 closed
setfattr -n user.note -v said unread
printf '4755\n0\n9\n' >.proot-meta-file.proot
printf '755\n8\n9\n' >.proot-meta-file.gone
setfattr -n user.containers.override_stat -v 13:14:0711 shut/in/file
setfattr -n user.containers.override_stat -v 15:16:0700 shut/in
chmod 1777 d
chmod 0 closed unread shut/in
chmod 0 shut
cd ../..

look other/t >before
"$PR" create "$PWD/other/t" c >/dev/null || fail "create of a directory"
look other/t | diff before - || fail "create has changed the directory"
"$PR" import other/t i:1 >/dev/null || fail "import of a directory"
look other/t | diff before - || fail "import has changed the directory"
"$PACK" other/t >1.tar || fail "packing"
look other/t | diff before - || fail "packing has changed the directory"
"$PR" create i:1 i >/dev/null || fail "create of the image"
"$PACK" "$PR_HOME/containers/i/rootfs" | cmp - 1.tar || fail "an image of it is something else"
"$PACK" "$PR_HOME/containers/c/rootfs" | cmp - 1.tar || fail "a container of it is something else"

tar --numeric-owner --xattrs --xattrs-include='*' -tvvf 1.tar >list
has() { grep -qE -- "$1" list || fail "no $1 in: $(cat list)"; }
has '^-rwsr-xr-x.? 7/8 .* podman$'
has '^-rw-r-----.? 9/10 .* fuse$'
has '^-rw-r--r--.? 101/102 .* rootless$'
has '^-rwsr-xr-x.? 0/9 .* proot$'
has '^-rw-------.? 11/12 .* closed$'
has '^----------.? 0/0 .* unread$'
has '^-rwx--x--x.? 13/14 .* shut/in/file$'
has '^drwx------.? 15/16 .* shut/in/$'
has '^d---------.? 0/0 .* shut/$'
has '^drwxrwxrwt.? 0/0 .* d/$'
has 'trusted.note$'
has 'user.note$'
has '.proot-meta-file.gone$'
! grep -q 'meta-file.proot$' list || fail "PRoot's own file was taken along"

# A session adopts the tree, and tells the same.
chmod 700 other/t/shut
touch -d @1 other/t
"$PACK" other/t >2.tar || fail "packing"
"$PR" -0 -r other/t /bin/sh -c true || fail "a session"
touch -d @1 other/t
"$PACK" other/t | cmp - 2.tar || fail "adopted it is something else"

# ---- a tree of ours: what is remembered beside it is taken along, and stays
mkdir -p ours/r/bin
cp other/t/bin/busybox ours/r/bin/
ln -s busybox ours/r/bin/sh
"$PR" -0 -r ours/r /bin/sh -c 'busybox ln -s /nowhere /link; busybox chown -h 5:6 /link
	busybox mkfifo /fifo; busybox chown 7:8 /fifo; busybox mknod /null c 1 3' || fail "a session"
beside=$(echo ours/.pr-owners-*)
[ -s "$beside" ] || fail "nothing beside: $beside"
cp "$beside" saved
look ours/r >before
"$PR" create "$PWD/ours/r" o >/dev/null || fail "create of a rootfs"
"$PACK" ours/r >3.tar || fail "packing"
look ours/r | diff before - || fail "reading has changed the rootfs"
cmp "$beside" saved || fail "reading has changed what is beside"
tar --numeric-owner -tvf 3.tar >list
has '^l.* 5/6 .* link -> /nowhere$'
has '^p.* 7/8 .* fifo$'
has '^c.* 0/0 .* 1,3 .* null$'
"$PACK" "$PR_HOME/containers/o/rootfs" | cmp - 3.tar || fail "a container of it is something else"
chmod -R u+rwx other
exit 0
