#!/bin/bash
# -k: the kernel that guests are told of, by uname, in /proc and in the auxiliary vector.
# needs: gcc setarch uname
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

under() { "$PR" "${OPTIONS[@]}" -r / -w "$PWD" -- "$@"; }

host=$(uname -r)
OPTIONS=(-k 5.4.321-x)
expect 0 5.4.321-x under uname -r
expect 0 "$(uname -snvm)" under uname -snvm
expect 0 5.4.321-x under cat /proc/sys/kernel/osrelease
expect 0 "$(sed "s|$host|5.4.321-x|" /proc/version)" under cat /proc/version
expect 0 "$(cat /proc/sys/kernel/version)" under cat /proc/sys/kernel/version
# Names relative to a directory in /proc, and by a descriptor.
# shellcheck disable=SC2016 # for the guest's shell
expect 0 '5.4.321-x
5.4.321-x' under sh -c 'cd /proc/sys/kernel && cat osrelease && exec 3</proc/self/cwd/osrelease && cat <&3'
# Who has asked for a kernel of 2.6 has one still.
if setarch --uname-2.6 uname -r >/dev/null 2>&1; then
	expect 0 2.6.64-x under setarch --uname-2.6 uname -r
	OPTIONS=(-k 3.16.2)
	expect 0 2.6.56 under setarch --uname-2.6 uname -r
	OPTIONS=(-k 2.4.1)
	expect 0 2.4.1 under setarch --uname-2.6 uname -r
fi

# All names, and the vector; nothing that was not asked for is changed.
OPTIONS=('--kernel-release=\Sys\node\1.2\#3 four\vax\domain\0x50\')
expect 0 'Sys node 1.2 #3 four vax' under uname -snrvm
expect 0 'Sys version 1.2 (*) #3 four' under cat /proc/version
expect 0 'Sys
node
1.2
#3 four
domain' under sh -c 'cd /proc/sys/kernel; cat ostype hostname osrelease version domainname'
[ ! -e /proc/sys/kernel/arch ] || expect 0 vax under cat /proc/sys/kernel/arch

cat >vector.c <<'EOF'
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856
#endif

static void show(const char *name, const unsigned long *v, long n)
{
	printf("%s", name);
	for (; n > 0 && v[0]; v += 2, n -= 2 * (long)sizeof(*v))
		if (v[0] == AT_HWCAP || v[0] == AT_HWCAP2)
			printf(" %lu=%lx", v[0], v[1]);
	printf("\n");
}

int main(int argc, char **argv, char **envp)
{
	unsigned long v[200] = { 0 };
	FILE *f = fopen("/proc/self/auxv", "r");
	long n = (long)fread(v, 1, sizeof(v), f);

	printf("platform %s\n", (const char *)getauxval(AT_PLATFORM));
	(void)argc, (void)argv;
	while (*envp++)
		;
	/* getauxval(3) has capabilities of its own on some machines */
	show("memory", (const unsigned long *)envp, sizeof(v));
	show("file", v, n);
	if ((n = prctl(PR_GET_AUXV, v, sizeof(v), 0, 0)) > 0)
		show("prctl", v, n);
	return 0;
}
EOF
gcc -o vector vector.c || exit 99
gcc -static -o vector-static vector.c || exit 99
gcc -m32 -o vector-32 vector.c 2>/dev/null || rm -f vector-32
gcc -m32 -static -o vector-static-32 vector.c 2>/dev/null || rm -f vector-static-32
for program in vector vector-static vector-32 vector-static-32; do
	[ -e $program ] || continue
	own=$(./$program)
	for more in "" -0 --no-agent --debug=no-seccomp; do
		OPTIONS=(-k '\\\\\vax\\0x50,0x60\' ${more:+"$more"})
		# shellcheck disable=SC2001 # more than one
		expect 0 "$(sed 's/^platform .*/platform vax/; s/16=[0-9a-f]*/16=50/g; s/26=[0-9a-f]*/26=60/g' \
			<<<"$own")" under ./$program
		OPTIONS=(-k 5.4 ${more:+"$more"})
		expect 0 "$own" under ./$program
	done
done

# The guest's root gives names of its own, to each UTS namespace.
OPTIONS=(-0 -k '\\box\5.4\')
expect 0 'box 5.4
inner 5.4
inner
outer
box' under sh -c 'uname -nr; unshare -u sh -c "hostname inner; uname -nr;
	cat /proc/sys/kernel/hostname"; echo outer; uname -n'

expect_line 125 '*engine userns cannot give -k*' "$PR" --engine=userns -k 5.4 -r / true
expect 0 5.4 "$PR" --engine=auto -k 5.4 -r / uname -r
expect_line 125 '*64 bytes*' "$PR" -k "$(printf '%065d' 0)" -r / true
