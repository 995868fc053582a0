#!/bin/bash
# A tree with every kind of owner, mode, link and attribute: to an archive and back, against tar as root; and as a layer.
# needs: guest getfacl getfattr tar
# timeout: 120
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 disable=SC2154 # for other shells; ident-tar.inc's
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/ident-tar.inc"

UNPACK=$TOP/build/tools/image-unpack PACK=$TOP/build/tools/image-pack
[ -x "$UNPACK" ] && [ -x "$PACK" ] || { echo "not built: make unit-build"; exit 77; }

# look ROOT: /x of that root as the guest sees it.
look() {
	"$PR" -0 -r "$1" -b "$GUEST/usr:/usr" -b /proc -b /dev/null -w / "${CLEAN[@]}" \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin /bin/sh -euc "set -- /x/tree; $list$more" 2>&1
}
# Links among them, times, holes.
more='
	find . ! -type d -links +1 -printf "%i %p\n" | sort | while read -r i p; do
		[ "$i" = "${last-}" ] && printf " %s" "$p" || printf "\n%s" "$p"
		last=$i
	done | sort; echo
	find . -printf "%p %T@ %s\n" | sort
	find . -type l | sort | xargs getfattr -h -d -m - -e hex
	find . -type f -size +1000k -printf "%p %k\n" | sort
'
make="$make
	ln link link2; ln owned dir/third; touch -h -d '2001-01-01 01:01:01.123456789' link owned dir
	truncate -s 3M holes; printf x | dd of=holes bs=1 seek=1500000 conv=notrunc 2>/dev/null
	setfattr -h -n trusted.link -v 1 link; setfattr -n user.empty noted; printf 'odd' >\"\$(printf 'n\\351w')\"
"
run "mkdir /x; cd /x; $make" || fail "making it"
look root >before || fail "looking at it: $(tail -3 before)"
grep -q trusted.link before || fail "a link's xattr"

# unpack ROOT ARCHIVE...
unpack() {
	mkdir "$1"
	"$UNPACK" "$@" >said 2>&1 || fail "unpacking: $(cat said)"
}

# ---- there and back -------------------------------------------------------------------------------

"$PACK" root >1.tar || fail "packing"
unpack two 1.tar
look two | diff before - || fail "back is not the same"
"$PACK" two >2.tar || fail "packing again"
cmp 1.tar 2.tar || fail "another archive of the same tree"
[ -z "$("$PACK" -c two 1.tar)" ] || fail "it has changed: $("$PACK" -c two 1.tar)"
! tar tvf 1.tar 2>/dev/null | grep -F .pr- || fail "ours in the archive"
! grep -aqF user.containers 1.tar || fail "records in the archive"

# ---- against tar, root of a namespace with ids of all kinds ----------------------------------------

in_ns() { unshare --user --map-root-user --map-auto --mount -- "$@"; }
touch probe
if in_ns chown 30:30 probe 2>/dev/null; then
	mkdir three
	in_ns tar -C three --xattrs --xattrs-include='user.*' --acls --numeric-owner -xpf 1.tar \
		--exclude=null --exclude=disk 2>said || fail "tar: $(cat said)"
	facts='cd "$1/x/tree"; find . ! -type c ! -type b -printf "%p %U:%G %m %y %l %T@ %s\n" | sort'
	in_ns sh -c "$facts" sh three >tars
	"$PR" -0 -r two -b "$GUEST/usr:/usr" "${CLEAN[@]}" /bin/sh -c "$facts" sh / |
		grep -av '^. 0:0' >ours
	grep -av '^. 0:0' tars | diff - ours || fail "tar makes something else of it"
	in_ns rm -rf three probe
fi

# ---- a layer --------------------------------------------------------------------------------------

"$PR" -0 -r two -b "$GUEST/usr:/usr" "${CLEAN[@]}" PATH=/usr/bin:/bin /bin/sh -euc '
	cd /x/tree; rm plain; rm -r closed; rm dir/inherits; chown 77:78 setuid; chmod 4711 setuid
	echo new >new; rm link link2; mkdir link; echo in >link/in; rm fifo; echo file >fifo; ln second fourth
	mv sticky moved; setfattr -n user.more -v 1 noted' || fail "changing it"
"$PACK" -c two 1.tar >changes || fail "comparing"
cat >want <<-END
	- x/tree/closed
	- x/tree/dir/inherits
	- x/tree/link2
	- x/tree/plain
	- x/tree/sticky
	! x/tree/fifo
	! x/tree/link
	! x/tree/noted
	! x/tree/setuid
	+ x/tree/fourth
	+ x/tree/link/in
	+ x/tree/moved
	+ x/tree/new
END
LC_ALL=C sort changes | diff <(LC_ALL=C sort want) - || fail "what has changed"
look two >before
"$PACK" two 1.tar >layer.tar || fail "packing the layer"
unpack four 1.tar layer.tar
look four | diff before - || fail "the layer over the rest is not the same"
[ -z "$("$PACK" -c four 1.tar layer.tar)" ] || fail "listing of layers"
exit 0
