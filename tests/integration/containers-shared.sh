#!/bin/bash
# Containers of one image share its data where the file system can, and nothing that they write.
# needs: root busybox filefrag mkfs.xfs python3 setfacl setfattr setpriv unshare
# timeout: 300
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

PACK=$TOP/build/tools/image-pack
[ -x "$PACK" ] || { echo "not built: make unit-build"; exit 77; }
# What is mounted goes with the namespace.
unshare -m true 2>said || { echo "no mount namespaces: $(tail -1 said)"; exit 77; }
[ "${IN_NAMESPACE-}" ] || IN_NAMESPACE=yes exec unshare -m --propagation private bash "$0"

truncate -s 512M disk
mkfs.xfs -q disk >said 2>&1 || { echo "mkfs.xfs: $(tail -1 said)"; exit 77; }
mkdir shares copies
mount -o loop disk shares 2>said || { echo "no loop mounts: $(tail -1 said)"; exit 77; }
mount -t tmpfs tmpfs copies || fail "a tmpfs"
echo x >shares/x
cp --reflink=always shares/x shares/y 2>/dev/null || { echo "xfs without reflink"; exit 77; }
chmod 1777 shares copies

# ---- an image with some of everything, in two layers
mkdir -p t/bin t/etc t/d/closed
cp "$(command -v busybox)" t/bin/busybox
! ldd t/bin/busybox >/dev/null 2>&1 || { echo "busybox is not static"; exit 77; }
ln -s busybox t/bin/sh
head -c 24000000 /dev/urandom >t/big
ln t/big t/d/big
printf x | dd of=t/holes bs=1 seek=3000000 2>/dev/null
truncate -s 5M t/holes
printf 'root:x:0:0:root:/root:/bin/sh\n' >t/etc/passwd
echo 1 >t/etc/file
cp t/etc/file t/etc/setuid
chown 33:44 t/etc/setuid
chmod 4751 t/etc/setuid
chown 5:6 t/d/closed
chmod 0 t/d/closed
ln -s /nowhere t/d/link
chown -h 7:8 t/d/link
mknod t/d/null c 1 3
mkfifo -m 620 t/d/fifo
setfacl -m u:14:rw t/etc/file
setfacl -d -m u:14:rwx t/d
setfattr -n user.note -v yes t/etc/passwd
setfattr -n trusted.note -v no t/etc/passwd
setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 t/bin/busybox
touch -h -d '2001-01-01 01:01:01.123456789' t/d/link t/d t/etc
tar -C t --xattrs --xattrs-include='*' --acls -cf t.tar . || fail "tar"
chmod 644 t.tar

pr() { "${AS[@]}" "$PR" "$@"; }
pack() { "${AS[@]}" "$PACK" "$PR_HOME/containers/$1/rootfs"; }
trees() { find "$PR_HOME/trees" -mindepth 1 -maxdepth 1 ! -name lock 2>/dev/null; }
count_trees() { trees | grep -c .; }
used() { sync -f shares; df --output=used -k shares | tail -1; }
forget_trees() {
	local t
	for t in $(trees); do rm -rf "$t"; done
}
nothing_left() {
	pr prune >/dev/null || fail "prune"
	[ -z "$(ls -A "$PR_HOME/tmp")" ] || fail "left behind: $(ls "$PR_HOME/tmp")"
}

# The same image in both places, and the container that is compared with.
prepare() {
	rm -rf shares/state copies/state
	PR_HOME=$PWD/copies/state
	pr import t.tar one:1 >/dev/null || fail "import"
	pr create one:1 m >/dev/null || fail "create of one layer"
	pr run m /bin/sh -c 'echo 2 >/etc/second; exec /bin/busybox rm /etc/file' || fail "run"
	pr commit m two:1 >/dev/null || fail "commit"
	pr save two:1 >copies/two.tar || fail "save"
	pr create two:1 plain >/dev/null || fail "create without sharing"
	pack plain >want.tar || fail "packing"
	[ ! -e "$PR_HOME/trees" ] || fail "a tree where nothing can be shared"
	PR_HOME=$PWD/shares/state
	chmod 644 copies/two.tar
	pr load copies/two.tar >/dev/null || fail "load"
}

is_whole() {
	pack "$1" | cmp - want.tar || fail "$2"
}

sharing() {
	local before
	expect_line 0 a pr create two:1 a
	[ "$(count_trees)" = 1 ] || fail "trees: $(trees)"
	before=$(used)
	expect_line 0 b pr create two:1 b
	[ $(($(used) - before)) -lt 4000 ] || fail "the second container took $(($(used) - before)) KiB"
	filefrag -v "$PR_HOME/containers/b/rootfs/big" | grep -q shared || fail "nothing is shared"
	is_whole a "the first is not what unpacking makes"
	is_whole b "the second is not what unpacking makes"
	expect 0 '' pr diff b
	[ "$(stat -c %h "$PR_HOME/containers/b/rootfs/big")" = 2 ] || fail "links"

	pr run a /bin/sh -c 'echo mine >/etc/second; printf mine | /bin/busybox dd of=/big conv=notrunc \
		2>/dev/null; /bin/busybox chown 1:2 /d/null; /bin/busybox chmod 700 /etc/setuid
		/bin/busybox rm /d/link' || fail "writing"
	is_whole b "what one writes is in the other"
	expect_line 0 c pr create two:1 c
	is_whole c "what one writes is in what is made later"
	[ "$(head -c 4 "$PR_HOME/containers/a/rootfs/d/big")" = mine ] || fail "its own write is gone"
	before=$(used)
	expect 0 '' pr reset a
	expect 0 '' pr clone c d
	[ $(($(used) - before)) -lt 8000 ] || fail "reset and clone took $(($(used) - before)) KiB"
	is_whole a "reset"
	is_whole d "clone"
	nothing_left
	[ "$(count_trees)" = 1 ] || fail "prune took a tree that is needed"
}

at_once() {
	local i
	forget_trees
	for i in 1 2 3; do "${AS[@]}" "$PR" create two:1 "at$i" >"at$i" 2>&1 & done
	wait
	for i in 1 2 3; do
		[ "$(cat "at$i")" = "at$i" ] || fail "create at once: $(cat "at$i")"
		is_whole "at$i" "made at once"
		pr rm "at$i" >/dev/null || fail "rm"
	done
	[ "$(count_trees)" = 1 ] || fail "trees of one image: $(trees)"
}

killed() {
	local i pid
	for i in 01 02 04 06 08 10 12 15 18 21 25 30 35 40 50 60; do
		[ "$((10#$i % 4))" = 1 ] || forget_trees
		"${AS[@]}" "$PR" create two:1 "k$i" >/dev/null 2>&1 & pid=$!
		sleep "0.$i"
		kill -9 $pid 2>/dev/null
		wait $pid 2>/dev/null
		[ ! -d "$PR_HOME/containers/k$i" ] || is_whole "k$i" "half a container, killed after 0.$i s"
		[ "$(count_trees)" = 0 ] || { pr create two:1 x >/dev/null && is_whole x "half a tree" &&
			pr rm x >/dev/null; } || fail "create behind a kill"
		pr rm "k$i" >/dev/null 2>&1
	done
	nothing_left
}

# A tree that somebody copies stays, until the next time.
removed() {
	local tree pid
	pr create two:1 e >/dev/null || fail "create"
	tree=$(trees)
	python3 - "$PR_HOME/trees/lock" "${tree##*/}" <<-'END' & pid=$!
		import fcntl, os, struct, sys, time
		at = int(sys.argv[2][:15], 16)
		fd = os.open(sys.argv[1], os.O_RDWR)
		fcntl.fcntl(fd, 37, struct.pack("hhqqixxxx", fcntl.F_RDLCK, 0, at, 1, 0))  # F_OFD_SETLK
		open("locked", "w").close()
		time.sleep(100)
	END
	wait_for test -e locked
	expect_line 1 '*was made from it*' pr rmi two:1
	pr rmi -f two:1 >/dev/null || fail "rmi -f"
	[ "$(trees)" = "$tree" ] || fail "a tree in use is gone"
	kill $pid
	wait $pid 2>/dev/null
	rm locked
	nothing_left
	[ "$(count_trees)" = 0 ] || fail "left: $(trees)"
	is_whole e "a container whose tree is gone"
}

for who in root user; do
	AS=()
	[ $who = root ] || AS=(setpriv --reuid "$PR_TEST_UID" --regid "$PR_TEST_UID" --clear-groups)
	export PR_HOME
	prepare
	sharing
	at_once
	killed
	removed
done
exit 0
