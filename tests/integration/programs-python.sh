#!/bin/bash
# Python's own tests of os, posixpath, subprocess, signal and threading pass, as in a real chroot.
# needs: guest
# timeout: 400
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
export PR_ENGINE=ptrace # ids that a user namespace lacks are EINVAL there, and EPERM in a chroot

[ -e "$GUEST/usr/lib/python3.11/test/test_os.py" ] || { echo "no test suite in the guest"; exit 77; }
under_pr python3 -m test -j2 -w test_os test_posixpath test_subprocess test_signal test_threading \
	>output 2>&1 </dev/null
status=$?
tail -20 output
grep -q 'Tests\? result: SUCCESS\|Result: SUCCESS\|All .* tests OK' output || fail "not all passed"
exit $status
