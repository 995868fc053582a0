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

all() {
	make_root
	remembered
	killed
	two_at_once
	xattrs
}

if [ "${1-}" = --ramfs ]; then
	mount -t ramfs -o mode=755 none ramfs || exit 77
	cd ramfs || exit 99
	exec setpriv --inh-caps=-all --ambient-caps=-all -- bash "$TOP/tests/integration/ident-store.sh" --here
fi
all
[ "${1-}" = --here ] && exit
mkdir ramfs
if [ "$(id -u)" != 0 ]; then
	unshare --map-current-user --keep-caps --mount bash "$0" --ramfs
	case $? in
	0) ;;
	1) exit 1 ;;
	*) echo "no ramfs can be mounted: left out" ;;
	esac
fi
exit 0
