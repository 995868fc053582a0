#!/bin/bash
# --sandbox without Landlock: refused with a line that says why, never weaker.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

refuse=$PWD/refuse
"${TEST_CC:-gcc}" -o "$refuse" "$TOP/tests/refuse.c" || fail "cannot build tests/refuse.c"
number=444 # landlock_create_ruleset, on every machine

without() { # ERRNO: the kernel's answer
	"$refuse" $number "$1" "$PR" --sandbox -r "$GUEST" -w / true
}
expect_line 125 '*--sandbox needs Landlock*' without 38 # ENOSYS
expect_line 125 '*not*switched on*' without 95		# EOPNOTSUPP
expect 0 '' "$refuse" $number 38 "$PR" -r "$GUEST" -w / true
expect 0 '' "$refuse" $number 38 "$PR" --sandbox --debug=no-landlock -r "$GUEST" -w / true
exit 0
