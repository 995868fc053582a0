// SPDX-License-Identifier: MIT
/* Who may do what: a row per rule of the kernel's, each with who asks, what it is, and the answer. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>

#include "ident/dac.h"

#define CAP(name) (UINT64_C(1) << CAP_##name)
#define NONE 0

/* The ids of the rows: the file's owner and group, and those of somebody else. */
enum { OWNER = 10, GROUP = 20, OTHER = 30, MEMBER = 40 };

/* MEMBER is in GROUP by a supplementary group. */
static struct cred *who(uint32_t uid, uint64_t caps)
{
	static uint32_t group[] = { GROUP };
	struct cred *c = cred_new(NULL, uid, uid == OWNER ? OTHER : uid, &cred_limits_newest);

	c->effective = c->permitted = caps;
	if (uid == MEMBER) {
		c->groups = group;
		c->group_count = 1;
	}
	return c;
}

static struct owner file(uint32_t mode)
{
	return (struct owner){ .uid = OWNER, .gid = GROUP, .mode = mode };
}

static struct dac_inode inode(uint32_t mode)
{
	return (struct dac_inode){ .owner = file(mode) };
}

#define REG S_IFREG
#define DIR S_IFDIR
#define R DAC_READ
#define W DAC_WRITE
#define X DAC_EXEC

static const struct {
	uint32_t uid;
	uint64_t caps;
	uint32_t mode;
	unsigned mask;
	int want;
} permissions[] = {
	/* one class is asked, and no other */
	{ OWNER, NONE, REG | 0700, R | W | X, 0 },
	{ OWNER, NONE, REG | 0077, R, -EACCES },
	{ OWNER, NONE, REG | 0477, W, -EACCES },
	{ OWNER, NONE, REG | 0400, R | W, -EACCES },
	{ GROUP, NONE, REG | 0070, R | W | X, 0 },
	{ GROUP, NONE, REG | 0707, R, -EACCES },
	{ MEMBER, NONE, REG | 0040, R, 0 },
	{ MEMBER, NONE, REG | 0706, R, -EACCES },
	{ OTHER, NONE, REG | 0007, R | W | X, 0 },
	{ OTHER, NONE, REG | 0770, R, -EACCES },
	{ OTHER, NONE, REG | 0774, X, -EACCES },
	{ 0, NONE, REG | 0770, R, -EACCES }, /* it is not the uid that opens doors */
	{ OTHER, NONE, REG | 0, 0, 0 },
	/* CAP_DAC_OVERRIDE: all but the exec of what nobody may execute */
	{ OTHER, CAP(DAC_OVERRIDE), REG | 0, R | W, 0 },
	{ OTHER, CAP(DAC_OVERRIDE), REG | 0, X, -EACCES },
	{ OTHER, CAP(DAC_OVERRIDE), REG | 0666, R | X, -EACCES },
	{ OTHER, CAP(DAC_OVERRIDE), REG | 0100, R | W | X, 0 },
	{ OTHER, CAP(DAC_OVERRIDE), REG | 0010, X, 0 },
	{ OTHER, CAP(DAC_OVERRIDE), DIR | 0, R | W | X, 0 },
	/* CAP_DAC_READ_SEARCH: files are read, directories read and searched */
	{ OTHER, CAP(DAC_READ_SEARCH), REG | 0, R, 0 },
	{ OTHER, CAP(DAC_READ_SEARCH), REG | 0, W, -EACCES },
	{ OTHER, CAP(DAC_READ_SEARCH), REG | 0, R | W, -EACCES },
	{ OTHER, CAP(DAC_READ_SEARCH), REG | 0110, X, -EACCES },
	{ OTHER, CAP(DAC_READ_SEARCH), REG | 0111, R | X, -EACCES },
	{ OTHER, CAP(DAC_READ_SEARCH), DIR | 0, R | X, 0 },
	{ OTHER, CAP(DAC_READ_SEARCH), DIR | 0, W | X, -EACCES },
	{ OTHER, CAP(FOWNER), REG | 0, R, -EACCES },
};

START_TEST(mode_and_capabilities)
{
	struct cred *c = who(permissions[_i].uid, permissions[_i].caps);
	struct dac_inode i = inode(permissions[_i].mode);

	ck_assert_int_eq(dac_permission(c, &i, permissions[_i].mask), permissions[_i].want);
	talloc_free(c);
}
END_TEST

START_TEST(access_asks_for_real_ids)
{
	struct cred *c = who(OTHER, CAP(DAC_OVERRIDE));
	struct cred real;

	c->uid = OWNER;
	c->gid = GROUP;
	real = dac_access_cred(c);
	ck_assert_uint_eq(real.fsuid, OWNER);
	ck_assert_uint_eq(real.fsgid, GROUP);
	ck_assert_uint_eq(real.effective, 0);
	c->securebits = SECBIT_NO_SETUID_FIXUP;
	ck_assert_uint_eq(dac_access_cred(c).effective, CAP(DAC_OVERRIDE));
	/* a set-id program started by root, which gave up its effective set */
	c->securebits = 0;
	c->uid = 0;
	c->effective = 0;
	ck_assert_uint_eq(dac_access_cred(c).effective, CAP(DAC_OVERRIDE));
	talloc_free(c);
}
END_TEST

START_TEST(above_it_all)
{
	struct cred *c = who(OTHER, CAP(DAC_OVERRIDE) | CAP(FOWNER));

	ck_assert(dac_is_above(c));
	c->effective = CAP(DAC_OVERRIDE); /* sticky directories */
	ck_assert(!dac_is_above(c));
	c->effective = CAP(FOWNER) | CAP(DAC_READ_SEARCH);
	ck_assert(!dac_is_above(c));
	talloc_free(c);
}
END_TEST

#define SAME ((uint32_t)-1)

static const struct {
	uint32_t asks;
	uint64_t caps;
	uint32_t mode;
	uint32_t uid, gid; /* asked for */
	int want;
	uint32_t want_mode;
} chowns[] = {
	{ OWNER, NONE, REG | 0644, OWNER, GROUP, 0, REG | 0644 },
	{ OWNER, NONE, REG | 0644, SAME, SAME, 0, REG | 0644 },
	{ OWNER, NONE, REG | 0644, OTHER, SAME, -EPERM, 0 },
	{ OWNER, NONE, REG | 0644, SAME, OTHER, 0, REG | 0644 }, /* its fsgid */
	{ OWNER, NONE, REG | 0644, SAME, 77, -EPERM, 0 },
	{ MEMBER, NONE, REG | 0644, SAME, GROUP, -EPERM, 0 },
	{ MEMBER, NONE, REG | 0644, OWNER, SAME, -EPERM, 0 },
	{ OTHER, CAP(CHOWN), REG | 0644, 77, 78, 0, REG | 0644 },
	{ OTHER, CAP(FOWNER), REG | 0644, 77, SAME, -EPERM, 0 },
	/* nobody asks who changes nothing, but set-id bits go and that is a change of mode */
	{ OTHER, NONE, REG | 0644, SAME, SAME, 0, REG | 0644 },
	{ OTHER, NONE, REG | 04755, SAME, SAME, -EPERM, 0 },
	{ OWNER, NONE, REG | 04755, SAME, SAME, 0, REG | 0755 },
	{ OWNER, NONE, REG | 06755, SAME, OTHER, 0, REG | 0755 },
	{ OTHER, CAP(CHOWN), REG | 04755, 77, SAME, -EPERM, 0 },
	{ OTHER, CAP(CHOWN) | CAP(FOWNER), REG | 04755, 77, SAME, 0, REG | 0755 },
	/* S_ISGID without group x is for mandatory locks: it stays for whom it may */
	{ OWNER, NONE, REG | 02745, SAME, OTHER, 0, REG | 0745 },
	{ 0, CAP(CHOWN) | CAP(FOWNER) | CAP(FSETID), REG | 02745, 77, 78, 0, REG | 02745 },
	{ 0, CAP(CHOWN) | CAP(FOWNER) | CAP(FSETID), REG | 02775, 77, 78, 0, REG | 0775 },
	{ 0, CAP(CHOWN), DIR | 06755, 77, 78, 0, DIR | 06755 },
};

START_TEST(change_of_owner)
{
	struct cred *c = who(chowns[_i].asks, chowns[_i].caps);
	struct owner o = file(chowns[_i].mode), got;
	int r = dac_may_chown(c, &o, chowns[_i].uid, chowns[_i].gid, &got);

	ck_assert_int_eq(r, chowns[_i].want);
	if (r == 0) {
		ck_assert_uint_eq(got.mode, chowns[_i].want_mode);
		ck_assert_uint_eq(got.uid, chowns[_i].uid == SAME ? OWNER : chowns[_i].uid);
		ck_assert_uint_eq(got.gid, chowns[_i].gid == SAME ? GROUP : chowns[_i].gid);
	}
	talloc_free(c);
}
END_TEST

static const struct {
	uint32_t asks;
	uint64_t caps;
	uint32_t mode, asked;
	int want;
	uint32_t want_mode;
} chmods[] = {
	{ OWNER, NONE, REG | 0644, 0600, 0, REG | 0600 },
	{ OWNER, NONE, DIR | 0644, 0777, 0, DIR | 0777 },
	{ OWNER, NONE, REG | 0644, 04711, 0, REG | 04711 },
	{ OWNER, NONE, REG | 0644, S_IFDIR | 01600, 0, REG | 01600 },
	{ OWNER, NONE, REG | 0644, 02755, 0, REG | 0755 }, /* not in the group */
	{ OWNER, NONE, DIR | 0644, 02755, 0, DIR | 0755 },
	{ OWNER, CAP(FSETID), REG | 0644, 02755, 0, REG | 02755 },
	{ MEMBER, NONE, REG | 0644, 0600, -EPERM, 0 },
	{ MEMBER, CAP(FOWNER), REG | 0644, 02600, 0, REG | 02600 },
	{ OTHER, CAP(FOWNER), REG | 0644, 06755, 0, REG | 04755 },
	{ OTHER, CAP(DAC_OVERRIDE), REG | 0666, 0600, -EPERM, 0 },
};

START_TEST(change_of_mode)
{
	struct cred *c = who(chmods[_i].asks, chmods[_i].caps);
	struct owner o = file(chmods[_i].mode), got;
	int r = dac_may_chmod(c, &o, chmods[_i].asked, &got);

	ck_assert_int_eq(r, chmods[_i].want);
	if (r == 0)
		ck_assert_uint_eq(got.mode, chmods[_i].want_mode);
	talloc_free(c);
}
END_TEST

static const struct {
	uint32_t asks;
	uint64_t caps;
	uint32_t mode;
	enum dac_times which;
	int want;
} times[] = {
	{ OWNER, NONE, REG | 0, DAC_TIMES_NOW, 0 },
	{ OWNER, NONE, REG | 0, DAC_TIMES_GIVEN, 0 },
	{ GROUP, NONE, REG | 0020, DAC_TIMES_NOW, 0 },
	{ GROUP, NONE, REG | 0020, DAC_TIMES_GIVEN, -EPERM },
	{ OTHER, NONE, REG | 0644, DAC_TIMES_NOW, -EACCES },
	{ OTHER, CAP(DAC_OVERRIDE), REG | 0644, DAC_TIMES_NOW, 0 },
	{ OTHER, CAP(DAC_OVERRIDE), REG | 0644, DAC_TIMES_GIVEN, -EPERM },
	{ OTHER, CAP(FOWNER), REG | 0644, DAC_TIMES_GIVEN, 0 },
};

START_TEST(change_of_times)
{
	struct cred *c = who(times[_i].asks, times[_i].caps);
	struct dac_inode i = inode(times[_i].mode);

	ck_assert_int_eq(dac_may_set_times(c, &i, times[_i].which), times[_i].want);
	talloc_free(c);
}
END_TEST

static const struct {
	uint32_t asks;
	uint64_t caps;
	uint32_t dir_mode; /* OWNER's, as the entry is OTHER's */
	int want;
} deletes[] = {
	{ OWNER, NONE, 0700, 0 },	{ OWNER, NONE, 0500, -EACCES },
	{ OWNER, NONE, 0600, -EACCES }, { OTHER, NONE, 0777, 0 },
	{ OTHER, NONE, 0775, -EACCES }, { OTHER, NONE, 01777, 0 },
	{ OWNER, NONE, 01777, 0 },	{ MEMBER, NONE, 0777, 0 },
	{ MEMBER, NONE, 01777, -EPERM }, { MEMBER, NONE, 01757, -EACCES },
	{ MEMBER, CAP(DAC_OVERRIDE), 01700, -EPERM },
	{ MEMBER, CAP(FOWNER), 01777, 0 }, { MEMBER, CAP(FOWNER), 01700, -EACCES },
};

START_TEST(removal_of_entries)
{
	struct cred *c = who(deletes[_i].asks, deletes[_i].caps);
	struct dac_inode dir = inode(DIR | deletes[_i].dir_mode);
	struct owner victim = { .uid = OTHER, .gid = OTHER, .mode = REG };

	ck_assert_int_eq(dac_may_delete(c, &dir, &victim), deletes[_i].want);
	talloc_free(c);
}
END_TEST

static const struct {
	uint32_t asks;
	uint64_t caps;
	uint32_t mode;
	int want;
} links[] = {
	{ OWNER, NONE, REG | 0, 0 },
	{ OWNER, NONE, S_IFCHR | 0, 0 },
	{ MEMBER, NONE, REG | 0660, 0 },
	{ MEMBER, NONE, REG | 0640, -EPERM },
	{ OTHER, NONE, REG | 0666, 0 },
	{ OTHER, NONE, REG | 04666, -EPERM },
	{ OTHER, NONE, REG | 02676, -EPERM },
	{ OTHER, NONE, REG | 02666, 0 },
	{ OTHER, NONE, S_IFIFO | 0666, -EPERM },
	{ OTHER, CAP(DAC_OVERRIDE), REG | 0, 0 },
	{ OTHER, CAP(DAC_OVERRIDE), REG | 04000, -EPERM },
	{ OTHER, CAP(FOWNER), REG | 04000, 0 },
};

START_TEST(protected_hard_links)
{
	struct cred *c = who(links[_i].asks, links[_i].caps);
	struct dac_inode i = inode(links[_i].mode);
	struct dac_sysctls on = { .hardlinks = 1 }, off = { 0 };

	ck_assert_int_eq(dac_may_link(c, &i, &on), links[_i].want);
	ck_assert_int_eq(dac_may_link(c, &i, &off), 0);
	talloc_free(c);
}
END_TEST

static const struct {
	uint32_t asks;
	uint32_t dir_uid, dir_mode;
	int want;
} follows[] = {
	{ OTHER, 0, 01777, -EACCES },
	{ 0, 0, 01777, -EACCES }, /* root above all */
	{ OWNER, 0, 01777, 0 },
	{ OTHER, OWNER, 01777, 0 },
	{ OTHER, 0, 0777, 0 },
	{ OTHER, 0, 01775, 0 },
};

START_TEST(protected_symbolic_links)
{
	struct cred *c = who(follows[_i].asks, ~UINT64_C(0));
	struct owner dir = { .uid = follows[_i].dir_uid, .mode = DIR | follows[_i].dir_mode };
	struct owner link = file(S_IFLNK | 0777);
	struct dac_sysctls on = { .symlinks = 1 }, off = { 0 };

	ck_assert_int_eq(dac_may_follow(c, &dir, &link, &on), follows[_i].want);
	ck_assert_int_eq(dac_may_follow(c, &dir, &link, &off), 0);
	talloc_free(c);
}
END_TEST

static const struct {
	uint32_t asks;
	uint32_t dir_uid, dir_mode, mode;
	unsigned level;
	int want;
} reuses[] = {
	{ OTHER, 0, 01777, REG, 0, 0 },
	{ OTHER, 0, 01777, REG, 1, -EACCES },
	{ 0, 0, 01777, REG, 1, -EACCES },
	{ OWNER, 0, 01777, REG, 2, 0 },
	{ OTHER, OWNER, 01777, REG, 2, 0 },
	{ OTHER, 0, 0777, REG, 2, 0 },
	{ OTHER, 0, 01770, REG, 1, 0 },
	{ OTHER, 0, 01770, REG, 2, -EACCES },
	{ OTHER, 0, 01770, S_IFIFO, 2, -EACCES },
	{ OTHER, 0, 01777, S_IFIFO, 1, -EACCES },
	{ OTHER, 0, 01777, S_IFIFO, 0, 0 },
	{ OTHER, 0, 01777, S_IFCHR, 0, -EACCES },
	{ OTHER, 0, 01770, S_IFCHR, 2, 0 },
};

START_TEST(protected_files)
{
	struct cred *c = who(reuses[_i].asks, ~UINT64_C(0));
	struct owner dir = { .uid = reuses[_i].dir_uid, .mode = DIR | reuses[_i].dir_mode };
	struct owner o = file(reuses[_i].mode);
	struct dac_sysctls sys = { .fifos = reuses[_i].level, .regular = reuses[_i].level };

	ck_assert_int_eq(dac_may_reuse(c, &dir, &o, &sys), reuses[_i].want);
	talloc_free(c);
}
END_TEST

static const struct {
	uint32_t asks;
	uint64_t caps;
	uint32_t mode;
	int flags;
	int want;
} opens[] = {
	{ OTHER, NONE, REG | 0644, O_RDONLY, 0 },
	{ OTHER, NONE, REG | 0644, O_WRONLY, -EACCES },
	{ OTHER, NONE, REG | 0642, O_WRONLY, 0 },
	{ OTHER, NONE, REG | 0642, O_RDWR, -EACCES },
	{ OTHER, NONE, REG | 0644, O_ACCMODE, -EACCES },
	{ OTHER, NONE, REG | 0644, O_RDONLY | O_TRUNC, -EACCES },
	{ OTHER, NONE, S_IFIFO | 0644, O_RDONLY | O_TRUNC, -EACCES },
	{ OTHER, NONE, REG | 0644, O_RDONLY | O_APPEND, 0 },
	{ OTHER, NONE, REG | 0644, O_RDONLY | O_NOATIME, -EPERM },
	{ OTHER, NONE, REG | 0640, O_RDONLY | O_NOATIME, -EACCES },
	{ OTHER, CAP(FOWNER), REG | 0644, O_RDONLY | O_NOATIME, 0 },
	{ OWNER, NONE, REG | 0400, O_RDONLY | O_NOATIME, 0 },
	{ OWNER, NONE, REG | 0111, O_RDONLY, -EACCES },
};

START_TEST(opens_by_flags)
{
	struct cred *c = who(opens[_i].asks, opens[_i].caps);
	struct dac_inode i = inode(opens[_i].mode);

	ck_assert_int_eq(dac_may_open(c, &i, opens[_i].flags), opens[_i].want);
	talloc_free(c);
}
END_TEST

static const struct {
	uint32_t asks;
	uint64_t caps;
	uint32_t mode;
	const char *name;
	int read, write;
} xattrs[] = {
	{ OTHER, NONE, REG | 0644, "user.x", 0, -EACCES },
	{ OTHER, NONE, REG | 0642, "user.x", -EACCES, 0 },
	{ OWNER, NONE, REG | 0600, "user.x", 0, 0 },
	{ OWNER, NONE, S_IFIFO | 0600, "user.x", -ENODATA, -EPERM },
	{ 0, ~UINT64_C(0), S_IFLNK | 0777, "user.x", -ENODATA, -EPERM },
	{ OTHER, NONE, DIR | 0777, "user.x", 0, 0 },
	{ OTHER, NONE, DIR | 01777, "user.x", 0, -EPERM },
	{ OWNER, NONE, DIR | 01777, "user.x", 0, 0 },
	{ OTHER, CAP(FOWNER), DIR | 01777, "user.x", 0, 0 },
	{ OTHER, NONE, REG | 0, "security.capability", 0, -EPERM },
	{ OTHER, CAP(SETFCAP), REG | 0, "security.capability", 0, 0 },
	{ OTHER, CAP(SETFCAP), REG | 0, "security.ima", 0, -EPERM },
	{ OTHER, CAP(SYS_ADMIN), REG | 0, "security.ima", 0, 0 },
	{ OWNER, NONE, REG | 0777, "trusted.x", -ENODATA, -EPERM },
	{ OTHER, CAP(SYS_ADMIN), REG | 0, "trusted.x", 0, 0 },
	{ OTHER, NONE, REG | 0777, "system.posix_acl_access", 0, -EPERM },
	{ OWNER, NONE, REG | 0, "system.posix_acl_access", 0, 0 },
	{ OTHER, NONE, REG | 0644, "other.x", 0, -EACCES },
};

START_TEST(extended_attributes)
{
	struct cred *c = who(xattrs[_i].asks, xattrs[_i].caps);
	struct dac_inode i = inode(xattrs[_i].mode);

	ck_assert_int_eq(dac_may_xattr(c, &i, xattrs[_i].name, R), xattrs[_i].read);
	ck_assert_int_eq(dac_may_xattr(c, &i, xattrs[_i].name, W), xattrs[_i].write);
	talloc_free(c);
}
END_TEST

static Suite *suite_of(void)
{
	Suite *s = suite_create("ident_dac");

	unit_add_rows(s, "permission", mode_and_capabilities, ROWS(permissions));
	unit_add(s, "access", access_asks_for_real_ids);
	unit_add(s, "above", above_it_all);
	unit_add_rows(s, "chown", change_of_owner, ROWS(chowns));
	unit_add_rows(s, "chmod", change_of_mode, ROWS(chmods));
	unit_add_rows(s, "times", change_of_times, ROWS(times));
	unit_add_rows(s, "delete", removal_of_entries, ROWS(deletes));
	unit_add_rows(s, "link", protected_hard_links, ROWS(links));
	unit_add_rows(s, "follow", protected_symbolic_links, ROWS(follows));
	unit_add_rows(s, "reuse", protected_files, ROWS(reuses));
	unit_add_rows(s, "open", opens_by_flags, ROWS(opens));
	unit_add_rows(s, "xattr", extended_attributes, ROWS(xattrs));
	return s;
}

UNIT_MAIN(suite_of)
