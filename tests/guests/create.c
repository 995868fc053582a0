// SPDX-License-Identifier: MIT
/*
 * Making, removing and renaming entries: the last component's own rules. O_CREAT through dangling
 * links, O_EXCL, and what mkdir, rmdir, rename, link, symlink and unlink say of "x/", ".", "..".
 *
 * timeout: 60
 */
#include "guest.h"

static void look(const char *name)
{
	struct stat st;

	if (lstat(name, &st) < 0)
		printf("  %s: %s\n", name, err_name(errno));
	else
		printf("  %s: %o links %d\n", name, st.st_mode,
		       S_ISDIR(st.st_mode) ? 0 : (int)st.st_nlink);
}

static void open_creat(const char *path, int flags)
{
	int fd = SHOW_AS(open(path, O_CREAT | O_CLOEXEC | flags, 0640), "open %s creat|%#o", path,
			 flags);

	if (fd >= 0)
		close(fd);
}

static void creat_through_links(void)
{
	make_dir("d");
	make_link("new1", "dangling");
	open_creat("dangling", O_WRONLY);
	look("new1");
	make_link("d/new2", "into-d");
	open_creat("into-d", O_RDWR);
	look("d/new2");
	make_link("no/such", "nowhere");
	open_creat("nowhere", O_WRONLY);
	make_link("new3/", "slash");
	open_creat("slash", O_WRONLY);
	open_creat("dangling/", O_WRONLY);
	open_creat("d/", O_WRONLY);
	open_creat("d", O_RDONLY);
	open_creat("d/.", O_RDONLY);
	open_creat("new4/", O_RDONLY);
	open_creat("into-d", O_EXCL | O_WRONLY);
	make_link("new5", "dangling5");
	open_creat("dangling5", O_EXCL | O_WRONLY);
	open_creat("dangling5", O_NOFOLLOW | O_WRONLY);
	look("new5");
	make_link("chain2", "chain1");
	make_link("d/../chain3", "chain2");
	make_link("/tmp/d/end", "chain3");
	open_creat("chain1", O_WRONLY);
	look("d/end");
	open_creat("plain", O_WRONLY | O_EXCL);
	open_creat("plain", O_WRONLY | O_EXCL);
	open_creat("plain/x", O_WRONLY);
	open_creat("..", O_WRONLY);
	open_creat("/", O_WRONLY);
}

static void mkdirs(void)
{
	static const char *const paths[] = { "m", "m/", "m/.", "m/..", "m/n/", "m/n//", "m/x/.",
					     "m/x/..", ".", "..", "/", "plain", "plain/", "plain/x",
					     "dangling6", "dangling6/", "to-m", "to-m/", "to-m/k" };

	make_link("m6", "dangling6");
	make_link("m", "to-m");
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		SHOW_AS(mkdir(paths[i], 0755), "mkdir %s", paths[i]);
	look("m6");
	look("m/k");
}

static void rmdirs(void)
{
	static const char *const paths[] = { "m", "m/.", "m/..", "m/n/..", ".", "..", "/", "plain",
					     "plain/", "to-m", "to-m/", "to-m/.", "dangling6",
					     "dangling6/", "m/k/", "to-m/n", "missing", "missing/",
					     "m/", "m" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		SHOW_AS(rmdir(paths[i]), "rmdir %s", paths[i]);
	look("m");
	look("to-m");
}

static void unlinks(void)
{
	static const char *const paths[] = { "d", "d/", "d/.", "d/..", ".", "..", "/", "plain/",
					     "plain/x", "to-d", "to-d/", "missing", "missing/",
					     "dangling6/", "dangling6", "to-plain/", "to-plain",
					     "plain" };

	make_link("d", "to-d");
	make_link("plain", "to-plain");
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		SHOW_AS(unlink(paths[i]), "unlink %s", paths[i]);
	look("d");
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		SHOW_AS(unlinkat(AT_FDCWD, paths[i], AT_REMOVEDIR), "unlinkat dir %s", paths[i]);
}

static void fresh(void)
{
	static const char *const all[] = { "r", "s", "lr", "ls", "ld", "f", "g", "new", "hard" };

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		remove_all(all[i]);
	make_dir("r");
	make_dir("r/in");
	make_dir("s");
	make_file("f", "f\n");
	make_file("g", "g\n");
	make_link("r", "lr");
	make_link("f", "ls");
	make_link("gone", "ld");
}

static void renames(void)
{
	static const char *const names[] = { "r",  "r/", "r/.", "r/..", ".",  "..", "/",   "f",
					     "f/", "f/x", "s",	"s/",	"lr", "lr/", "ls", "ls/",
					     "ld", "ld/", "new", "new/", "r/in", "r/in/x", "no/x", "" };
	size_t n = sizeof(names) / sizeof(*names);

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			fresh();
			SHOW_AS(rename(names[i], names[j]), "rename %s %s", names[i], names[j]);
			if (i % 3 == 0)
				look(names[j]);
			for (int flag = 1; flag <= 2; flag++) {
				fresh();
				SHOW_AS(syscall(SYS_renameat2, AT_FDCWD, names[i], AT_FDCWD, names[j], flag),
					"renameat2 %s %s %d", names[i], names[j], flag);
			}
		}
}

static void links(void)
{
	static const char *const from[] = { "f", "f/", "r", "r/", "ls", "ls/", "lr", "lr/", "ld",
					    "ld/", "missing", ".", "..", "" };
	static const char *const to[] = { "new", "new/", "g", "s", "s/", "ls", "ld", "ld/", "r/new",
					  "r/new/", ".", "r/.", "r/..", "" };

	for (size_t i = 0; i < sizeof(from) / sizeof(*from); i++)
		for (size_t j = 0; j < sizeof(to) / sizeof(*to); j++) {
			fresh();
			SHOW_AS(link(from[i], to[j]), "link %s %s", from[i], to[j]);
			fresh();
			SHOW_AS(linkat(AT_FDCWD, from[i], AT_FDCWD, to[j], AT_SYMLINK_FOLLOW),
				"linkat follow %s %s", from[i], to[j]);
			look(from[i]);
		}
	for (size_t j = 0; j < sizeof(to) / sizeof(*to); j++) {
		fresh();
		SHOW_AS(symlink("/some/text/../with//slashes/", to[j]), "symlink %s", to[j]);
		show_link(to[j]);
		fresh();
		SHOW_AS(mknod(to[j], S_IFREG | 0640, 0), "mknod %s", to[j]);
	}
	SHOW(symlink("", "new-empty"));
}

static void modes(void)
{
	umask(027);
	SHOW(mkdir("mode", 07777));
	look("mode");
	SHOW(open("mode/f", O_CREAT | O_WRONLY, 06777));
	look("mode/f");
	SHOW(mknod("mode/fifo", S_IFIFO | 0777, 0));
	look("mode/fifo");
	SHOW(chmod("mode", 0));
	look("mode/f");
	SHOW(chmod("mode", 0700));
}

int main(void)
{
	NEED(chdir("/tmp") == 0);
	creat_through_links();
	mkdirs();
	rmdirs();
	unlinks();
	renames();
	links();
	modes();
	return 0;
}
