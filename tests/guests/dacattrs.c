// SPDX-License-Identifier: MIT
/*
 * Who may do what to a file's extended attributes, by name space; and what an access control list
 * lets whom.
 * kind: identity
 */
#include "actors.h"

#include <sys/xattr.h>

#define F "/t/f"

static unsigned mode;
static bool is_dir;
static char title[32], byte;

static void make_object(void)
{
	remove_all(F);
	if (is_dir)
		make_dir(F);
	else
		make_file(F, "text");
	need(setxattr(F, "user.a", "1", 1, 0) == 0, "setxattr");
	need(chown(F, FILE_UID, FILE_GID) == 0 && chmod(F, mode) == 0, F);
}

static long set_attr(void) { return setxattr(F, "user.a", "2", 1, 0); }
static long get_attr(void) { return getxattr(F, "user.a", &byte, 1); }
static long get_none(void) { return getxattr(F, "user.b", &byte, 1); }
static long remove_attr(void) { return removexattr(F, "user.a"); }
static long set_cap(void)
{
	const uint32_t caps[5] = { 0x02000000, 1 << 10 }; /* VFS_CAP_REVISION_2, NET_BIND_SERVICE */

	return setxattr(F, "security.capability", caps, sizeof(caps), 0);
}


/* A user namespace's root may not, pr's may. */
static long set_trusted(void)
{
	return geteuid() ? setxattr(F, "trusted.a", "", 0, 0) : 0;
}
static long list_attrs(void) { return listxattr(F, NULL, 0) < 0 ? -1 : 0; }

static const struct attempt attempts[] = {
	{ "setxattr", set_attr }, { "getxattr", get_attr }, { "getxattr b", get_none },
	{ "removexattr!", remove_attr }, { "set cap!", set_cap }, { "set trusted!", set_trusted },
	{ "list", list_attrs },
};

/* ---- access control lists: acl(5) as <linux/posix_acl_xattr.h> writes it --------------------- */

struct entry {
	uint16_t tag, perm;
	uint32_t id;
};

static struct {
	uint32_t version;
	struct entry entries[6];
} acl = { 2,
	  {
		  { 0x01, 6, -1 }, /* the owner */
		  { 0x02, 4, 50 }, /* "other" may read */
		  { 0x04, 0, -1 }, /* the group: nothing */
		  { 0x08, 6, 40 }, /* "member"'s own may read and write */
		  { 0x10, 7, -1 }, /* mask */
		  { 0x20, 0, -1 },
	  } };

static unsigned mask;

static void make_listed(void)
{
	make_object();
	acl.entries[4].perm = (uint16_t)mask;
	need(setxattr(F, "system.posix_acl_access", &acl, sizeof(acl), 0) == 0, "list");
}

static long open_r(void) { return shut(open(F, O_RDONLY)); }
static long open_w(void) { return shut(open(F, O_WRONLY)); }
static long search(void) { return stat(F "/x", &(struct stat){ 0 }); }
static long access_rw(void) { return access(F, R_OK | W_OK); }
static long eaccess_r(void) { return faccessat(AT_FDCWD, F, R_OK, AT_EACCESS); }
static long set_list(void) { return setxattr(F, "system.posix_acl_access", &acl, sizeof(acl), 0); }
static long get_list(void) { return getxattr(F, "system.posix_acl_access", NULL, 0); }
static long drop_list(void) { return removexattr(F, "system.posix_acl_access"); }

static const struct attempt by_list[] = {
	{ "acl open r", open_r },   { "acl open w", open_w }, { "acl search", search },
	{ "acl access", access_rw }, { "acl eaccess", eaccess_r }, { "acl get", get_list },
	{ "acl set!", set_list },   { "acl remove!", drop_list },
};

int main(void)
{
	need(mkdir("/t", 0777) == 0 && chmod("/t", 0777) == 0, "/t");
	for (int i = 0; i < 2 * CLASS_MODES; i++) {
		is_dir = i >= CLASS_MODES;
		mode = class_mode(i % CLASS_MODES) | (is_dir ? 01000 : 0);
		snprintf(title, sizeof(title), "%s %05o", is_dir ? "dir" : "file", mode);
		SHOW_ATTEMPTS(title, make_object, attempts);
	}
	mode = 0640;
	for (int i = 0; i < 16; i++) {
		is_dir = i >= 8;
		mask = (unsigned)i % 8;
		snprintf(title, sizeof(title), "%s mask %o", is_dir ? "dir" : "file", mask);
		SHOW_ATTEMPTS(title, make_listed, by_list);
	}
	return 0;
}
