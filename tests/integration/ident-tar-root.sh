#!/bin/bash
# The same for a real root who has no CAP_SYS_ADMIN: owners, set-id bits and devices are the host's.
# needs: guest root setpriv
# timeout: 300
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/ident-tar.inc"

PR_ITSELF=$PR
refused='No such device or address'
pr_without() { setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin "$PR_ITSELF" "$@"; }
PR=pr_without

# The maker's owner and mode, and a device, are there.
on_host() {
	[ "$(find root t -name setuid -uid 11 -perm 4755 | head -1)" ] || fail "no owner on the host"
	[ "$(find root t -name disk -type b -gid 6 | head -1)" ] || fail "no device on the host"
	[ "$(find root t -name link -uid 19 | head -1)" ] || fail "no link's owner on the host"
}

both_ways /root
both_ways /t
exit 0
