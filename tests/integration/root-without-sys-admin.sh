#!/bin/bash
# The same for real root without CAP_SYS_ADMIN, as in most containers: owners go onto the files.
# needs: guest root
# timeout: 500
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/root-lib.sh"

weak() { setpriv --bounding-set -sys_admin --inh-caps -sys_admin -- "$@"; }

# What the guest's root put into a tarball, real root unpacks: owners, modes and devices.
"$TOP/tests/as-user" "$PR" -0 -r "$GUEST" tar --one-file-system --exclude=./proc --exclude=./dev \
	-C / -cf - . >guest.tar || fail "tar c"
mkdir root
weak tar -C root -xpf guest.tar || fail "tar x"
mkdir -p root/proc root/dev
rm guest.tar
[ "$(stat -c '%u:%g %a' root/etc/shadow root/usr/bin/passwd)" = "0:42 640
0:0 4755" ] || fail "tar: $(stat -c '%n %u:%g %a' root/etc/shadow root/usr/bin/passwd)"
services weak "$PR" -0 -r root
[ "$(stat -c %u root/var/lib/postgresql/15/main)" != 0 ] || fail "the host knows no owner"
exit 0
