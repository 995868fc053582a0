#!/bin/bash
# The same in namespaces of the guest's own, one id of the kernel's, owners in records; both engines agree.
# needs: guest
# timeout: 500
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/root-lib.sh"

records() { "$PR" --engine=userns --debug=no-ranges "$@"; }

why=$(records -0 -r / true 2>&1) || { echo "$why"; exit 77; }
cp -a "$GUEST" root || exit 99
services records -0 --pid --ipc --hostname box -r root

# shellcheck disable=SC2016 # for the guest's shell
look='cd / && find etc var usr/bin usr/sbin usr/lib/openssh -xdev \( ! -uid 0 -o ! -gid 0 -o -perm /7000 \) \
	-printf "%p %U:%G %m\n" | sort'
for engine in --engine=ptrace '--engine=userns --debug=no-ranges'; do
	# shellcheck disable=SC2086 # words
	"$PR" $engine -0 -r root -w / sh -c "$look" >"owners.${engine##*=}" || fail "$engine: $?"
done
[ "$(wc -l <owners.ptrace)" -gt 30 ] || fail "few owners: $(cat owners.ptrace)"
diff owners.ptrace owners.no-ranges || fail "the engines disagree"
exit 0
