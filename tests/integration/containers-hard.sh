#!/bin/bash
# A tree of all that is hard to keep goes through create, backup, restore, clone and commit as it is.
# needs: python3 tar
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

export PR_HOME=$PWD/state
tree() { python3 "$TOP/tests/integration/hard_tree.py" "$@" || exit 99; }
# is_same CONTAINER WANTED: its backup says the same as the archive.
is_same() {
	"$PR" backup "$1" -o "$1.tar" || fail "backup $1"
	tree facts "$1.tar" >"$1.facts"
	diff "$2" "$1.facts" >differences || fail "$1 differs: $(head -c 2000 differences)"
}

tree make hard.tar
tree facts hard.tar >facts
expect_line 0 a "$PR" create ./hard.tar a
is_same a facts
expect_line 0 b "$PR" restore a.tar b
is_same b facts
expect_line 0 '' "$PR" clone a c
is_same c facts
[ "$(stat -c %s "$PR_HOME/containers/c/rootfs/sparse")" = 5000000000 ] &&
	[ "$(stat -c %b "$PR_HOME/containers/c/rootfs/sparse")" -lt 100 ] || fail "holes are filled"
cmp <(tail -c +1025 a.tar) <(tail -c +1025 b.tar) || fail "other bytes"

# As an image, but for what images cannot hold.
expect_line 1 "*'n/.wh.*': no image can hold*" "$PR" commit a hard:1
grep -v -e "^('n/\.wh\." -e "^('sparse'" facts >fewer
"$PR" create - d <a.tar >/dev/null || fail "create of a backup"
is_same d facts
chmod u+rwx "$PR_HOME/containers/d/rootfs/n"
rm "$PR_HOME/containers/d/rootfs/n/".wh.* "$PR_HOME/containers/d/rootfs/sparse"
"$PR" commit d hard:1 >/dev/null || fail "commit"
expect_line 0 e "$PR" create hard:1 e
"$PR" backup e -o e.tar
# Two directories have the time of their last change.
of_these() { grep -v -e "^('n'," -e "^('\.',"; }
of_these <fewer >fewer.want
tree facts e.tar | of_these | diff fewer.want - >differences ||
	fail "an image differs: $(head -c 2000 differences)"
exit 0
