#!/bin/bash
# Orders from another user, root included, are refused, whatever directory leads to the socket.
# needs: root setpriv busybox python3
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
. "$TOP/tests/integration/sessions.inc"
chmod 755 . root
chown -R 47111:47111 root runtime
me=(setpriv --reuid 47111 --regid 47111 --clear-groups)
"${me[@]}" "$PR" -r root true 2>/dev/null || { echo "another user cannot run it here"; exit 77; }

"${me[@]}" "$PR" --name web -r root sleep 20 &
wait_for sh -c "${me[*]} '$PR' ps -q | grep -q ."
expect 0 'here' "${me[@]}" "$PR" exec web echo here
# A directory of that user's is not root's.
expect_line 125 "*no session 'web'*" env TMPDIR=/nowhere "$PR" exec web true
sock=$(echo runtime/pr/*.sock)
cat >ask.py <<'P'
# ask.py SOCKET: an order by hand, as pr exec sends it; prints what comes back.
import socket, struct, sys
s = socket.socket(socket.AF_UNIX)
s.settimeout(5)
s.connect(sys.argv[1])
words = b"touch\0/tmp/ordered\0"
try:
	socket.send_fds(s, [b"pr-exec1" + struct.pack("7I", 0, 0, 0, 0, 2, 0, len(words))], [0, 1, 2])
	s.sendall(words)
except (BrokenPipeError, ConnectionResetError):
	pass
while True:
	try:
		text = s.recv(2000)
	except ConnectionResetError: # who refuses reads no further
		break
	if not text:
		break
	print(text.replace(b"\0", b""))
P
expect 0 '*refuses*' python3 ask.py "$sock"
[ ! -e root/tmp/ordered ] || fail "another user's order was carried out"
expect 0 '*' "${me[@]}" python3 ask.py "$sock"
[ -e root/tmp/ordered ] || fail "the order is none: nothing was tested"
kill %1
wait
exit 0
