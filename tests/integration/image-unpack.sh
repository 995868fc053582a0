#!/bin/bash
# Archives to trees: bad ones are refused by name and touch nothing outside; layers, filters, roots in wrappers.
# needs: python3 getfattr
# timeout: 120
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

UNPACK=$TOP/build/tools/image-unpack
[ -x "$UNPACK" ] || { echo "not built: make unit-build"; exit 77; }

mkdir a
python3 "$TOP/tests/integration/image_archives.py" a || exit 99

# unpack ARCHIVE...: into a fresh ./t, whose parent is to stay as it is.
unpack() {
	[ ! -d t ] || { chmod -R u+rwx t; rm -rf t; }
	rm -f .pr-owners-*
	mkdir t
	timeout 60 "$UNPACK" "${OPTIONS[@]}" t "$@" 2>&1
}
OPTIONS=()

nothing_outside() {
	[ ! -e /tmp/pr-image-outside ] && [ ! -e outside ] && [ ! -e ../outside ] ||
		fail "$1 has made something outside"
}

# ---- bad ones -----------------------------------------------------------------------------------

while read -r name told; do
	said=$(unpack "a/$name.tar") && fail "$name was taken"
	[[ $said = "$told"* ]] || fail "$name: said '$said', not '$told'"
	nothing_outside "$name"
done <a/expected

for file in a/cut.gz a/cut-big.gz a/junk; do
	said=$(unpack $file) && fail "$file was taken"
	[[ $said = *"broken or cut off"* ]] || fail "$file: said '$said'"
done
[[ $(unpack a/cut-big.gz) = "'big': "* ]] || fail "it does not say where it was cut"

# ---- odd ones -----------------------------------------------------------------------------------

for file in a/ok-*.tar; do
	unpack "$file" >said || fail "$file: $(cat said)"
	nothing_outside "$file"
done

# is FILE TEXT
is() { [ "$(cat "t/$1" 2>&1)" = "$2" ] || fail "$1: '$(cat "t/$1" 2>&1)', not '$2'"; }

unpack a/ok-absolute.tar >/dev/null; is tmp/pr-image-outside/f x
unpack a/ok-link-through.tar >/dev/null; is tmp/pr-image-outside/f x
unpack a/ok-link-up-through.tar >/dev/null; is tmp/pr-image-outside/f x
unpack a/ok-hardlink-through.tar >/dev/null; is tmp/pr-image-outside/g x
unpack a/ok-link-then-file.tar >/dev/null; is l x; [ ! -L t/l ] || fail "a link was followed"
unpack a/ok-link-then-hardlink.tar >/dev/null; is h x; [ -L t/l ] || fail "the link is gone"
unpack a/ok-duplicates.tar >/dev/null; is f 3
unpack a/ok-hardlink-first.tar >/dev/null; is i data
[ "$(stat -c %h t/f)" = 3 ] || fail "links before their file"
unpack a/ok-hardlink-itself.tar >/dev/null; is f data
unpack a/ok-names.tar >/dev/null
(cd t && printf '%s\n' * | LC_ALL=C sort -u | od -v -w1000 -An -c | tr -s ' ') >names
for want in 'c a f 351 - 377 \n' 'e 314 201 \n' '303 251 \n' 'n e w \n' 'k \ s'; do
	grep -qF -- "$want" names || fail "names: no $want in $(cat names)"
done

# ---- layers -------------------------------------------------------------------------------------

unpack a/layer-1.tar a/layer-2.tar >said || fail "layers: $(cat said)"
(cd t && find . -mindepth 1 -printf '%P %y %n\n' | LC_ALL=C sort) >got
cat >want <<-END
	both f 1
	d d 3
	d/new f 1
	d/sub d 2
	d/sub/new f 1
	mode d 2
	shared f 1
	shared2 f 2
	shared3 f 2
	todir d 2
	todir/f f 1
	tofile f 1
	turns d 2
	turns/f f 1
END
diff got want || fail "layers"
is both n3; is tofile n5; is shared n7; is shared3 8; is d/sub/new n1
[ "$(getfattr --only-values -n user.containers.override_stat t/mode)" = 7:8:0750 ] ||
	[ "$(stat -c %u:%g:%a t/mode)" = 7:8:750 ] || fail "a directory over a directory"
[ -z "$(find t ! -path t ! -type l -newermt 2002-01-01)" ] || fail "times: $(find t -newermt 2002-01-01)"

for file in a/filter.*; do
	unpack "$file" >said || fail "$file: $(cat said)"
	[ "$(find t | wc -l)" = 16 ] || fail "$file: $(find t)"
done
if command -v zstd lz4 >/dev/null; then
	# Frames to be skipped, as zstd:chunked and pzstd have them, in front and behind.
	printf 'P*M\x18\x04\0\0\0abcd' >skip
	zstd -qc a/layer-1.tar | cat skip - skip >frames.zst
	lz4 -qc a/layer-1.tar | cat skip - >frames.lz4
	for file in frames.*; do
		unpack $file >said || fail "$file: $(cat said)"
		[ "$(find t | wc -l)" = 16 ] || fail "$file: $(find t)"
	done
fi

# Formats, and files with holes beyond what an old header can say.
mkdir s
truncate -s 9G s/holes
printf x | dd of=s/holes bs=1 seek=8800000000 conv=notrunc 2>/dev/null
printf 'text\n' >s/f
for format in v7 oldgnu gnu ustar "pax --sparse-version=0.0" "pax --sparse-version=0.1" \
	"pax --sparse-version=1.0"; do
	file="-S holes"
	case $format in v7 | ustar) file= ;; esac
	# shellcheck disable=SC2086 # words
	tar -C s --format=$format -cf formats.tar f $file || exit 99
	unpack formats.tar >said || fail "$format: $(cat said)"
	is f text
	[ -z "$file" ] && continue
	[ "$(stat -c %s t/holes)" = 9663676416 ] && [ "$(stat -c %b t/holes)" -lt 100 ] &&
		[ "$(tail -c +8800000001 t/holes | head -c 1)" = x ] || fail "$format: holes"
done

# ---- rootfs archives ------------------------------------------------------------------------------

OPTIONS=(-t -s -1)
for i in 0 1 2; do
	unpack a/strip-$i.tar >said || fail "strip-$i: $(cat said)"
	[ "$(cd t && echo *)" = "bin etc usr var" ] || fail "strip-$i: $(find t)"
done
OPTIONS=(-t -s 1)
unpack a/strip-1.tar >said && is etc/f x

# ---- too much -------------------------------------------------------------------------------------

OPTIONS=(-r 20)
head -c 1300000000 /dev/zero | gzip -1 >bomb.gz
python3 - <<-'END'
	import tarfile
	info = tarfile.TarInfo("bomb")
	info.size = 1300000000
	open("bomb.head", "wb").write(info.tobuf())
END
gzip -c bomb.head | cat - bomb.gz >bomb.tar.gz
said=$(unpack bomb.tar.gz) && fail "a bomb was taken"
[[ $said = "'bomb': it grows to more than 20 times its size"* ]] || fail "a bomb: $said"
chmod -R u+rwx t && rm -rf t

# ---- many, and a small disk, in memory --------------------------------------------------------------

cat >many.py <<-'END'
	import sys, tarfile
	out = sys.stdout.buffer
	for i in range(200000):
	    info = tarfile.TarInfo("d%d/e%d/file%d" % (i % 97, i % 1009, i))
	    info.type = b"021"[i % 3:][:1]
	    info.uid = i % 5
	    info.linkname = ["", "target", "d%d/e%d/file%d" % ((i - 2) % 97, (i - 2) % 1009, i - 2)][i % 3]
	    out.write(info.tobuf(tarfile.USTAR_FORMAT))
	out.write(bytes(1024))
END
# in_memory SIZE COMMAND: the cwd is a file system of that size.
in_memory() {
	unshare --user --map-root-user --mount sh -c \
		'mkdir -p m && mount -t tmpfs -o "size=$1" none m && cd m && shift && "$@"' sh "$@"
}
in_memory 1m true 2>/dev/null || exit 0
OPTIONS=()
python3 many.py >many.tar || exit 99
said=$(in_memory 2g sh -c 'mkdir t && MEMORY=1 "$1" t ../many.tar 2>/dev/null' sh "$UNPACK") ||
	fail "200,000 entries: $said"
[ "${said% KiB}" -lt 65536 ] || fail "200,000 entries took $said"

said=$(in_memory 700k sh -c 'mkdir t && "$1" t ../a/ok-big.tar' sh "$UNPACK" 2>&1) &&
	fail "1 MiB in 700 KiB"
[[ $said = "'big': No space left on device"* ]] || fail "a full disk: $said"
# Others keep some of the disk, where there is much to write.
head -c 100m /dev/zero >many.zeros
tar -cf zeros.tar many.zeros
said=$(in_memory 120m sh -c 'mkdir t && "$1" t ../zeros.tar' sh "$UNPACK" 2>&1) && fail "all but 40 MB"
[[ $said = "'many.zeros': less than 64 MiB would be left"* ]] || fail "a disk nearly full: $said"
exit 0
