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
exit 0
