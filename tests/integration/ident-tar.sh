#!/bin/bash
# Owners, modes, devices, capabilities and access lists stay, and go through tar, rsync and cp.
# needs: guest
# timeout: 300
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

# A root of our own, with the guest's programs: what is in it is told as root's.
mkdir -p root/{usr,proc,dev,tmp,root,etc} t
for d in bin sbin lib lib64; do ln -s usr/$d root/$d; done
cp "$GUEST/etc/passwd" "$GUEST/etc/group" root/etc/

run() {
	"$PR" -0 -r root -b "$GUEST/usr:/usr" -b /proc -b /dev/urandom -b "$PWD/t:/t" -w / \
		"${OPTIONS[@]}" "${CLEAN[@]}" PATH=/usr/sbin:/usr/bin:/sbin:/bin /bin/sh -euc "$1"
}
OPTIONS=()

# The file capability cap_net_raw+ep, version 2.
cap=0x0100000200200000000000000000000000000000

make='
	umask 022
	mkdir tree; cd tree
	echo 1 >plain
	echo 2 >owned; chown 10:20 owned
	echo 3 >setuid; chown 11:0 setuid; chmod 4755 setuid
	echo 4 >setgid; chown 0:21 setgid; chmod 2711 setgid
	echo 5 >shut; chown 12:12 shut; chmod 0 shut
	echo 6 >sticky; chmod 1644 sticky
	echo 7 >capable; setfattr -n security.capability -v '$cap' capable
	echo 8 >listed; chown 13:13 listed; setfacl -m u:14:rw,g:15:r,m::r listed
	echo 9 >noted; setfattr -n user.note -v yes noted; setfattr -n trusted.note -v no noted
	mkdir dir; chown 16:17 dir; chmod 2775 dir; setfacl -d -m u:14:rwx dir
	mkdir tmp; chmod 1777 tmp
	mkdir closed; echo 10 >closed/in; chown -R 18:18 closed; chmod 0 closed
	ln -s nowhere link; chown -h 19:19 link
	ln owned second
	mkfifo fifo; chown 22:22 fifo; chmod 620 fifo
	mknod null c 1 3; chmod 666 null
	mknod disk b 8 1; chown 0:6 disk; chmod 660 disk
	echo 11 >dir/inherits
'
# Everything about it, by name.
list='
	cd "$1"
	find . -mindepth 1 -printf "%p %U:%G %m %y %l %n\n" | sort
	find . -type c -o -type b | sort | xargs stat -c "%n %F %t:%T"
	find . -type f -o -type d | sort | xargs getfattr -h -d -m - -e hex
	find . ! -type l | sort | xargs getfacl -n
	find . -type f | sort | xargs md5sum
'

check_tree() {
	local dir=$1
	run "cd $dir; $make" || fail "making it in $dir"
	run "set -- $dir/tree; $list" >before || fail "listing it"
	run "set -- $dir/tree; $list" >again || fail "listing it again"
	cmp before again || fail "another session sees something else: $(diff before again)"
	grep -q '^./setuid 11:0 4755 f' before && grep -q '^./shut 12:12 0 f' before &&
		grep -q '^./disk 0:6 660 b' before && grep -q '^./link 19:19 777 l' before &&
		grep -q '^security.capability=0x' before && grep -q '^trusted.note=' before &&
		grep -q '^user:14:rw-' before && grep -q '^./second 10:20 644 f  2$' before ||
		fail "not what was made: $(cat before)"

	run "cd $dir; tar c --xattrs --xattrs-include='*' --acls tree >tree.tar
		mkdir out; cd out; tar xp --xattrs --xattrs-include='*' --acls <../tree.tar" ||
		fail "tar"
	run "set -- $dir/out/tree; $list" >after || fail "listing what tar made"
	diff before after || fail "tar changed something"

	run "cd $dir; mkdir sync; rsync -aHAX tree sync/" || fail "rsync"
	run "set -- $dir/sync/tree; $list" >after || fail "listing what rsync made"
	diff before after || fail "rsync changed something"

	run "cd $dir; mkdir copy; cp -a tree copy/" || fail "cp"
	run "set -- $dir/copy/tree; $list" >after || fail "listing what cp made"
	diff before after || fail "cp changed something"

	# Nothing of this is on the host: no owner, no set-id bit, no device.
	[ -z "$(find root t ! -user "$(id -u)" -o -perm /6000 -o -type c -o -type b)" ] ||
		fail "on the host: $(find root t ! -user "$(id -u)" -o -perm /6000 -ls)"
}

devices='
	cd $1/tree
	echo swallowed >null; [ -z "$(cat null)" ]
	[ "$(cat disk 2>&1)" = "cat: disk: No such device or address" ]
	[ "$(stat -c %s null)" = 0 ]
	mv null gone; [ "$(find . -type c)" = ./gone ]
	ln gone null; rm gone; [ "$(find . -type c)" = ./null ]
	rm -r ../tree ../out ../sync ../copy ../tree.tar
	[ -z "$(ls -A ..)" ]
'

both_ways() {
	check_tree "$1"
	run "set -- $1; $devices" || fail "devices in $1"
}

both_ways /root
both_ways /t
OPTIONS=(--sandbox)
! run true 2>/dev/null || both_ways /root
exit 0
