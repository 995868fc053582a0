#!/bin/bash
# Owners, modes, devices and xattrs: remembered by the next session, on a ramfs too; kill -9; two at once.
# needs: busybox setfacl setcap
# timeout: 300
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # for the guest's shell
. "$TOP/tests/integration/lib.sh"

session() { PATH=/bin "$PR" -0 -r root -w /tmp -- /bin/busybox "$@"; }

make_root() {
	mkdir -p root/{bin,tmp}
	cp "$(command -v busybox)" root/bin/busybox
	for a in $(root/bin/busybox --list); do ln -s busybox "root/bin/$a" 2>/dev/null; done
}

# Everything below /tmp as the guest sees it.
LOOK='find . | sort | while read -r f; do stat -c "%n %F %u:%g %a %t,%T" "$f"; done'

# ---- the next session sees what this one made ---------------------------------------------------

MAKE='umask 022; mkdir d; echo text >f; mkfifo p; ln -s f l; mknod null c 1 3; mknod sda b 8 17; ln f hard
mkdir sticky sgid; chmod 1777 sticky; chown 5:6 sgid; chmod 2775 sgid; echo >sgid/inherits
chown 7:8 d f; chmod 4711 f; chown -h 9:9 l; chown 1:1 p; chmod 600 p; echo none >closed; chmod 0 closed
cp f s; chmod 6755 s; chown 3 s; mv d/../l d/l2; mv d e; mkdir gone; chown 4:4 gone; rmdir gone'

remembered() {
	session sh -c "$MAKE" || fail "making"
	session sh -c "$LOOK" >first
	cat >want <<-END
	. directory 0:0 755 0,0
	./closed regular file 0:0 0 0,0
	./e directory 7:8 755 0,0
	./e/l2 symbolic link 9:9 777 0,0
	./f regular file 7:8 4711 0,0
	./hard regular file 7:8 4711 0,0
	./null character special file 0:0 644 1,3
	./p fifo 1:1 600 0,0
	./s regular file 3:0 755 0,0
	./sda block special file 0:0 644 8,11
	./sgid directory 5:6 2775 0,0
	./sgid/inherits regular file 0:6 644 0,0
	./sticky directory 0:0 1777 0,0
	END
	sed 's/ empty file/ file/' first | diff want - || fail "the same session"
	session sh -c "$LOOK" | diff first - || fail "the next session"
	expect 0 none session cat closed
	[ -z "$(find root -perm /6000)" ] || fail "set-id bits on the host"
	session sh -c 'rm -r /tmp/*' || fail "rm"
	expect 0 '. directory 0:0 755 0,0' session sh -c "$LOOK"
}

# ---- kill -9 -------------------------------------------------------------------------------------

# State k of an object: uid = gid = k, and a mode that goes with it.
KINDS='mkdir d; touch f r; ln -s f l; mkfifo p; chmod 444 r'
SWING='i=0; while :; do i=$((i % 5 + 1)); chown -h $i:$i d f r l p; done'

# In the background; $! is pr itself.
start_swinging() {
	PATH=/bin "$PR" -0 -r root -w /tmp -- /bin/busybox sh -c "$SWING" >/dev/null 2>&1 </dev/null &
}

# One line per object that is in no state.
torn() {
	session sh -c 'for f in d f r l p; do stat -c "%n %u %g" $f; done' |
		awk '$2 != $3 || $2 > 5'
}

killed() {
	local n pid
	session sh -c "$KINDS" || fail "making"
	for n in $(seq 25); do
		start_swinging
		pid=$!
		sleep "0.$((RANDOM % 15 + 5))"
		kill -9 $pid
		wait $pid 2>/dev/null
		[ -z "$(torn)" ] || fail "after kill $n: $(torn)"
		[ "$(session stat -c %a r)" = 444 ] || fail "after kill $n: mode $(session stat -c %a r)"
	done
}

two_at_once() {
	local a b n
	start_swinging
	a=$!
	start_swinging
	b=$!
	for n in $(seq 20); do
		[ -z "$(torn)" ] || { kill -9 $a $b; fail "look $n: $(torn)"; }
	done
	kill $a $b
	wait $a $b 2>/dev/null
	[ -z "$(torn)" ] || fail "afterwards: $(torn)"
	session sh -c 'rm -rf /tmp/*' || fail "rm"
}

# ---- xattrs, by the host's own programs -----------------------------------------------------------

xattrs() {
	mkdir -p root/host
	local run=("$PR" -0 -r root -b /usr -b /lib -b /lib64 -b /etc -w /tmp --)

	echo >root/tmp/x
	"${run[@]}" /usr/bin/setfacl -m u:7:rwx,m::r x || fail "setfacl"
	expect 0 $'user::rw-\nuser:7:rwx\ngroup::r--\nmask::r--\nother::r--' \
		"${run[@]}" /usr/bin/getfacl -cnE x
	expect 0 '-rw-r--r--+ *' "${run[@]}" /usr/bin/ls -l x
	"${run[@]}" /usr/bin/chmod g=rx x
	expect 0 '*mask::r-x*' "${run[@]}" /usr/bin/getfacl -cE x
	"${run[@]}" "$(command -v setcap)" cap_net_raw+ep x || fail "setcap"
	expect 0 'x cap_net_raw=ep' "${run[@]}" "$(command -v getcap)" x
	"${run[@]}" /usr/bin/chown 5 x
	expect 0 '' "${run[@]}" "$(command -v getcap)" x
	[ -z "$(getfattr -d -m '^(security|system)' root/tmp/x 2>/dev/null)" ] ||
		fail "the host has some: $(getfattr -d -m - root/tmp/x)"
	rm -rf root/tmp/x root/host
}

# ---- on overlayfs, whose inodes are others once they are changed -----------------------------------

LOWER='cd /tmp; touch f r; ln -s f l; mkfifo p; mkdir d; touch d/x; chmod 444 r'
CHANGE='for f in f r l p d d/x; do chown -h 5:6 $f; done; chmod 4711 f; mv l m; ln f hard; mv d e'

changed() {
	cat >want <<-END
	. 0:0 755
	./e 5:6 755
	./e/x 5:6 644
	./f 5:6 4711
	./hard 5:6 4711
	./m 5:6 777
	./p 5:6 644
	./r 5:6 444
	END
	session sh -c 'find . | sort | while read -r f; do stat -c "%n %u:%g %a" "$f"; done' >got
	# Mounted by a user, overlayfs knows links and pipes again by other inode numbers.
	[ "$1" = "the next session" ] || sed -i '/^\.\/[mp] /d' want got
	diff want got || fail "overlay, $1"
}

first_on_overlay() {
	session sh -c "$CHANGE" || fail "overlay: changing"
	changed "the next session"
}

all() {
	[ -e root ] || make_root
	remembered
	killed
	two_at_once
	xattrs
}

# As the ordinary user that unshare has left us.
plainly() { setpriv --inh-caps=-all --ambient-caps=-all -- bash "${BASH_SOURCE[0]}" "$@"; }

on_ramfs() {
	mount -t ramfs -o mode=755 none ramfs || exit 77
	cd ramfs || exit 99
	plainly --all
}

mount_overlay() {
	mount -t overlay -o userxattr,lowerdir=lower,upperdir=upper,workdir=work none merged || exit 77
	cd merged || exit 99
}

on_overlay() {
	mount_overlay
	plainly --overlay-first || exit 1
	cd .. && umount merged || exit 99
	mount_overlay
	plainly --overlay-second
}

# with_mounts --on-KIND: this script again, where it may mount for itself.
with_mounts() {
	unshare --map-current-user --keep-caps --mount bash "${BASH_SOURCE[0]}" "$1"
	case $? in
	0) ;;
	77) echo "$1: cannot be mounted here, left out" ;;
	*) exit 1 ;;
	esac
}

case ${1-} in
--all) all ;;
--on-ramfs) on_ramfs ;;
--on-overlay) on_overlay ;;
--overlay-first) first_on_overlay ;;
--overlay-second) changed "mounted again" ;;
*)
	all
	mkdir -p ramfs lower upper work merged
	with_mounts --on-ramfs
	cp -a root lower/root
	(cd lower && PATH=/bin "$PR" -r root /bin/busybox sh -c "$LOWER") || fail "overlay: making"
	setfattr -x user.pr.owners lower/root
	with_mounts --on-overlay
	;;
esac
