// SPDX-License-Identifier: MIT
/*
 * Code of a file that another file takes the place of between two calls from it, shared and writable:
 * what is called from must stay as it is in that file, whatever was known of the place a moment ago.
 *
 * arch: 64
 */
#include "sites.h"

enum { SIZE = 4096, TIMES = 50 };

typedef long access_call(const char *name, int mode);

static const unsigned char code[] = { 0x90, 0x90, 0x90, 0xb8, 0x15, 0, 0, 0, 0x0f, 0x05, 0xc3 };

static int make_code(const char *name)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	NEED(fd >= 0 && ftruncate(fd, SIZE) == 0);
	for (size_t at = 0; at + 64 <= SIZE; at += 64)
		NEED(pwrite(fd, code, sizeof(code), (off_t)at) == sizeof(code));
	return fd;
}

static int is_changed(int fd)
{
	unsigned char now[sizeof(code)];
	int changed = 0;

	for (size_t at = 0; at + 64 <= SIZE; at += 64)
		changed += pread(fd, now, sizeof(now), (off_t)at) != sizeof(now) ||
			   memcmp(now, code, sizeof(now)) != 0;
	return changed;
}

int main(void)
{
	int wrong = 0, changed = 0;

	for (int i = 0; i < TIMES; i++) {
		int fd = make_code("/tmp/private"), other = make_code("/tmp/shared");
		char *near = (char *)(((uintptr_t)make_code + 0x4000000 + i * 0x10000) & ~0xfffful);
		char *p = mmap(near, SIZE, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0);
		access_call *site = (access_call *)(p + 64);

		NEED(p != MAP_FAILED);
		wrong += site("/tmp/missing", F_OK) != -ENOENT;
		NEED(mmap(p, SIZE, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_SHARED | MAP_FIXED, other,
			  0) == p);
		wrong += site("/tmp/missing", F_OK) != -ENOENT;
		changed += is_changed(other);
		close(fd);
		close(other);
	}
	printf("%d wrong, %d changed\n", wrong, changed);
	return 0;
}
