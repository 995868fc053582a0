#!/bin/bash
# Owners, modes, devices, capabilities and access lists stay, and go through tar, rsync and cp.
# needs: guest
# timeout: 300
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/ident-tar.inc"

# Nothing of them is on the host: no owner, no set-id bit, no device.
on_host() {
	[ -z "$(find root t ! -user "$(id -u)" -o -perm /6000 -o -type c -o -type b)" ] ||
		fail "on the host: $(find root t ! -user "$(id -u)" -o -perm /6000 -ls)"
}

both_ways /root
both_ways /t

# What a write takes away is gone in the next session, too, though nobody looked in that of the write.
run "echo 1 >/root/written; setfattr -n security.capability -v $cap /root/written
	cp -p --preserve=all /root/written /root/opened" || fail "setfattr"
run 'printf x >>/root/written; : >>/root/opened'
run 'getfattr -n security.capability /root/opened >/dev/null' || fail "an open for writing took it"
! run 'getfattr -n security.capability /root/written' 2>/dev/null || fail "a write left it"
run 'rm /root/written /root/opened'

OPTIONS=(--sandbox)
! run true 2>/dev/null || both_ways /root
exit 0
