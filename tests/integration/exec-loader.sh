#!/bin/bash
# PR_LOADER: guests are started by the user's file, for hosts that run nothing which an application wrote.
# needs: guest gcc
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

expect 0 '' "$PR" --write-loader loader
[ -x loader ] || fail "no loader"
expect_line 125 "pr: cannot write the loader to 'loader': File exists" "$PR" --write-loader loader
export PR_LOADER=$PWD/loader
[ ! -e loader.32 ] || export PR_LOADER_32=$PWD/loader.32
same sh -c 'echo $0; ls /; python3 -c "import os; print(os.getpid() > 0)"; tr "\0" " " </proc/self/cmdline'
if [ -e loader.32 ]; then
	printf '#include <stdio.h>\nint main(void) { printf("%%zu\\n", sizeof(void *)); return 0; }\n' >width.c
	gcc -m32 -static -o width width.c 2>/dev/null && expect 0 4 under_pr /mnt/width
fi

# A session whose directory forbids programs.
if unshare -rm sh -c 'mount -t tmpfs -o noexec tmpfs /mnt' 2>/dev/null; then
	expect 0 fine unshare -rm sh -c 'mount -t tmpfs -o noexec tmpfs /mnt && PR_TMPDIR=/mnt "$@"' sh \
		"$PR" --engine ptrace -r "$GUEST" echo fine
	unset PR_LOADER PR_LOADER_32
	expect 126 '*' unshare -rm sh -c 'for d in /tmp /var/tmp /dev/shm; do mount -t tmpfs -o noexec tmpfs $d; done
		mount -t tmpfs -o noexec tmpfs /mnt; unset XDG_RUNTIME_DIR; HOME=/mnt TMPDIR=/mnt "$@" || exit 126' sh \
		"$PR" --engine ptrace -r "$GUEST" echo fine
fi

# Mistakes.
head -c 4000 loader >short.file
chmod 755 short.file
expect_line 125 "pr: PR_LOADER: '$PWD/short.file' is not the loader of this pr*" env PR_LOADER="$PWD/short.file" "$PR" -r "$GUEST" true
expect_line 125 "pr: PROOT_LOADER: cannot read '/none': No such file*" env -u PR_LOADER PROOT_LOADER=/none "$PR" -r "$GUEST" true
cp loader plain.file
chmod 644 plain.file
expect_line 125 "pr: PR_LOADER: '$PWD/plain.file' cannot be run: Permission denied" env PR_LOADER="$PWD/plain.file" "$PR" -r "$GUEST" true
exit 0
