#!/bin/bash
# Called as proot: a missing bind is a warning, and it waits for what the command left behind.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

ln -s "$PR" proot
expect 0 '*warning*/nowhere*
ok' ./proot -r "$GUEST" -b /dev -w / -b /nowhere echo ok
expect 0 'ok' ./proot -v -1 -r "$GUEST" -b /dev -w / -b /nowhere echo ok
expect 0 'first
second' ./proot -r "$GUEST" -b /dev -w / sh -c '(sleep 0.3; echo second) & echo first'
expect 0 'first' ./proot -r "$GUEST" -b /dev -w / --kill-on-exit sh -c '(sleep 0.5; echo second) & echo first'
# Its environment.
expect 0 'ok' env PROOT_IGNORE_MISSING_BINDINGS=1 ./proot -r "$GUEST" -b /dev -w / -b /nowhere echo ok
expect 0 '*root: *ok' env PROOT_VERBOSE=1 ./proot -r "$GUEST" -w / echo ok
expect 0 '*begins of system calls*' env PROOT_NO_SECCOMP=1 ./proot -r "$GUEST" --stats true
exit 0
