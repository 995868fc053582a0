// SPDX-License-Identifier: MIT
/*
 * Links, files and fifos of others in sticky directories: fs.protected_symlinks, _regular and
 * _fifos, as they are set on this host; proc_sys_fs(5). They bind root, too.
 * kind: identity
 */
#include "actors.h"

static struct stat st;
static char text[64];
static char title[32];

static void nothing(void)
{
}

static long do_stat(void) { return stat("/t/s/link", &st); }
static long stat_slash(void) { return stat("/t/s/link/", &st); }
static long through(void) { return stat("/t/s/link/f", &st); }
static long do_lstat(void) { return lstat("/t/s/link", &st); }
static long do_readlink(void) { return readlink("/t/s/link", text, sizeof(text)); }
static long do_open(void) { return shut(open("/t/s/link", O_RDONLY)); }
static long by_link(void) { return stat("/t/s/to-link", &st); }
static long from_outside(void) { return stat("/t/to-link", &st); }
static long creat_file(void) { return shut(open("/t/s/file", O_WRONLY | O_CREAT, 0600)); }
static long open_file(void) { return shut(open("/t/s/file", O_WRONLY)); }
static long creat_fifo(void) { return shut(open("/t/s/fifo", O_RDWR | O_CREAT, 0600)); }
static long creat_linked(void) { return shut(open("/t/s/to-f", O_RDWR | O_CREAT, 0600)); }

static long enter(void)
{
	long r = chdir("/t/s/link");

	return chdir("/") < 0 ? -1 : r;
}

static const struct attempt attempts[] = {
	{ "stat", do_stat },	     { "stat /", stat_slash },	  { "through", through },
	{ "lstat", do_lstat },	     { "readlink", do_readlink }, { "open", do_open },
	{ "by link", by_link },	     { "outside", from_outside }, { "chdir", enter },
	{ "creat", creat_file },     { "open w", open_file },	  { "fifo", creat_fifo },
	{ "creat link", creat_linked },
};

static void own(const char *name, uid_t uid)
{
	need(lchown(name, uid, FILE_GID) == 0, name);
}

static void make(uid_t dir_uid, unsigned mode)
{
	remove_all("/t/s");
	make_dir("/t/s");
	make_file("/t/s/file", "text");
	need(mkfifo("/t/s/fifo", 0666) == 0, "mkfifo");
	make_link("/t/d", "/t/s/link");
	make_link("/t/d/f", "/t/s/to-f");
	make_link("link", "/t/s/to-link");
	need(chmod("/t/s/file", 0666) == 0 && chmod("/t/s/fifo", 0666) == 0, "chmod");
	own("/t/s/file", FILE_UID);
	own("/t/s/fifo", FILE_UID);
	own("/t/s/link", FILE_UID);
	own("/t/s/to-f", FILE_UID);
	own("/t/s/to-link", 30);
	own("/t/s", dir_uid);
	need(chmod("/t/s", mode) == 0, "/t/s");
}

int main(void)
{
	static const uid_t owners[] = { 0, FILE_UID, 50 };
	static const unsigned modes[] = { 01777, 0777, 01775, 01770 };

	make_dir("/t");
	make_dir("/t/d");
	make_file("/t/d/f", "text");
	need(chmod("/t/d/f", 0666) == 0, "chmod");
	make_link("s/link", "/t/to-link");
	for (int i = 0; i < 12; i++) {
		make(owners[i / 4], modes[i % 4]);
		snprintf(title, sizeof(title), "%u %04o", owners[i / 4], modes[i % 4]);
		SHOW_ATTEMPTS(title, nothing, attempts);
	}
	return 0;
}
