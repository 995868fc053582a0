#!/bin/bash
# --explain, --trace and --dump-filter show what happens, from both sides.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

expect 0 "*/bin*usr/bin*$GUEST/usr/bin*" guest --explain /bin/../bin/sh
expect 0 '*/proc/version*' guest --explain /proc/version
guest --dump-filter | grep -q x86_64 || fail "--dump-filter names no ABI"

guest --trace=log cat /etc/debian_version >/dev/null || fail "cat under --trace"
grep -q "/etc/debian_version.*$GUEST/etc/debian_version" log || fail "the trace lacks one of the two views"
expect 0 '*/etc/debian_version*' guest --trace cat /etc/debian_version
exit 0
