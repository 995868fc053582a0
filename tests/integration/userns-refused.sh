#!/bin/bash
# Hosts that refuse user namespaces, the map or the mounts: auto takes ptrace, and leaves nothing.
# needs: busybox
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
need_userns
[ "$(uname -m)" = x86_64 ] || { echo "knows the numbers of x86_64 only"; exit 77; }
gcc -o refuse "$TOP/tests/refuse.c" || exit 99

# name, the launcher's words, what the message says
check() {
	local words=() says=$2
	read -r -a words <<<"$1"
	expect_line 125 "*engine userns*$says*" "${words[@]}" "$PR" --engine=userns -r root -b /proc -b /tmp:/a/b true
	left_here 'bin dev etc proc tmp'
	expect 0 'x' "${words[@]}" "$PR" --engine=auto -r root -b /proc -b /tmp:/a/b sh -c 'echo x'
	left_here 'bin dev etc proc tmp'
	expect 7 '' "${words[@]}" "$PR" --engine=auto -r root -b /proc sh -c 'exit 7'
	expect_line 125 "*engine userns*$says*ptrace*--pid*" "${words[@]}" "$PR" --engine=auto --pid -r root true
}

check './refuse 56,0&0x10000000 1' 'namespaces*not permitted'  # clone(CLONE_NEWUSER): Docker
check './refuse 56,0&0x10000000 28' 'namespaces*No space left' # user.max_user_namespaces
check './refuse 1,2=4 1' 'map*not permitted'                    # "deny" into setgroups: AppArmor
check './refuse 165 13' 'isolate*ermission denied'              # mount
check './refuse 428 1' 'take*not permitted'                     # open_tree
check './refuse 429 13' 'new root*ermission denied'             # move_mount
check './refuse 155 1' 'pivot*not permitted'                    # pivot_root

# ptrace as well: each says why. Where nothing else was tried, its own reason is all.
both() { ./refuse '56,0&0x10000000' 1 ./refuse 101 1 "$PR" "$@"; }
expect_line 125 '*engine userns: cannot make namespaces*; engine ptrace: cannot trace*' both --engine=auto -r root true
expect_line 125 '*engine userns: cannot make namespaces*; engine ptrace: cannot trace*' env PR_ENGINE= bash -c \
	'./refuse "56,0&0x10000000" 1 ./refuse 101 1 "$0" -r root true' "$PR"
expect_line 125 'pr: cannot trace*' both --engine=ptrace -r root true
if (cp -a root recorded && "$PR" --engine=userns --debug=no-ranges -0 -r recorded true) 2>/dev/null; then
	expect_line 125 '*engine userns: *; engine ptrace: cannot trace*' \
		./refuse 101 1 "$PR" --engine=auto -0 -r recorded true
fi

# In a chroot, the usual build environment: pivot_root has nothing to pivot.
expect 0 '2' "$PR" --engine=auto -r root -b /proc sh -c 'echo $((1 + 1))'

# No ranges, or nothing to write them with: root's ids are in records.
expect 0 '0' env PATH=/nowhere "$PR" --engine=auto -0 -r root -b /proc /bin/busybox id -u
expect 0 '0' env PATH=/nowhere "$PR" --engine=userns -0 -r root -b /proc /bin/busybox id -u
expect_line 125 '*' env PATH=/nowhere "$PR" --engine=userns -0 --map-auto -r root true

# Root of a namespace with but one id: may mount, and cannot give files away.
tree alone
expect_line 125 '*no owners*namespaces*not permitted*' unshare -r ./refuse '56,0&0x10000000' 1 "$PR" \
	--engine=userns -0 -r alone true
expect 0 '5' unshare -r "$PR" --engine=userns --pid -0 -r alone -b /proc sh -c 'chown 5 /tmp; stat -c %u /tmp'
expect 0 '5' unshare -r "$PR" --engine=auto -0 -r alone -b /proc sh -c 'chown 5 /tmp; stat -c %u /tmp'
expect 0 '0' unshare -r "$PR" --engine=userns -r root -b /proc id -u

# A session within a session.
expect 0 'in' u -b "$PR:/bin/pr" -b /lib -b /lib64:/lib64:optional -b /usr/lib -- \
	/bin/pr --engine=userns -r / -b /proc echo in
exit 0
