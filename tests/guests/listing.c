// SPDX-License-Identifier: MIT
/*
 * Directory listings with binds over nothing in them: by readdir, by getdents64 and getdents with
 * tiny and large buffers, after seekdir, rewinddir and dup; removed and recreated entries.
 *
 * dirs: /tmp/many
 * binds: @/data:/tmp/many/bound @/file:/tmp/many/boundfile @/other:/new/deep/here @/ro:/new/second:ro @/data:/tmp/data
 */
#include "guest.h"

#include <dirent.h>

struct dirent_64 {
	uint64_t ino;
	int64_t off;
	uint16_t reclen;
	uint8_t type;
	char name[];
};

enum { MOST = 600 };

static char *names[MOST];
static int count;

static void add(const char *name, int type)
{
	char text[300];

	snprintf(text, sizeof(text), "%s %d", name, type);
	NEED(count < MOST);
	names[count++] = strdup(text);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The order of a directory is its file system's own affair. */
static void show_names(const char *what, bool all)
{
	printf("%s: %d entries\n", what, count);
	qsort(names, count, sizeof(*names), by_name);
	for (int i = 0; i < count; i++) {
		if (all)
			printf("  %s\n", names[i]);
		if (i && strcmp(names[i], names[i - 1]) == 0)
			printf("  twice: %s\n", names[i]);
		if (i)
			free(names[i - 1]);
	}
	count = 0;
}

static void by_getdents64(const char *dir, size_t size, bool all)
{
	char buf[32768] __attribute__((aligned(8))), what[128];
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	long n;

	while ((n = syscall(SYS_getdents64, fd, buf, size)) > 0)
		for (char *p = buf; p < buf + n; p += ((struct dirent_64 *)p)->reclen) {
			add(((struct dirent_64 *)p)->name, ((struct dirent_64 *)p)->type);
			if (((struct dirent_64 *)p)->ino == 0)
				printf("inode 0 for %s\n", ((struct dirent_64 *)p)->name);
		}
	snprintf(what, sizeof(what), "getdents64 %s by %zu: %s", dir, size, n < 0 ? err_name(errno) : "ok");
	show_names(what, all);
	SHOW(syscall(SYS_getdents64, fd, buf, sizeof(buf)));
	close(fd);
}

#ifdef SYS_getdents
struct dirent_old {
	unsigned long ino;
	unsigned long off;
	unsigned short reclen;
	char name[];
};

static void by_getdents(const char *dir, size_t size)
{
	char buf[32768] __attribute__((aligned(8)));
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	long n;

	while ((n = syscall(SYS_getdents, fd, buf, size)) > 0)
		for (char *p = buf; p < buf + n; p += ((struct dirent_old *)p)->reclen) {
			struct dirent_old *d = (void *)p;

			add(d->name, p[d->reclen - 1]);
		}
	show_names("getdents", true);
	close(fd);
}
#endif

#ifdef SYS_readdir
struct dirent_oldest {
	unsigned long ino;
	unsigned long off;
	unsigned short name_len;
	char name[256];
};

/* One entry a call, and no types. */
static void by_old_readdir(const char *dir)
{
	struct dirent_oldest d;
	int fd = open(dir, O_RDONLY | O_DIRECTORY);

	for (int pass = 0; pass < 2; pass++) {
		while (syscall(SYS_readdir, fd, &d, 1) == 1) {
			d.name[d.name_len] = '\0';
			add(d.name, 0);
		}
		show_names("old readdir", pass == 0);
		lseek(fd, 0, SEEK_SET);
	}
	close(fd);
}
#endif

static void by_readdir(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	char seen[300] = "";
	long at = 0;

	for (int i = 0; (e = readdir(d)); i++) {
		add(e->d_name, e->d_type);
		if (i == 3)
			at = telldir(d);
		if (i == 4)
			snprintf(seen, sizeof(seen), "%s", e->d_name);
	}
	show_names(dir, true);
	if (seen[0]) {
		seekdir(d, at);
		e = readdir(d);
		printf("after seekdir: %s\n", e && strcmp(e->d_name, seen) == 0 ? "same" : "other");
	}
	rewinddir(d);
	while ((e = readdir(d)))
		add(e->d_name, e->d_type);
	show_names("rewound", false);
	closedir(d);
}

/* Every position told is a position to come back to. */
static void tell_and_seek(const char *dir)
{
	DIR *d = opendir(dir);
	static long places[MOST];
	static char *found[MOST];
	struct dirent *e;
	int n = 0, wrong = 0;

	for (places[0] = telldir(d); (e = readdir(d)); places[++n] = telldir(d))
		found[n] = strdup(e->d_name);
	for (int i = n - 1; i >= 0; i--) {
		seekdir(d, places[i]);
		e = readdir(d);
		wrong += !e || strcmp(e->d_name, found[i]) != 0;
	}
	seekdir(d, places[n]);
	printf("tell and seek %s: %d entries, %d wrong, end %s\n", dir, n, wrong,
	       readdir(d) ? "not kept" : "kept");
	closedir(d);
}

static void shared_offset(void)
{
	char buf[80] __attribute__((aligned(8)));
	int fd = open("/tmp/many", O_RDONLY | O_DIRECTORY), other = dup(fd), n = 0;
	long r;

	for (int i = 0; (r = syscall(SYS_getdents64, i % 2 ? other : fd, buf, sizeof(buf))) > 0; i++)
		for (char *p = buf; p < buf + r; p += ((struct dirent_64 *)p)->reclen)
			add(((struct dirent_64 *)p)->name, 0), n++;
	show_names("two descriptors, one offset", false);
	NEED(lseek(fd, 0, SEEK_SET) == 0);
	for (n = 0; (r = syscall(SYS_getdents64, other, buf, sizeof(buf))) > 0;)
		for (char *p = buf; p < buf + r; p += ((struct dirent_64 *)p)->reclen)
			n++;
	printf("after lseek: %d\n", n);
	close(fd);
	close(other);
}

static void errors(void)
{
	char buf[512];
	int fd = open("/tmp/many", O_RDONLY), file = open("/tmp/f", O_RDONLY), path = open("/tmp", O_PATH);
	int gone;

	SHOW(syscall(SYS_getdents64, fd, buf, (size_t)0));
	SHOW(syscall(SYS_getdents64, fd, buf, (size_t)10));
	SHOW(syscall(SYS_getdents64, fd, NULL, sizeof(buf)));
	SHOW(syscall(SYS_getdents64, file, buf, sizeof(buf)));
	SHOW(syscall(SYS_getdents64, path, buf, sizeof(buf)));
	SHOW(syscall(SYS_getdents64, 99, buf, sizeof(buf)));
	make_dir("/tmp/gone");
	gone = open("/tmp/gone", O_RDONLY);
	rmdir("/tmp/gone");
	SHOW(syscall(SYS_getdents64, gone, buf, sizeof(buf)));
	close(gone);
	close(fd);
	close(file);
	close(path);
}

int main(void)
{
	/* The smallest that hold the longest name of /new and of /tmp/many come first. */
	static const size_t sizes[] = { 32, 48, 64, 80, 100, 256, 4096, 32768 };
	char name[300];

	make_file("/tmp/f", "f\n");
	for (int i = 0; i < 400; i++) {
		snprintf(name, sizeof(name), "/tmp/many/file-with-a-longish-name-%04d", i);
		make_file(name, "");
	}
	make_dir("/tmp/many/dir");
	make_link("x", "/tmp/many/link");
	for (size_t i = 2; i < sizeof(sizes) / sizeof(*sizes); i++)
		by_getdents64("/tmp/many", sizes[i], sizes[i] == 4096);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++)
		by_getdents64("/new", sizes[i], true);
	by_getdents64("/new/deep", 32768, true);
	by_getdents64("/tmp/many/bound", 32768, true);
#ifdef SYS_getdents
	by_getdents("/new", 4096);
	by_getdents("/new", 40);
#endif
#ifdef SYS_readdir
	by_old_readdir("/new");
	by_old_readdir("/mnt");
#endif
	by_readdir("/");
	by_readdir("/tmp");
	by_readdir("/new");
	by_readdir("/new/deep/here");
	by_readdir("/mnt");
	by_readdir("/tmp/data");
	tell_and_seek("/tmp/many");
	tell_and_seek("/new");
	tell_and_seek("/");
	shared_offset();
	errors();
	return 0;
}
