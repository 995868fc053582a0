#!/bin/bash
# strace in the guest prints what it prints in a real chroot; with LONG=1 gdb and ltrace where they are there.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

[ -x "$GUEST/usr/bin/strace" ] || { echo "no strace in the guest"; exit 77; }

# Numbers, addresses and times are each run's own; two threads' lines come in any order.
cat >neat <<'S'
sed -E 's/^[0-9]+ +//; s/0x[0-9a-f]+/ADDR/g; s/[0-9]{4,}/N/g; s/getrandom\(.*/getrandom/; s/si_[us]time=[0-9]+.*/TIME/;
	s/si_uid=[0-9N]+/UID/; s/stx_attributes=[A-Z_0]+/ATTRIBUTES/; s/ +=/ =/' "$@"
S
# A file for each process, in the order of their births.
cat >run <<'S'
d=$(mktemp -d)
strace -ff -o "$d/t" "$@" >/dev/null 2>&1
echo "status $?"
for t in $(ls -v "$d"); do
	sh /mnt/neat "$d/$t"
done
rm -r "$d"
S
cat >attached <<'S'
sleep 2 &
sleep 0.3
strace -o /tmp/trace.$$ -p $! 2>/dev/null
wait $!
echo "status $?"
sh /mnt/neat /tmp/trace.$$
rm -f /tmp/trace.$$
S

same sh /mnt/run cat /etc/hostname
same sh /mnt/run sh -c 'cd /usr/lib && exec readlink /proc/self/cwd'
same sh /mnt/run -e trace=file,process,signal sh -c 'ls / >&2; kill -USR1 $$'
same sh /mnt/run -e inject=openat:error=EXDEV:when=3 true
same sh /mnt/run --seccomp-bpf -e trace=%file cat /etc/hostname /nowhere
same sh /mnt/attached

# A tracer that is killed leaves what it traced.
cat >killed <<'S'
sleep 1 & p=$!
strace -o /dev/null -p $p 2>/dev/null & s=$!
sleep 0.3
kill -KILL $s
wait $p
echo "sleep $?"
S
same sh /mnt/killed

# What stands in a stop does not keep the session from its end.
expect 0 "" guest sh -c 'sleep 100 & strace -o /dev/null -p $! 2>/dev/null & sleep 0.3; kill -STOP $!'

[ "${LONG-}" = 1 ] || exit 0
if [ -x "$GUEST/usr/bin/ltrace" ]; then
	same sh -c 'ltrace -o /tmp/l.$$ echo hello; grep -c . /tmp/l.$$; rm /tmp/l.$$'
fi
[ -x "$GUEST/usr/bin/gdb" ] || exit 0
cat >threads.c <<'S'
#include <pthread.h>
static int sum;
static void leaf(int n) { sum += n; }
static void *work(void *p) { leaf((int)(long)p); return 0; }
int main(void)
{
	pthread_t t;

	for (long i = 1; i < 4; i++) {
		pthread_create(&t, 0, work, (void *)i);
		pthread_join(t, 0);
	}
	return sum;
}
S
cat >commands <<'S'
set pagination off
set debuginfod enabled off
break leaf
run
bt 2
next
stepi
info threads
continue
print sum
finish
delete
continue
S
cat >debug <<'S'
gdb -nx -batch -x /mnt/commands /tmp/threads 2>&1 | sed -E 's/0x[0-9a-f]+/ADDR/g; s/(LWP|process) [0-9]+/N/g; s/expected=[0-9]+/E/' |
	grep -v '^\['
S
native gcc -g -O0 -o /tmp/threads /mnt/threads.c -pthread || exit 99
same sh /mnt/debug
native rm /tmp/threads
