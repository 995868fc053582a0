#!/bin/bash
# Sandboxes inside a session work where they do in a real chroot, else fail with the errno that they know.
# needs: guest bwrap
# timeout: 100
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

# The host's bwrap, in a guest that is the host's own tree, and pr itself in the Debian guest.
of_host() { "$PR" --engine "$1" "${@:4}" -r / -b /proc -b /dev -- "${CLEAN[@]}" sh -c "$2" sh "$3"; }
inner() { guest --engine "$1" "${@:3}" -b "$PR:/usr/bin/pr" -- "${CLEAN[@]}" sh -c "$2"; }
box='bwrap --ro-bind / / --unshare-all --proc /proc --dev /dev --tmpfs /mnt sh -c "touch /mnt/x && ls /mnt"'

# By real namespaces: all of it.
if "$PR" --engine userns -r / true 2>/dev/null; then
	expect 0 x of_host userns "$box" ''
	expect 0 0 of_host userns 'unshare -r id -u' ''
	expect 0 "$(id -u)" inner userns 'pr -r / id -u'
	expect 0 0 inner userns 'pr -0 -r / id -u'
	expect 0 "$(id -u)" inner userns 'pr --engine ptrace -r / id -u'
	expect 0 1 inner userns 'pr --engine userns --pid -r / sh -c "echo \$\$"'
else
	echo "no user namespaces"
fi

# A chroot has no user namespaces: EPERM, create_user_ns in kernel/user_namespace.c.
expect 1 '*: Operation not permitted' of_host ptrace 'unshare -r id -u' ''
expect 1 '*No permissions to create new namespace*' of_host ptrace "$box" ''
# Root makes mounts, of the session's own.
expect 0 x of_host ptrace 'bwrap --ro-bind / / --proc /proc --dev /dev --tmpfs /mnt sh -c "touch /mnt/x && ls /mnt"' '' -0
expect 1 '*touch*Read-only file system' of_host ptrace 'bwrap --ro-bind / / touch /x' '' -0
expect 0 tmpfs of_host ptrace 'unshare -m sh -c "mount -t tmpfs none /mnt && findmnt -no FSTYPE /mnt"' '' -0
# pr itself, by them.
mkdir inner
cp /bin/busybox inner/sh 2>/dev/null || exit 0
expect 0 0 inner ptrace 'pr --engine userns -0 -r /mnt /sh -c "id -u"' -0 -b "$PWD/inner:/mnt"
exit 0
