#!/bin/bash
# tar and rsync -aHAX of the guest's /usr: the copies are equal to the original, links and all.
# needs: guest rsync
# timeout: 400
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

# Names, types, modes, times, sizes, link texts, numbers of hard links; then contents by rsync itself.
list() { (cd "$1" && find . -printf '%P %y %m %T@ %l' \( -type d -printf '\n' -o -printf ' %n %s\n' \) | sort); }

list "$GUEST/usr/share" >want
under_pr sh -c 'tar -C /usr --format=posix -cf - share | tar -C /mnt -xpf -' || fail "tar"
list share >got
diff want got | head -20
cmp -s want got || fail "tar: the copy differs"
chmod -R u+rwX share
rm -rf share

list "$GUEST/usr" >want
under_pr rsync -aHAX /usr/ /mnt/usr/ || fail "rsync"
list usr >got
diff want got | head -20
cmp -s want got || fail "rsync: the copy differs"
[ -z "$(rsync -aHn --checksum --itemize-changes "$GUEST/usr/bin/" usr/bin/)" ] || fail "rsync: contents differ"
[ -z "$(under_pr rsync -aHAXn --itemize-changes /usr/ /mnt/usr/)" ] || fail "rsync would copy again"
under_pr diff -r /usr/lib /mnt/usr/lib || fail "diff -r"
exit 0
