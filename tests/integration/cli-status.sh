#!/bin/bash
# Exit status: the command's own, 128+n after a signal, 127 not found, 126 not executable.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

expect 0 '' guest true
expect 1 '' guest false
expect 7 '' guest sh -c 'exit 7'
expect 255 '' guest sh -c 'exit 255'
expect 143 '' guest sh -c 'kill -TERM $$'
expect 137 '' guest sh -c 'kill -KILL $$'
expect_line 127 '*no-such-command*not found*' guest no-such-command
expect_line 127 '*/no/such*' guest /no/such
expect_line 126 '*/etc/passwd*ermission denied*' guest /etc/passwd
expect_line 126 '*/etc*' guest /etc
expect_line 125 '*/no/where*' guest -w /no/where true

# What is left behind does not change it.
expect 3 '' guest sh -c 'sleep 100 & exit 3'
expect 3 '' guest --no-kill-on-exit sh -c '(sleep 0.3; exit 9) & exit 3'
exit 0
