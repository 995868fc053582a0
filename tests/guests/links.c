// SPDX-License-Identifier: MIT
/*
 * readlink: the stored bytes of ordinary links whatever they point to, buffer sizes, st_size of
 * links; and the links of /proc that speak of this process.
 *
 * binds: @/data:/mnt/data @/file:/mnt/file
 */
#include "guest.h"

static const char *const texts[] = {
	"f", "/tmp/f", "/", "..", "../..", "./f", "f/", "//tmp//f", "/mnt/data/file", "/missing/x",
	"/proc/self/exe", "a/../b/./c", "/mnt", "x y\tz", "\xff\xfe",
};

static void ordinary(void)
{
	struct stat st;
	char buf[64];

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		unlink("l");
		make_link(texts[i], "l");
		show_link("l");
		SHOW(lstat("l", &st));
		printf("  size %lld\n", (long long)st.st_size);
		memset(buf, '#', sizeof(buf));
		SHOW(readlink("l", buf, 3));
		printf("  %.5s\n", buf);
	}
	SHOW(symlink("inner", "/mnt/data/l"));
	show_link("/mnt/data/l");
	SHOW(symlink("/mnt/data/../../abs", "/mnt/data/m"));
	show_link("/mnt/data/m");
	SHOW(readlink("l", buf, 0));
	SHOW(readlink("l", buf, -1));
	SHOW(readlink("f", buf, sizeof(buf)));
	SHOW(readlink(".", buf, sizeof(buf)));
	SHOW(readlink("l/", buf, sizeof(buf)));
	SHOW(readlink("missing", buf, sizeof(buf)));
	SHOW(readlink("l", (char *)8, 64));
}

static void of_fd(const char *what, int fd)
{
	char name[64], text[256];
	ssize_t n;

	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	n = readlink(name, text, sizeof(text) - 1);
	printf("%s: %.*s", what, (int)strcspn((text[n < 0 ? 0 : n] = '\0', text), "0123456789["), text);
	printf("%s (%zd)\n", strstr(text, "(deleted)") ? " (deleted)" : "", strchr(text, '[') ? 0 : n);
	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	SHOW_AS(readlink(name, text, 4), "  by /dev/fd");
	close(fd);
}

static void descriptors(void)
{
	int p[2], fd;

	of_fd("file", open("f", O_RDONLY));
	of_fd("dir", open("/tmp", O_RDONLY));
	of_fd("root", open("/", O_PATH));
	of_fd("in a bind", open("/mnt/data/inner/file", O_RDONLY));
	of_fd("a bind", open("/mnt/data", O_RDONLY));
	of_fd("bound file", open("/mnt/file", O_RDONLY));
	of_fd("link", open("l", O_PATH | O_NOFOLLOW));
	of_fd("proc", open("/proc/version", O_RDONLY));
	of_fd("memfd", syscall(SYS_memfd_create, "name", 0));
	of_fd("socket", syscall(SYS_eventfd2, 0, 0));
	NEED(pipe(p) == 0);
	of_fd("pipe", p[0]);
	make_file("/tmp/deleted", "x");
	fd = open("/tmp/deleted", O_RDONLY);
	unlink("/tmp/deleted");
	of_fd("deleted", fd);
	make_file("/tmp/renamed", "x");
	fd = open("/tmp/renamed", O_RDONLY);
	rename("/tmp/renamed", "/mnt/renamed");
	of_fd("renamed", fd);
	fd = open("/tmp", O_TMPFILE | O_RDWR, 0600);
	of_fd("tmpfile", fd);
	SHOW(readlink("/proc/self/fd/99", (char[8]){ "" }, 8));
	SHOW(readlink("/proc/self/fd/x", (char[8]){ "" }, 8));
}

static void sizes_of_proc(void)
{
	char buf[256];
	struct stat st;

	for (size_t size = 1; size < 12; size += 5)
		SHOW_AS(readlink("/proc/self/exe", buf, size), "exe into %zu", size);
	SHOW(readlink("/proc/self/exe", buf, sizeof(buf)));
	SHOW(readlink("/proc/self/exe", NULL, sizeof(buf)));
	SHOW(readlink("/proc/self/exe", buf, 0));
	SHOW(lstat("/proc/self/exe", &st));
	printf("  type %o\n", st.st_mode & S_IFMT);
	SHOW(stat("/proc/self/exe", &st));
	printf("  type %o\n", st.st_mode & S_IFMT);
	SHOW(readlink("/proc/self/cwd/f", buf, sizeof(buf)));
	SHOW(readlink("/proc/self/root/tmp/l", buf, sizeof(buf)));
}

int main(void)
{
	NEED(chdir("/tmp") == 0);
	make_file("f", "f\n");
	symlink("/proc/self/fd", "/dev/fd");
	ordinary();
	descriptors();
	sizes_of_proc();
	return 0;
}
