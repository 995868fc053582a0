// SPDX-License-Identifier: MIT
/* A view told as mounts of a made-up host. */
#include "syscall/procmounts.h"

#include <string.h>

#include "path/view.h"
#include "unit.h"

static const char host[] =
	"22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw,errors=continue\n"
	"23 22 0:21 / /proc rw,nosuid - proc proc rw\n"
	"24 22 0:5 / /dev rw - devtmpfs udev rw,size=4k\n"
	"25 24 0:22 / /dev/pts rw,noexec master:3 - devpts devpts rw,mode=620\n"
	"26 22 8:2 /sub /mnt/a\\040b ro,nodev - xfs /dev/my\\040disk ro\n"
	"broken line\n"
	"27 22 0:33 / /mnt/a\\040b/in rw - tmpfs none rw\n";

#define BIND(g, h, f)                                                       \
	{ .guest = { g }, .host = { h }, .guest_len = sizeof(g) - 1,        \
	  .host_len = sizeof(h) - 1, .flags = f }

static struct bind binds[] = {
	BIND("/", "/srv/root", 0),
	BIND("/data", "/mnt/a b/x", BIND_RO),
	BIND("/dev", "/dev", 0),
	BIND("/dev/shm", "/tmp", BIND_NOEXEC),
	BIND("/made", "/session/made", BIND_SKELETON),
	BIND("/made/a b", "/mnt/a b", BIND_UNLISTED),
	BIND("/proc", "/proc", 0),
};

static const struct view view = { .binds = binds, .count = sizeof(binds) / sizeof(binds[0]) };

static const struct {
	enum mounts_form form;
	const char *text;
} rows[] = {
	{ MOUNTS_PLAIN, "/dev/sda1 / ext4 rw,relatime,errors=continue 0 0\n"
			"/dev/my\\040disk /data xfs ro,nodev 0 0\n"
			"udev /dev devtmpfs rw,size=4k 0 0\n"
			"devpts /dev/pts devpts rw,noexec,mode=620 0 0\n"
			"/dev/sda1 /dev/shm ext4 rw,relatime,noexec,errors=continue 0 0\n"
			"/dev/my\\040disk /made/a\\040b xfs ro,nodev 0 0\n"
			"none /made/a\\040b/in tmpfs rw 0 0\n"
			"proc /proc proc rw,nosuid 0 0\n" },
	{ MOUNTS_INFO, "2 1 8:1 /srv/root / rw,relatime - ext4 /dev/sda1 rw,errors=continue\n"
		       "3 2 8:2 /sub/x /data ro,nodev - xfs /dev/my\\040disk ro\n"
		       "4 2 0:5 / /dev rw - devtmpfs udev rw,size=4k\n"
		       "5 4 0:22 / /dev/pts rw,noexec - devpts devpts rw,mode=620\n"
		       "6 4 8:1 /tmp /dev/shm rw,relatime,noexec - ext4 /dev/sda1 "
		       "rw,errors=continue\n"
		       "7 2 8:2 /sub /made/a\\040b ro,nodev - xfs /dev/my\\040disk ro\n"
		       "8 7 0:33 / /made/a\\040b/in rw - tmpfs none rw\n"
		       "9 2 0:21 / /proc rw,nosuid - proc proc rw\n" },
	{ MOUNTS_STATS, "device /dev/sda1 mounted on / with fstype ext4\n"
			"device /dev/my\\040disk mounted on /data with fstype xfs\n"
			"device udev mounted on /dev with fstype devtmpfs\n"
			"device devpts mounted on /dev/pts with fstype devpts\n"
			"device /dev/sda1 mounted on /dev/shm with fstype ext4\n"
			"device /dev/my\\040disk mounted on /made/a\\040b with fstype xfs\n"
			"device none mounted on /made/a\\040b/in with fstype tmpfs\n"
			"device proc mounted on /proc with fstype proc\n" },
};

START_TEST(forms)
{
	char *text;
	size_t size;
	FILE *in = fmemopen((void *)(uintptr_t)host, sizeof(host) - 1, "r");
	FILE *out = open_memstream(&text, &size);

	ck_assert_int_eq(procmounts_write(&view, NULL, in, rows[_i].form, out), 0);
	fclose(in);
	fclose(out);
	ck_assert_str_eq(text, rows[_i].text);
	free(text);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("syscall_procmounts");

	unit_add_rows(s, "forms", forms, ROWS(rows));
	return s;
}

UNIT_MAIN(suite)
