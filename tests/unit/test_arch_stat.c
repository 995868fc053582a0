/* SPDX-License-Identifier: MIT */
/*
 * struct stat of each ABI against the kernel's own: the same file by the ABI's call and by statx(2)
 * and us must be the same bytes, or the same EOVERFLOW.
 */
#include "arch/stat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "unit.h"

enum { I386_OLDSTAT = 18, I386_STAT = 106, I386_STAT64 = 195 };

static const char big[] = "/tmp/pr-unit-stat-big";

static const char *const files[] = {
	"/", "/dev/null", "/dev/tty", "/etc/passwd", "/proc/self", "/proc/version", "/sys", "/tmp", big,
};

#ifndef MAP_32BIT
#define MAP_32BIT 0 /* no 32-bit calls from 64-bit code */
#endif

/* Strings and structures for 32-bit calls lie low. */
static char *low;

static void setup(void)
{
	int fd = open(big, O_RDWR | O_CREAT | O_CLOEXEC, 0640);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, 5000000000), 0);
	close(fd);
	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	ck_assert_ptr_ne(low, MAP_FAILED);
}

static void teardown(void)
{
	unlink(big);
	munmap(low, 4096);
}

#if defined(__x86_64__)
static long call_i386(long nr, const char *name, void *buf)
{
	snprintf(low, 256, "%s", name);
	__asm__ volatile("int $0x80"
			 : "+a"(nr)
			 : "b"(low), "c"(buf)
			 : "memory", "cc", "r8", "r9", "r10", "r11");
	return nr;
}
#endif

/* `said`: what the kernel's own call returned, its structure in `theirs`. */
static void compare(unsigned word_bytes, enum stat_form form, const char *name, long said,
		    const void *theirs)
{
	char ours[STAT_BYTES_LIMIT];
	struct statx st;
	int n;

	ck_assert_int_eq(statx(AT_FDCWD, name, 0, STATX_BASIC_STATS, &st), 0);
	n = arch_stat_write(word_bytes, form, &st, ours);
	ck_assert_msg((said < 0 ? said : 0) == (n < 0 ? n : 0), "%s form %d: kernel %ld, we %d",
		      name, form, said, n);
	if (n >= 0)
		ck_assert_msg(memcmp(ours, theirs, (size_t)n) == 0, "%s form %d: other bytes", name,
			      form);
}

START_TEST(native)
{
	char st[STAT_BYTES_LIMIT];
	long r;

	memset(st, 0, sizeof(st));
#if defined(SYS_newfstatat)
	r = syscall(SYS_newfstatat, AT_FDCWD, files[_i], st, 0);
	compare(8, STAT_NEW, files[_i], r, st);
#else
	r = syscall(SYS_fstatat64, AT_FDCWD, files[_i], st, 0);
	compare(4, STAT_64, files[_i], r < 0 ? -errno : r, st);
	memset(st, 0, sizeof(st));
	r = syscall(SYS_stat, files[_i], st);
	compare(4, STAT_NEW, files[_i], r < 0 ? -errno : r, st);
#endif
}
END_TEST

#if defined(__x86_64__)
START_TEST(i386)
{
	static const struct {
		long nr;
		enum stat_form form;
	} calls[] = { { I386_OLDSTAT, STAT_OLD }, { I386_STAT, STAT_NEW }, { I386_STAT64, STAT_64 } };
	void *theirs = low + 2048;

	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		memset(theirs, 0, STAT_BYTES_LIMIT);
		long r = call_i386(calls[i].nr, files[_i], theirs);

		if (r != -ENOSYS)
			compare(4, calls[i].form, files[_i], r, theirs);
	}
}
END_TEST
#endif

#if defined(__x86_64__)
#define stat_write_narrow stat_write_i386
enum { NARROW_64 = 96 };
#else
#define stat_write_narrow stat_write_arm
enum { NARROW_64 = 104 };
#endif

/* What no file at hand has: ids, links and inodes that are too large. */
START_TEST(limits)
{
	struct statx st = { .stx_mode = S_IFREG | 0644, .stx_nlink = 1, .stx_ino = 7,
			    .stx_uid = 65536, .stx_gid = 65535 };
	char buf[STAT_BYTES_LIMIT];
	uint16_t ids[2];

	ck_assert_int_eq(stat_write_narrow(STAT_NEW, &st, buf), 64);
	memcpy(ids, buf + 12, sizeof(ids));
	ck_assert_uint_eq(ids[0], 65534);
	ck_assert_uint_eq(ids[1], 65535);
	st.stx_nlink = 65536;
	ck_assert_int_eq(stat_write_narrow(STAT_NEW, &st, buf), -EOVERFLOW);
	ck_assert_int_eq(stat_write_narrow(STAT_64, &st, buf), NARROW_64);
	st.stx_nlink = 1;
	st.stx_ino = UINT64_C(1) << 32;
	ck_assert_int_eq(stat_write_narrow(STAT_NEW, &st, buf), -EOVERFLOW);
#if defined(__x86_64__)
	ck_assert_int_eq(stat_write_narrow(STAT_OLD, &st, buf), -EOVERFLOW);
#else
	ck_assert_int_eq(stat_write_narrow(STAT_OLD, &st, buf), -ENOSYS);
#endif
	ck_assert_int_eq(stat_write_narrow(STAT_64, &st, buf), NARROW_64);
}
END_TEST

static Suite *suite(void)
{
	TCase *t = tcase_create("stat");
	Suite *s = suite_create("arch_stat");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, native, 0, ROWS(files));
#if defined(__x86_64__)
	tcase_add_loop_test(t, i386, 0, ROWS(files));
#endif
	tcase_add_test(t, limits);
	suite_add_tcase(s, t);
	return s;
}

UNIT_MAIN(suite)
