#!/bin/bash
# --sandbox without Landlock: refused with a line that says why, never weaker.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

refuse=$PWD/refuse
"${TEST_CC:-gcc}" -o "$refuse" "$TOP/tests/refuse.c" || fail "cannot build tests/refuse.c"
number=444 # landlock_create_ruleset, on every machine

sandbox=("$PR" --sandbox -r "$GUEST" -w / true)
expect_line 125 '*--sandbox needs Landlock*' "$refuse" $number 38 "${sandbox[@]}" # ENOSYS
expect_line 125 '*not*switched on*' "$refuse" $number 95 "${sandbox[@]}"	  # EOPNOTSUPP
expect 0 '' "$refuse" $number 38 "$PR" -r "$GUEST" -w / true
expect 0 '' "$refuse" $number 38 "$PR" --sandbox --debug=no-landlock -r "$GUEST" -w / true
exit 0
