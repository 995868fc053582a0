#!/bin/bash
# Guest names within PATH_MAX whose host names are beyond it work as all others do.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

n=$(printf 'n%.0s' {1..200})
host=$PWD/host
while [ ${#host} -lt 3700 ]; do
	host=$host/$n
done
mkdir -p "$host"
chmod 755 "$host"

cat >script <<'EOF'
set -e
n=$1
a=/deep/$n b=/deep/$n/$n c=/deep/$n/$n/$n
mkdir $a; mkdir -p $c
echo one >$c/f
[ "$(cat $c/f)" = one ]
echo two >>$c/f
[ "$(stat -c %s $c/f)" = 8 ]
ln -s f $c/l; ln $c/f $c/h
[ "$(cat $c/l)" = "$(cat $c/h)" ]
[ "$(readlink $c/l)" = f ]
[ "$(stat -c %h $c/f)" = 2 ]
mv $c/h $b/h; mv $b/h $a/h; [ ! -e $c/h ]
chmod 600 $c/f; [ "$(stat -c %a $c/l -L)" = 600 ]
touch -d @1000 $c/f; [ "$(stat -c %Y $c/f)" = 1000 ]
ln -s $c $a/far
[ "$(cat $a/far/f | head -1)" = one ]
[ "$(cat $c/../$n/f | head -1)" = one ]
cat $c/missing 2>&1 | grep -q 'No such file'
cat $c/f/x 2>&1 | grep -q 'Not a directory'
mkdir $c 2>&1 | grep -q 'File exists'
rmdir $b 2>&1 | grep -q 'not empty'
cd $c
[ "$(/bin/pwd -P)" = $c ]
[ "$(readlink /proc/self/cwd)" = $c ]
[ "$(realpath .)" = $c ]
[ "$(cat f | head -1)" = one ]
[ "$(cat ../$n/l | head -1)" = one ]
[ "$(cat ./l | head -1)" = one ]
cd ..
[ "$(/bin/pwd -P)" = $b ]
cd -P /deep/$n/far
[ "$(/bin/pwd -P)" = $c ]
cd /
[ "$(find /deep | wc -l)" = 8 ]
cp -a $a /deep/copy
diff -r $a/$n /deep/copy/$n
truncate -s 3 $c/f; [ "$(cat $c/f)" = one ]
rm -rf $a /deep/copy
[ -z "$(ls -A /deep)" ]
echo done
EOF

for mode in "" --debug=no-seccomp --debug=no-stub --debug=no-openat2 --debug=no-process-vm; do
	expect 0 "*done" "$PR" ${mode:+"$mode"} -r "$GUEST" -b /proc -b /dev -b "$host:/deep" \
		-b "$PWD/script:/script" -w / bash /script "$n"
done

# A bind that may not be written to stays so.
mkdir -p "$host/$n"
cd "$host" && mkdir -p "$n/$n" && cd "$n/$n" && : >f && cd "$TOP" || exit 99
expect 2 '*Read-only file system*' "$PR" -r "$GUEST" -b /proc -b /dev -b "$host:/deep:ro" -w / \
	sh -c ": >/deep/$n/$n/f"
expect 2 '*Read-only file system*' "$PR" -r "$GUEST" -b /proc -b /dev -b "$host:/deep:ro" \
	-w "/deep/$n/$n" sh -c ": >f"
expect 1 '*Read-only file system*' "$PR" -r "$GUEST" -b /proc -b /dev -b "$host:/deep:ro" -w / \
	rm "/deep/$n/$n/f"

exit 0
