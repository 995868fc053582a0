// SPDX-License-Identifier: MIT
/*
 * Owners of links, asked for again and again from the same places: as they are made, given away by
 * the process itself and by a child, renamed, removed and made anew.
 *
 * kind: identity
 * dirs: /tmp/l
 * arch: 64 32 dyn
 */
#include "sites.h"

enum { TIMES = 60 };

static int wrong;

static void expect(const char *what, const char *name, uid_t uid, gid_t gid)
{
	struct statx st = { 0 };
	struct stat again = { 0 };

	for (int i = 0; i < 3; i++) {
		long r = site_statx(AT_FDCWD, name, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &st);
		int s = lstat(name, &again);

		if (r == 0 && s == 0 && S_ISLNK(st.stx_mode) && st.stx_uid == uid &&
		    st.stx_gid == gid && again.st_uid == uid && again.st_gid == gid)
			continue;
		if (wrong++ < 10)
			printf("%s: %ld %d, %u:%u and %u:%u for %u:%u\n", what, r, s, st.stx_uid,
			       st.stx_gid, again.st_uid, again.st_gid, uid, gid);
	}
}

static void by_child(uid_t uid, gid_t gid)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(lchown("/tmp/l/a", uid, gid) != 0);
	finish("child", pid);
}

int main(void)
{
	NEED(chdir("/tmp/l") == 0);
	for (int i = 0; i < TIMES; i++) {
		NEED(symlink("nowhere", "a") == 0);
		expect("made", "/tmp/l/a", 0, 0);
		NEED(lchown("a", 5, 6) == 0);
		expect("given away", "/tmp/l/a", 5, 6);
		NEED(rename("a", "b") == 0);
		expect("renamed", "b", 5, 6);
		NEED(symlink("elsewhere", "a") == 0);
		expect("another", "a", 0, 0);
		by_child(7, 0);
		expect("by a child", "a", 7, 0);
		NEED(lchown("a", 0, 0) == 0);
		expect("taken back", "a", 0, 0);
		NEED(unlink("a") == 0 && unlink("b") == 0);
	}
	printf("%d wrong\n", wrong);
	return 0;
}
