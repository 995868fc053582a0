#!/bin/bash
# System V IPC of the session's own: its tools, pr exec, hosts without it, sandboxes; LONG=1: postgres.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

own() { guest --sysvipc "$@"; }

# ---- util-linux' tools, and what lives on behind a process

cat >tools.sh <<'EOF'
ipcmk -M 5000 -p 600 && ipcmk -S 3 && ipcmk -Q
ipcs | awk '/^0x/ { print NF, $2, $4, $5 }'
ipcs -m -i 0 | grep -c bytes=5000
awk 'FNR > 1 { n++ } END { print n }' /proc/sysvipc/shm /proc/sysvipc/sem /proc/sysvipc/msg
cat /proc/sys/kernel/sem
ipcrm -m 0 -s 0 -q 0
ipcs | grep -c ^0x
EOF
want='Shared memory id: 0
Semaphore id: 0
Message queue id: 0
6 0 644 0
6 0 600 5000
5 0 644 3
1
3
32000	1024000	500	32000
0'
got=$(own -b "$PWD:/mnt" sh /mnt/tools.sh 2>&1)
[ "$got" = "$want" ] || { diff <(echo "$want") <(echo "$got"); fail "the tools say something else"; }

# ---- of one session: its pr exec has it, another has not

own --name "ipc-$$" sh -c 'ipcmk -M 100 >/dev/null; sleep 60' &
session=$!
wait_for "$PR" exec "ipc-$$" sh -c 'ipcs -m | grep -q ^0x'
got=$(own sh -c 'ipcs -m | grep -c ^0x')
[ "$got" = 0 ] || fail "another session sees $got segments"
kill $session
wait $session

# ---- a host that has none: by itself

if [ "$(uname -m)" = x86_64 ]; then
	gcc -O1 -o refuse "$TOP/tests/refuse.c" || exit 99
	# semget(2), ENOSYS: what is asked at the start
	got=$(./refuse 64 38 "$PR" -r "$GUEST" -b /proc -w / sh -c 'ipcmk -M 100; ipcs -m | grep -c ^0x')
	[ "$got" = "Shared memory id: 0
1" ] || fail "without System V IPC on the host: $got"
fi

# ---- a sandbox maps its segments, too

cat >map.py <<'EOF'
import ctypes
c = ctypes.CDLL(None, use_errno=True)
c.shmat.restype = ctypes.c_void_p
at = c.shmat(c.shmget(0, 4096, 0o600), None, 0)
ctypes.memmove(at, b"text", 5)
assert ctypes.string_at(at) == b"text"
EOF
own --sandbox -b "$PWD:/mnt" python3 /mnt/map.py || fail "in a sandbox"

# ---- postgres, with nothing but System V shared memory

[ "${LONG-}" = 1 ] || exit 0
bin=$(dirname "$(readlink -f "$(command -v postgres)")")
[ -x "$bin/initdb" ] && command -v pgbench >/dev/null || { echo "no postgres"; exit 77; }
cat >postgres.sh <<EOF
set -e
"$bin/initdb" -D data --no-sync -A trust
printf '%s\n' 'shared_memory_type = sysv' 'dynamic_shared_memory_type = sysv' >>data/postgresql.conf
"$bin/pg_ctl" -D data -o "-k \$PWD -h ''" -w -l log start
pgbench -h "\$PWD" -i -q postgres
pgbench -h "\$PWD" -c 4 -j 2 -T 5 postgres
"$bin/pg_ctl" -D data -m fast stop
[ "\$(ipcs | grep -c ^0x)" = 0 ]
EOF
echo "pg:x:$(id -u):$(id -g)::/:/bin/sh" >passwd
"$PR" --sysvipc -r / -b "$PWD/passwd:/etc/passwd" -w "$PWD" bash postgres.sh >postgres.out 2>&1 ||
	{ tail -n 20 postgres.out log; fail "postgres"; }
