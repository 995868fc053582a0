#!/bin/bash
# Containers at a terminal: -it, -t, -i, neither; sizes, signals, ^C, ^Z, and no terminal at all.
# needs: busybox python3
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

export PR_HOME=$PWD/state
mkdir -p t/bin t/etc t/root
cp "$(command -v busybox)" t/bin/busybox
! ldd t/bin/busybox >/dev/null 2>&1 || { echo "busybox is not static"; exit 77; }
for a in sh cat echo sleep tty stty seq kill test; do ln -s busybox "t/bin/$a"; done
printf 'root:x:0:0:root:/root:/bin/sh\n' >t/etc/passwd
expect_line 0 c "$PR" create ./t c

# Standard input is the command's with -i alone; a container remembers that.
[ -z "$(echo in | "$PR" run c cat)" ] || fail "standard input without -i"
[ "$(echo in | "$PR" run -i c cat)" = in ] || fail "no standard input with -i"
[ "$(echo in | "$PR" exec c cat)" = in ] || fail "no standard input with exec"
"$PR" create -i --name i --entrypoint cat ./t >/dev/null || fail "create -i"
[ "$(echo in | "$PR" start -a i)" = in ] || fail "create -i is forgotten"
expect_line 125 '*no terminal*' "$PR" run -it c true
expect_line 0 $'one\r' "$PR" run -t c echo one

for e in ptrace userns; do
	export PR_ENGINE=$e
	"$PR" run c true 2>/dev/null || continue
	echo "-- $e"
	python3 "$TOP/tests/integration/containers.py" || exit 1
done
exit 0
