#!/bin/bash
# Fake root: apt installs services, they run and people log in, in this session and the next.
# needs: guest
# timeout: 500
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/root-lib.sh"

cp -a "$GUEST" root || exit 99
services "$PR" -0 -r root
exit 0
