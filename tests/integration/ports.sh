#!/bin/bash
# -p, --publish, --port-shift, -n: the host has other numbers, guests see their own.
# needs: python3 guest
# timeout: 60
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

# Serves and asks itself by each way that there is: TCP and UDP, IPv4 and IPv6, connected or not.
cat >both.py <<'EOF2'
import socket, sys
port = int(sys.argv[1])
def addresses(family):
    return {socket.AF_INET: ("127.0.0.1", "0.0.0.0"), socket.AF_INET6: ("::1", "::")}[family]
for family in (socket.AF_INET, socket.AF_INET6):
    name, where = addresses(family)
    try:
        server = socket.socket(family, socket.SOCK_STREAM)
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.bind((name, port))
    except OSError as e:
        print("no IPv6" if family == socket.AF_INET6 else e); continue
    server.listen()
    client = socket.create_connection((name, port))
    peer, source = server.accept()
    print("told", server.getsockname()[1], client.getpeername()[1], peer.getsockname()[1],
          source[1] == client.getsockname()[1])
    datagrams = socket.socket(family, socket.SOCK_DGRAM)
    datagrams.bind((name, port))
    asks = socket.socket(family, socket.SOCK_DGRAM)
    asks.sendto(b"x", (name, port))
    asks.sendmsg([b"y"], [], 0, (name, port))
    data, source = datagrams.recvfrom(9)
    data2, _, _, source2 = datagrams.recvmsg(9)
    datagrams.sendto(b"z", source)
    data3, back = asks.recvfrom(9)
    asks2 = socket.socket(family, socket.SOCK_DGRAM)
    asks2.connect((name, port))
    asks2.send(b"w")
    print("datagrams", data, data2, source == source2, back[1], asks2.getpeername()[1], datagrams.recvmsg(9)[0])
EOF2
# A server of the host's: what it says, and to whom it listens.
cat >serve.py <<'EOF2'
import socket, sys
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1]))); s.listen(); print(s.getsockname()[1], flush=True)
while True:
    c, a = s.accept(); c.sendall(b"here"); c.close()
EOF2
ask='import socket, sys; c = socket.create_connection(("127.0.0.1", int(sys.argv[1]))); print(c.recv(9).decode(), c.getpeername()[1])'
# A port that is free here, not of those that the kernel gives out.
free_port() { python3 -c 'import random, socket
while True:
    p = random.randint(10000, 30000)
    try:
        for t in socket.SOCK_STREAM, socket.SOCK_DGRAM:
            for d in 0, 2000: s = socket.socket(socket.AF_INET, t); s.bind(("", p + d))
        print(p); break
    except OSError: pass'; }
under() { guest "${OPTIONS[@]}" -b "$PWD:/mnt" -- "${CLEAN[@]}" "$@"; }

in=$(free_port) out=$(free_port)
native_says=$(python3 both.py "$in") || { echo "no sockets here"; exit 77; }
for OPTIONS in "-p $in:$out" "--publish $out:$in" "-n" "-p 1:2 -p $in:$out/tcp" "-p $in:$out -0" "-p $in:$out --no-agent" \
	"-p $in:$out --debug=no-seccomp"; do
	read -r -a OPTIONS <<<"$OPTIONS"
	expect 0 "$native_says" under python3 /mnt/both.py "$in"
done

# The host finds a guest's server at the other number, and so does a guest of another session.
OPTIONS=(-p "$in:$out")
"$PR" -r "$GUEST" -b /proc -b /dev -b "$PWD:/mnt" -p "$in:$out" -- python3 /mnt/serve.py "$in" >said &
server=$!
wait_for grep -q "$in" said
expect 0 "here $out" python3 -c "$ask" "$out"
expect 1 '*Connection refused*' python3 -c "$ask" "$in"
expect 0 "here $in" under python3 -c "$ask" "$in"
kill $server
wait $server 2>/dev/null

# Below 1024 nobody but root may bind; what nobody has bound is the host's own.
if ! python3 both.py 801 2>/dev/null | grep -q told; then
	wanted=$(sed "s/$in/801/g" <<<"$native_says")
	for OPTIONS in -p --port-shift "--port-shift=3000"; do
		expect 0 "$wanted" guest "$OPTIONS" -b "$PWD:/mnt" -- python3 /mnt/both.py 801
	done
fi
python3 serve.py "$out" >said2 &
server=$!
wait_for grep -q "$out" said2
OPTIONS=(-n)
expect 0 "here $out" under python3 -c "$ask" "$out"
OPTIONS=(-p "$out:$in")
expect 1 '*Connection refused*' under python3 -c "$ask" "$out"
kill $server

expect_line 125 "pr: 'x:1' is no pair of ports*" "$PR" -r / --port=x:1 true
expect_line 125 '*given twice*' "$PR" -r / -p 1:2 -p 1:3 true
expect_line 125 '*--port-shift*from 1023*' "$PR" -r / --port-shift=5 true
expect_line 125 '*port mapping*' "$PR" --engine userns -r / -p 1:2 true
exit 0
