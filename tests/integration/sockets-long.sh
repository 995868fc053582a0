#!/bin/bash
# Unix sockets whose host name is beyond 108 bytes work, and stay where they belong.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

deep=$(printf 'a-directory-with-a-long-name-%.0s' 1 2 3 4)
mkdir -p "$deep/host"
cat >"$deep/host/talk.py" <<'PY'
import os, socket, stat
d = "/srv"
s = socket.socket(socket.AF_UNIX); s.bind(d + "/stream"); s.listen(1)
c = socket.socket(socket.AF_UNIX); c.connect(d + "/stream")
p, who = s.accept()
print(s.getsockname(), c.getpeername(), repr(who), repr(c.getsockname()))
c.sendall(b"hello"); print(p.recv(10))
a = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); a.bind(d + "/a")
b = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM); b.bind(d + "/b")
a.sendto(b"to b", d + "/b"); print(b.recvfrom(10))
b.sendmsg([b"to a"], [], 0, d + "/a"); print(a.recvmsg(10)[3])
full = d + "/" + "s" * (106 - len(d))
f = socket.socket(socket.AF_UNIX); f.bind(full); print(len(f.getsockname()), stat.S_ISSOCK(os.stat(full).st_mode))
os.chdir(d); r = socket.socket(socket.AF_UNIX); r.bind("relative"); print(r.getsockname())
print(sorted(x[:10] for x in os.listdir(d)))
PY
out=$("$PR" -r "$GUEST" -b "$PWD/$deep/host:/srv" -b /proc -w / python3 /srv/talk.py 2>&1) || fail "$out"
want="/srv/stream /srv/stream '' ''
b'hello'
(b'to b', '/srv/a')
/srv/b
107 True
relative
['a', 'b', 'relative', 'ssssssssss', 'stream', 'talk.py']"
[ "$out" = "$want" ] || fail "said: $out"
for name in stream a b relative; do
	[ -S "$deep/host/$name" ] || fail "$name is not where it belongs"
done
[ "$(find "$deep" -type s | wc -l)" = 5 ] || fail "sockets elsewhere"
exit 0
