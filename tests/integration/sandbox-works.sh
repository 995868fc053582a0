#!/bin/bash
# A sandbox does not keep guests from their work: renames, links, devices, metadata, a compiler, git.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

mkdir -p bound ro
echo text >ro/file
for mode in "" --debug=no-seccomp; do
	# shellcheck disable=SC2086 # no word is one argument less
	box() { guest --sandbox $mode -b "$PWD/bound:/box" -b "$PWD/ro:/ro:ro" "$@"; }

	# If this fails there is no Landlock: see sandbox-refused.sh.
	box true 2>/dev/null || { box true 2>&1 | grep -q Landlock && exit 77; }

	# shellcheck disable=SC2016 # the guest's shell expands it
	expect 0 'works' box sh -ec '
		cd /box; rm -rf ./*; mkdir -p a/b c
		echo works >a/b/f; mv a/b c/; ln c/b/f a/g; mv c/b/f a/h; ln -s h a/l; cat a/l
		echo x >/dev/null; truncate -s 1 a/h; chmod 640 a/l; touch -d 2001-01-01 a/h
		[ "$(stat -c "%a %Y" a/h)" = "640 978307200" ]; mkfifo a/p; rm -r a c'
	expect 0 'hello' box sh -ec '
		cd /box; printf "#include <stdio.h>\nint main(void) { puts(\"hello\"); }\n" >h.c
		gcc -o h h.c; cp h h2; ./h2'
	expect 0 '' box sh -ec '
		cd /box; git init -q r; cd r; echo 1 >f; git add f
		git -c user.name=a -c user.email=b commit -qm c; git gc -q; git status --short'
	expect 0 'text' box cat /ro/file
	expect 1 '*Read-only file system*' box chmod 600 /ro/file
	expect 1 '*Read-only file system*' box sh -c 'chmod 600 /proc/self/fd/0 </ro/file'
done
# What came in as standard input may be opened again, by its name in /proc, and nothing else.
echo given >input
[ "$(guest --sandbox cat /proc/self/fd/0 <input)" = given ] || fail "standard input by name"
exit 0
