#!/bin/bash
# A mistake on the command line is one line that names the word and the fix, and status 125.
# needs:
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

expect_line 125 '*--rotfs*--rootfs*' "$PR" --rotfs=/x true
expect_line 125 '*-b/x*-b /x*' "$PR" -b/x true
expect_line 125 '*-x*--help*' "$PR" -x true
expect_line 125 '*-r needs a value*' "$PR" -r
expect_line 125 '*--sandbox*no value*' "$PR" --sandbox=1 true
expect_line 125 '*engine*userns*sandbox*' "$PR" --engine=userns --sandbox true
expect_line 125 '*--debug*foo*--help-debug*' "$PR" --debug=foo true
expect_line 125 '*/nowhere*No such file*' "$PR" -r /nowhere true
expect_line 125 '*/nowhere*No such file*' "$PR" -b /nowhere true
expect_line 125 '*/etc/passwd*' "$PR" -r /etc/passwd true
expect 125 'usage: *' "$PR"

expect_line 125 '*+2*not pr(1) of coreutils*' "$PR" +2 file
expect_line 125 '*-2*not pr(1) of coreutils*' "$PR" -2 file
echo text >notes
expect_line 125 '*notes*not pr(1) of coreutils*' "$PR" notes

# A control character in a name must not reach the terminal.
"$PR" -r $'/no\033where' true 2>&1 | grep -q $'\033' && fail "an escape was printed as it is"

expect 0 '*usage:*--rootfs*--sandbox*' "$PR" --help
expect 0 '*no-seccomp*' "$PR" --help-debug
expect 0 'pr *' "$PR" -V
"$PR" --help >/dev/full 2>/dev/null && fail "a full stdout is not noticed"
exit 0
