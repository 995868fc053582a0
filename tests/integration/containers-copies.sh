#!/bin/bash
# Containers to archives, images and copies, and back: all of it, exactly.
# needs: busybox tar python3
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

export PR_HOME=$PWD/state
mkdir -p t/bin t/etc t/old
cp "$(command -v busybox)" t/bin/busybox
! ldd t/bin/busybox >/dev/null 2>&1 || { echo "busybox is not static"; exit 77; }
for a in sh ls ln cat echo chown chmod mkdir mknod rm env id stat; do ln -s busybox "t/bin/$a"; done
printf 'root:x:0:0:root:/root:/bin/sh\n' >t/etc/passwd
printf 'root:x:0:\n' >t/etc/group
echo old >t/old/file
truncate -s 3M t/sparse
tar -C t --owner=0 --group=0 -cf root.tar .

# ---- import, and a container that changes all sorts of things
"$PR" import root.tar base:1 >/dev/null || fail "import"
expect_line 125 '*something is missing*' "$PR" import root.tar
expect_line 1 '*/nowhere*' "$PR" import /nowhere x:1
expect_line 0 a "$PR" create base:1 a
expect 0 '' "$PR" diff a
"$PR" run a sh -c 'echo new >/etc/new; chown 33:44 /etc/new; chmod 4751 /etc/new; rm /etc/group
	ln /etc/passwd /etc/again; mkdir -p /d/e; mknod /d/null c 1 3; rm -r /old; mkdir /old
	chmod 0 /d/e; ln -s /nowhere /d/link; chown -h 5:6 /d/link; echo x >>/bin/echo.txt' || fail "run"
look() { "$PR" run "$1" sh -c 'ls -ln /etc /d /old /bin/echo.txt; stat -c "%u %g %a %s %Y %n" /etc/* /d/* /sparse'; }
look a >want
expect 0 'C /bin
A /bin/echo.txt
A /d
A /d/e
A /d/link
A /d/null
C /etc
D /etc/group
A /etc/again
A /etc/new
C /old
D /old/file' "$PR" diff a

# ---- backup and restore: the same bytes again
expect_line 0 '' "$PR" backup a -o a.tar
tar -tf a.tar >/dev/null 2>err || fail "tar does not read a backup"
[ ! -s err ] || fail "tar says of a backup: $(cat err)"
expect_line 1 "*'a' already*" "$PR" restore a.tar
expect_line 0 b "$PR" restore a.tar b
"$PR" rm a >/dev/null
"$PR" restore - <a.tar >/dev/null || fail "restore of a pipe"
"$PR" backup a >again.tar || fail "backup to a pipe"
cmp a.tar again.tar || fail "a backup of what was restored differs"
gzip -k a.tar
expect_line 0 c "$PR" restore a.tar.gz c
for n in a b c; do
	look $n >got
	diff want got || fail "$n differs from what was backed up"
done
head -c 100000 a.tar >cut.tar
expect_line 1 '*' "$PR" restore cut.tar cut
expect_line 1 '*no backup*' "$PR" restore root.tar plain
head -c 1000000 root.tar >cut.tar # told by what it begins with
expect_line 1 '*no backup*' "$PR" restore cut.tar plain
expect 0 $'a\nb\nc' "$PR" ps -aq

# ---- clone, reset, commit
expect_line 0 '' "$PR" clone a copy
look copy >got
diff want got || fail "a clone differs"
expect_line 1 "*'copy' already*" "$PR" clone a copy
expect_line 0 '' "$PR" reset copy
expect 0 '' "$PR" diff copy
expect_line 0 old "$PR" run copy cat /old/file
"$PR" commit a made:1 >/dev/null || fail "commit"
expect_line 0 d "$PR" create made:1 d
expect 0 '' "$PR" diff d
"$PR" create "$PWD/t" e >/dev/null || fail "create of a directory"
expect_line 1 '*not made from an image*go back to*pr import*' "$PR" reset e
expect_line 1 '*not made from an image*compare with*pr import*' "$PR" diff e
"$PR" commit e whole:1 >/dev/null || fail "commit of what has no image"
expect_line 0 old "$PR" run --rm whole:1 cat /old/file
# However well a layer is packed, it is no bomb to who has made it.
truncate -s 1100M "$PR_HOME/containers/e/rootfs/old/zeros"
"$PR" commit e zeros:1 >/dev/null || fail "commit of what packs well"
rm "$PR_HOME/containers/e/rootfs/old/zeros"

# A layer has no holes, which Go's tar cannot write again, and no names that would be whiteouts.
mkdir lay
"$PR" save whole:1 | tar -xf - -C lay
for f in lay/blobs/sha256/*; do tar -C lay -xf "$f" sparse 2>/dev/null; done
"$PR" inspect made:1 | python3 -c '
import gzip, hashlib, json, os, sys
image = json.load(sys.stdin)[0]
for l in image["layers"]:
    blob = open(os.path.join("state/blobs", l["digest"].replace(":", "/")), "rb").read()
    assert blob[:2] == b"\x1f\x8b" and len(blob) == l["size"], l
    assert "sha256:" + hashlib.sha256(gzip.decompress(blob)).hexdigest() == l["diff_id"], l
assert len(image["layers"]) == 2 and image["stored"] < image["size"] // 2, image
' || fail "a committed layer is not compressed"
[ "$(stat -c '%s %b' lay/sparse)" = '3145728 6144' ] || fail "a hole in a layer: $(stat lay/sparse)"
"$PR" run e sh -c 'echo x >/srv.wh; echo x >/etc/.wh.passwd' || fail "run"
expect_line 1 "*'etc/.wh.passwd': no image can hold*" "$PR" commit e whole:2
expect_line 0 '' "$PR" backup e -o e.tar
look d | sed 's/ [0-9]* \([^ ]*\)$/ \1/' >got.d
sed 's/ [0-9]* \([^ ]*\)$/ \1/' want >want.d
diff want.d got.d || fail "a committed image differs"
"$PR" run -d --name r made:1 sh -c 'while :; do :; done' >/dev/null || fail "run -d"
for v in "backup r" "clone r r2" "reset r" "commit r r:1"; do
	# shellcheck disable=SC2086 # the words of a command
	"$PR" $v >out 2>&1 && fail "$v while it runs"
	grep -q 'r is running' out || fail "$v said: $(cat out)"
done
"$PR" rm -f r >/dev/null
[ -z "$(ls -A "$PR_HOME/tmp")" ] || fail "left behind: $(ls "$PR_HOME/tmp")"

# ---- cp
rm -f out
mkdir -p h/sub out
echo data >h/sub/file
chmod 640 h/sub/file
ln -s /nowhere h/link
expect 0 '' "$PR" cp h d:/
expect 0 '' "$PR" cp h/. d:/made
expect_line 0 "0 0 640 5" "$PR" run d stat -c '%u %g %a %s' /h/sub/file
expect_line 0 "/nowhere" "$PR" run d /bin/busybox readlink /made/link
"$PR" run d sh -c 'ln -s ../../../../../../etc /up; ln -s /etc/passwd /etc/lnk; echo x >/etc/x; chmod 4700 /etc/x'
expect 0 '' "$PR" cp d:/up/x out
[ "$(stat -c %a out/x)" = 700 ] || fail "cp gives $(stat -c %a out/x)"
expect 0 '' "$PR" cp h/sub/file d:/up/lnk
expect_line 0 data "$PR" run d cat /etc/lnk
expect_line 0 'root:*' "$PR" run d cat /etc/passwd
expect 0 '' "$PR" cp d:/h out/copy
diff -r --no-dereference h out/copy || fail "there and back differs"
expect_line 1 '*there is no container*' "$PR" cp h nobody:/
expect_line 1 '*one of the two*' "$PR" cp h out
expect_line 1 "*/no/such*" "$PR" cp h d:/no/such
expect_line 1 "*null*" "$PR" cp d:/d/null out
expect_line 1 "*/etc/x/y*Not a directory" "$PR" cp h/sub/file d:/etc/x/y
expect_line 1 "*no archives*./-*" "$PR" cp d:/etc/x -
expect_line 1 "*no archives*./-*" "$PR" cp - d:/etc/x

# ---- what an image says is done, and does not reach pr itself
"$PR" create made:1 --name f -e LD_PRELOAD=/nope.so -e PR_ENGINE=nonsense -e PATH=/bin -w /old \
	--entrypoint /bin/env >/dev/null || fail "create with options"
"$PR" commit f env:1 >/dev/null || fail "commit"
expect 0 '*LD_PRELOAD=/nope.so*PR_ENGINE=nonsense*PWD=/old*' "$PR" run --rm env:1
expect_line 0 word "$PR" run --rm --entrypoint echo env:1 word
# As docker: -e NAME takes the caller's value, and where there is none takes the image's away.
printf '# comment\nLD_PRELOAD\nHERE\n\nX=" a\n' >env.list
expect 0 "HOSTNAME=*
PATH=/bin
PR_ENGINE=ours
HERE=there
X=\" a
PWD=/old
HOME=/root" env HERE=there "$PR" run --rm -e PR_ENGINE=ours --env-file env.list env:1
expect 0 "HOSTNAME=*
PATH=/bin
PR_ENGINE=ptrace
PWD=*" env PR_ENGINE=ptrace "$PR" run --rm -e LD_PRELOAD -e PR_ENGINE env:1
expect 0 '*
LD_PRELOAD=/nope.so
*' "$PR" run --rm -e 'LD*' env:1

# ---- bootstrap, by a debootstrap that has no need of the network
mkdir bin
cat >bin/debootstrap <<'END'
#!/bin/sh
[ "$(id -u)" = 0 ] && [ "$2" = suite ] || exit 1
[ "$4" != fails ] || exit 3
cp -a "$TREE/." "$3" && chown 7:8 "$3/old" && mknod "$3/null" c 1 3
END
sed -i "s|\$TREE|$PWD/t|" bin/debootstrap
chmod +x bin/debootstrap
export PATH=$PWD/bin:$PATH
expect 0 g "$PR" bootstrap debian suite g
expect_line 0 '7 8' "$PR" run g stat -c '%u %g' /old
expect_line 0 '1:3 character special file' "$PR" run g stat -c '%t:%T %F' /null
expect_line 1 '*debian or ubuntu*' "$PR" bootstrap plan9 suite
expect_line 125 '*debootstrap has failed*' "$PR" bootstrap --mirror=fails debian suite h
expect_line 1 "*'g' already*" "$PR" bootstrap debian suite g

# ---- kill -9 while the place of a container is taken
for i in 1 2 3 4 5 6 7 8 9; do
	"$PR" reset b >/dev/null 2>&1 & pid=$!
	sleep "0.00$i"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
	expect_line 0 whole "$PR" run b echo whole
done
"$PR" prune >/dev/null
[ -z "$(ls -A "$PR_HOME/tmp")" ] || fail "left behind: $(ls "$PR_HOME/tmp")"
exit 0
