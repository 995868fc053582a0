/* SPDX-License-Identifier: MIT */
/* Owner and mode of new inodes: rows by the kernel's rules, see birth.h. */
#include "ident/birth.h"

#include <linux/capability.h>
#include <sys/stat.h>
#include <talloc.h>

#include "unit.h"

enum { ME = 1000, MINE = 100, ALSO = 200, OTHERS = 300 };

enum who { ROOT, USER };

static const struct {
	enum who who;
	uint32_t dir_gid, dir_mode, mode, umask;
	uint32_t gid, want; /* uid is the maker's own, always */
} rows[] = {
	/* the umask takes permissions alone, S_ISVTX is mkdir's too */
	{ ROOT, OTHERS, 0755, S_IFREG | 0666, 022, 0, S_IFREG | 0644 },
	{ USER, OTHERS, 0777, S_IFREG | 0666, 0, MINE, S_IFREG | 0666 },
	{ USER, OTHERS, 0777, S_IFREG | 06777, 0777, MINE, S_IFREG | 06000 },
	{ USER, OTHERS, 0777, S_IFREG | 01666, 077, MINE, S_IFREG | 01600 },
	{ ROOT, OTHERS, 0777, S_IFDIR | 07777, 022, 0, S_IFDIR | 01755 },
	{ USER, OTHERS, 0777, S_IFIFO | 0666, 022, MINE, S_IFIFO | 0644 },
	{ USER, OTHERS, 0777, S_IFLNK, 0777, MINE, S_IFLNK | 0777 },
	/* a directory with S_ISGID gives its group, and S_ISGID to directories */
	{ ROOT, OTHERS, 02755, S_IFREG | 0666, 022, OTHERS, S_IFREG | 0644 },
	{ USER, OTHERS, 02777, S_IFREG | 0666, 022, OTHERS, S_IFREG | 0644 },
	{ USER, OTHERS, 02777, S_IFDIR | 0777, 022, OTHERS, S_IFDIR | 02755 },
	{ USER, OTHERS, 02777, S_IFLNK, 022, OTHERS, S_IFLNK | 0777 },
	/* there a set-group-id program is for who is in the group, or has CAP_FSETID */
	{ USER, OTHERS, 02777, S_IFREG | 02775, 0, OTHERS, S_IFREG | 0775 },
	{ USER, OTHERS, 02777, S_IFREG | 02775, 022, OTHERS, S_IFREG | 0755 },
	{ USER, ALSO, 02777, S_IFREG | 02775, 0, ALSO, S_IFREG | 02775 },
	{ USER, MINE, 02777, S_IFREG | 02775, 0, MINE, S_IFREG | 02775 },
	{ ROOT, OTHERS, 02777, S_IFREG | 02775, 0, OTHERS, S_IFREG | 02775 },
	/* asked by what the call wants, and not by what the umask leaves */
	{ USER, OTHERS, 02777, S_IFREG | 02775, 010, OTHERS, S_IFREG | 0765 },
	/* no program: mandatory locking, once */
	{ USER, OTHERS, 02777, S_IFREG | 02765, 0, OTHERS, S_IFREG | 02765 },
};

START_TEST(births)
{
	struct cred *c = rows[_i].who == ROOT ? cred_new(NULL, 0, 0, &cred_limits_newest) :
						cred_new(NULL, ME, MINE, &cred_limits_newest);
	const struct owner dir = { 5, rows[_i].dir_gid, S_IFDIR | rows[_i].dir_mode, 0, 0 };
	uint32_t groups[] = { ALSO };
	struct owner o;

	if (rows[_i].who == USER) {
		c->groups = groups;
		c->group_count = 1;
	}
	birth_owner(c, &dir, rows[_i].mode, rows[_i].umask, &o);
	ck_assert_uint_eq(o.uid, c->fsuid);
	ck_assert_uint_eq(o.gid, rows[_i].gid);
	ck_assert_msg(o.mode == rows[_i].want, "mode %o, not %o", o.mode, rows[_i].want);
	talloc_free(c);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("ident_birth");

	unit_add_rows(s, "births", births, ROWS(rows));
	return s;
}

UNIT_MAIN(suite)
