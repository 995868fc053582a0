#!/bin/bash
# The whole command line of proot-distro, and the one of udocker, run a Debian guest unchanged.
# needs: guest
# timeout: 60
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

ln -s "$PR" proot
mkdir empty shm
chmod 1777 shm
echo '0.12 0.07 0.02 2/165 765' >loadavg
echo 'cpu  1957 0 2877 93280 262 342 254 87 0 0' >stat
echo '124.08 932.80' >uptime
echo 'Linux version 6.17.0-PRoot-Distro' >version
echo 'nr_free_pages 1743136' >vmstat
echo 40 >cap_last_cap
echo 65534 >overflow
echo 524288 >max_user_watches

cat >inside.sh <<'S'
uname -srm; hostname; id -u; id -g; pwd
cat /proc/loadavg /proc/stat /proc/uptime /proc/version /proc/vmstat /proc/sys/kernel/cap_last_cap \
	/proc/sys/kernel/overflowuid /proc/sys/fs/inotify/max_user_watches
ls -A /sys/fs/selinux; stat -c '%a' /dev/shm
echo a >/dev/shm/x; cat /dev/shm/x; rm /dev/shm/x
echo in | cat /dev/stdin; echo out >/dev/stdout; echo err >/dev/stderr; test -e /dev/fd/0 && head -c1 /dev/random | wc -c
cd /tmp; rm -rf links; mkdir links; cd links; echo 1 >a; ln a b; stat -c '%h %F' a b; rm a; cat b; cd ..; rm -r links
touch owned; chown 33:33 owned; stat -c '%u:%g' owned; rm owned
python3 - <<'P'
import ctypes, socket
libc = ctypes.CDLL(None, use_errno=True)
print(libc.shmget(0, 4096, 0o1600) >= 0)
s = socket.socket(); s.bind(("127.0.0.1", 799)); print(s.getsockname()[1])
P
S
fakes=()
for f in loadavg stat uptime version vmstat; do fakes+=("--bind=$PWD/$f:/proc/$f"); done
expect 0 'Linux 6.17.0-PRoot-Distro '"$(uname -m)"'
localhost
0
0
/root
0.12 0.07 0.02 2/165 765
cpu  1957 0 2877 93280 262 342 254 87 0 0
124.08 932.80
Linux version 6.17.0-PRoot-Distro
nr_free_pages 1743136
40
65534
524288
1777
a
in
out
err
1
2 regular file
2 regular file
1
33:33
True
799' ./proot --kill-on-exit --link2symlink --sysvipc \
	"--kernel-release=\\Linux\\localhost\\6.17.0-PRoot-Distro\\#1 SMP PREEMPT_DYNAMIC\\$(uname -m)\\localdomain\\-1\\" \
	-L -p --change-id=0:0 "--rootfs=$GUEST" --cwd=/root --bind=/dev --bind=/proc --bind=/sys \
	--bind=/dev/urandom:/dev/random --bind=/proc/self/fd:/dev/fd --bind=/proc/self/fd/0:/dev/stdin \
	--bind=/proc/self/fd/1:/dev/stdout --bind=/proc/self/fd/2:/dev/stderr "${fakes[@]}" \
	"--bind=$PWD/cap_last_cap:/proc/sys/kernel/cap_last_cap" "--bind=$PWD/overflow:/proc/sys/kernel/overflowuid" \
	"--bind=$PWD/overflow:/proc/sys/kernel/overflowgid" \
	"--bind=$PWD/max_user_watches:/proc/sys/fs/inotify/max_user_watches" "--bind=$PWD/empty:/sys/fs/selinux" \
	"--bind=$PWD/shm:/dev/shm" "--bind=$PWD:/mnt" \
	/usr/bin/env -i HOME=/root LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	TERM=xterm TMPDIR=/tmp /bin/bash -l /mnt/inside.sh

# udocker's modes P1 and P2.
for mode in 0 1; do
	expect 0 '0
5.4.0
/tmp
udocker' env PROOT_NO_SECCOMP=$mode ./proot -0 -k 5.4.0 -p 80:8080 -r "$GUEST" -w /tmp -b /dev -b /proc -b "$PWD:/data" \
		--kill-on-exit /bin/sh -c 'id -u; uname -r; pwd; cd /data && echo udocker >f && cat f'
done

# What it refuses says why.
expect_line 125 '*-P x.py: there are no extensions in Python here*' ./proot -P x.py -r / true
exit 0
