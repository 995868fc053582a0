/* SPDX-License-Identifier: MIT */
/*
 * mount(2) of a file system by its type. A tmpfs is a directory of the session's (privatefs.h);
 * what shows the kernel itself (proc, sysfs, devpts...) is the host's own, bound. All others are
 * refused as in a user namespace: EPERM, or ENODEV for a type that the kernel does not know.
 */
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/cred.h"
#include "path/viewchange.h"
#include "syscall/mounts.h"
#include "syscall/privatefs.h"
#include "tracee/call.h"
#include "tracee/fs.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

#ifndef MQUEUE_MAGIC
#define MQUEUE_MAGIC 0x19800202
#endif

/* What an option's value must be. */
enum value {
	VALUE_NONE,
	VALUE_ANY,
	VALUE_NUMBER,
	VALUE_OCTAL,
	VALUE_SIZE, /* "16m", "50%" */
};

struct option {
	const char *name;
	enum value value;
};

struct fs_type {
	const char *name;
	const char *host; /* where the host has it; NULL: private */
	long magic;	  /* of what must be there; 0: anything */
	const struct option *options;
	bool ignores_options; /* unknown ones */
};

static const struct option tmpfs_options[] = {
	{ "size", VALUE_SIZE },	    { "nr_blocks", VALUE_SIZE }, { "nr_inodes", VALUE_SIZE },
	{ "mode", VALUE_OCTAL },    { "uid", VALUE_NUMBER },	 { "gid", VALUE_NUMBER },
	{ "huge", VALUE_ANY },	    { "mpol", VALUE_ANY },	 { "inode32", VALUE_NONE },
	{ "inode64", VALUE_NONE },  { "noswap", VALUE_NONE },	 { "quota", VALUE_NONE },
	{ "usrquota", VALUE_NONE }, { "grpquota", VALUE_NONE },	 { 0 },
};
static const struct option ramfs_options[] = { { "mode", VALUE_OCTAL }, { 0 } };
static const struct option proc_options[] = {
	{ "gid", VALUE_NUMBER }, { "hidepid", VALUE_ANY }, { "subset", VALUE_ANY }, { 0 }
};
static const struct option devpts_options[] = {
	{ "uid", VALUE_NUMBER },
	{ "gid", VALUE_NUMBER },
	{ "mode", VALUE_OCTAL },
	{ "ptmxmode", VALUE_OCTAL },
	{ "newinstance", VALUE_NONE },
	{ "max", VALUE_NUMBER },
	{ 0 },
};
static const struct option cgroup2_options[] = {
	{ "nsdelegate", VALUE_NONE },
	{ "favordynmods", VALUE_NONE },
	{ "memory_localevents", VALUE_NONE },
	{ "memory_recursiveprot", VALUE_NONE },
	{ "memory_hugetlb_accounting", VALUE_NONE },
	{ "pids_localevents", VALUE_NONE },
	{ 0 },
};
static const struct option no_options[] = { { 0 } };

static const struct fs_type types[] = {
	{ "tmpfs", NULL, 0, tmpfs_options, false },
	{ "ramfs", NULL, 0, ramfs_options, true },
	{ "proc", "/proc", PROC_SUPER_MAGIC, proc_options, false },
	{ "sysfs", "/sys", SYSFS_MAGIC, no_options, false },
	{ "devtmpfs", "/dev", 0, tmpfs_options, false },
	{ "devpts", "/dev/pts", DEVPTS_SUPER_MAGIC, devpts_options, false },
	{ "mqueue", "/dev/mqueue", MQUEUE_MAGIC, no_options, false },
	{ "cgroup2", "/sys/fs/cgroup", CGROUP2_SUPER_MAGIC, cgroup2_options, false },
};

static const struct fs_type *find_type(const char *name)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (strcmp(types[i].name, name) == 0)
			return &types[i];
	return NULL;
}

/* get_fs_type, of what is loaded; "fuse.sshfs" is a fuse. */
static bool kernel_knows(const char *name)
{
	FILE *f = fopen("/proc/filesystems", "re");
	size_t n = strcspn(name, ".");
	char line[128];
	bool found = false;

	while (f && !found && fgets(line, sizeof(line), f)) {
		const char *at = strchr(line, '\t');

		found = at && strncmp(at + 1, name, n) == 0 && at[1 + n] == '\n';
	}
	if (f)
		fclose(f);
	return found;
}

/* ---- options ------------------------------------------------------------------------------ */

/* What is done with some of them. */
struct settings {
	uint32_t uid, gid, mode;
	char *told; /* for mountinfo: each behind a ','; child of the request */
};

/* vfs_parse_sb_flag: the same for every type. */
static bool is_common(const char *name)
{
	static const char *const common[] = {
		"ro",	    "rw",	  "sync", "async",  "dirsync",
		"lazytime", "nolazytime", "mand", "nomand", "silent"
	};

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++)
		if (strcmp(common[i], name) == 0)
			return true;
	return false;
}

/* memparse, with nothing behind it but '%'. */
static bool is_size(const char *value)
{
	char *end;

	strtoull(value, &end, 0);
	if (end == value)
		return false;
	if (*end && strchr("kKmMgGtTpPeE", *end))
		end++;
	else if (*end == '%')
		end++;
	return !*end;
}

static bool is_number(const char *value, int base)
{
	char *end;

	strtoul(value, &end, base);
	return *value && !*end;
}

static bool value_fits(const struct option *o, const char *value)
{
	switch (o->value) {
	case VALUE_NONE:
		return !value;
	case VALUE_ANY:
		return value && *value;
	case VALUE_NUMBER:
		return value && is_number(value, 10);
	case VALUE_OCTAL:
		return value && is_number(value, 8);
	case VALUE_SIZE:
		return value && is_size(value);
	}
	return false;
}

static void set(struct settings *ret, const char *name, const char *value)
{
	if (strcmp(name, "mode") == 0)
		ret->mode = (uint32_t)strtoul(value, NULL, 8) & 07777;
	else if (strcmp(name, "uid") == 0)
		ret->uid = (uint32_t)strtoul(value, NULL, 10);
	else if (strcmp(name, "gid") == 0)
		ret->gid = (uint32_t)strtoul(value, NULL, 10);
}

static int read_option(const struct fs_type *type, char *name, struct settings *ret)
{
	char *value = strchr(name, '=');
	const struct option *o = type->options;

	if (value)
		*value++ = '\0';
	if (!value && is_common(name))
		return 0;
	while (o->name && strcmp(o->name, name) != 0)
		o++;
	if (!o->name)
		return type->ignores_options ? 0 : -EINVAL;
	if (!value_fits(o, value))
		return -EINVAL;
	if (value)
		set(ret, name, value);
	ret->told = talloc_asprintf_append(ret->told, ",%s%s%s", name, value ? "=" : "",
					   value ? value : "");
	return ret->told ? 0 : -ENOMEM;
}

static int read_options(const struct mount_request *q, const struct fs_type *type,
			struct settings *ret)
{
	const struct cred *cred = q->c->t->cred;
	char *rest = q->data, *option;
	int r = 0;

	*ret = (struct settings){ cred->fsuid, cred->fsgid, 0, talloc_strdup(q, "") };
	ret->mode = strcmp(type->name, "tmpfs") == 0 ? 01777 : 0755;
	if (!ret->told)
		return -ENOMEM;
	while (r == 0 && (option = strsep(&rest, ",")))
		if (*option)
			r = read_option(type, option, ret);
	return r;
}

/* ---- what is mounted ---------------------------------------------------------------------- */

/* The host has such a file system there, and the session may see it. */
static int find_host(const struct mount_request *q, const struct fs_type *type)
{
	const struct session *s = tracee_session(q->c->t);
	struct statfs st;

	if (statfs(type->host, &st) < 0 || (type->magic && st.f_type != type->magic))
		return -EPERM;
	for (size_t i = 0; s->sandbox; i++) { /* Landlock lets it see what is bound already */
		if (i == q->view->count)
			return -EPERM;
		if (path_under(type->host, q->view->binds[i].host.s))
			break;
	}
	return 0;
}

/* do_add_mount: the same file system on the same mount point. */
static bool is_there_already(const struct mount_request *q, const char *host)
{
	const struct bind *b = mounts_at(q->view, viewchange_topmost(q->view, q->target.guest));

	return b && strcmp(b->host.s, host) == 0;
}

static int find_file_system(const struct mount_request *q, const struct fs_type *type,
			    const struct settings *set, const char **ret)
{
	const struct owner owner = { .uid = set->uid,
				     .gid = set->gid,
				     .mode = S_IFDIR | set->mode };
	int r;

	if (!type->host && !q->target.is_dir)
		return -ENOTDIR; /* what cannot be mounted need not be made */
	if (!type->host)
		return privatefs_make(tracee_session(q->c->t), &owner, ret);
	r = find_host(q, type);
	*ret = type->host;
	return r == 0 && is_there_already(q, type->host) ? -EBUSY : r;
}

/*
 * A new instance of devpts has a ptmx that everybody may open, if so asked. The host's often has
 * none that we may: then it is the one in /dev, which leads to the same terminals.
 */
static int add_ptmx(const struct mount_request *q)
{
	char *name = talloc_asprintf(q, "%s/ptmx", viewchange_topmost(q->view, q->target.guest));
	struct bind b = { .host = HPATH("/dev/ptmx"),
			  .host_len = strlen("/dev/ptmx"),
			  .flags = BIND_FILE | BIND_PART | BIND_LATE };

	if (!name)
		return -ENOMEM;
	if (access("/dev/pts/ptmx", R_OK | W_OK) == 0 || access(b.host.s, R_OK | W_OK) < 0)
		return 0;
	b.guest = GPATH(name);
	b.guest_len = strlen(name);
	return viewchange_mount(q->view, &b, NULL);
}

int mountnew_mount(const struct mount_request *q)
{
	const struct fs_type *type = q->type ? find_type(q->type) : NULL;
	struct bind_label label = { .type = q->type,
				    .source = q->source ? q->source : "none",
				    .read_only = q->flags & MS_RDONLY,
				    .is_new = type && !type->host };
	struct bind b = { .label = &label, .flags = q->bind_flags | BIND_OWN_OPTIONS };
	struct settings set;
	int r;

	if (!q->type)
		return -EINVAL;
	if (!type)
		return kernel_knows(q->type) ? -EPERM : -ENODEV;
	r = read_options(q, type, &set);
	if (r == 0 && !q->target.guest)
		r = -EINVAL;
	if (r == 0)
		r = find_file_system(q, type, &set, &b.host.s);
	if (r < 0)
		return r;
	label.options = set.told;
	label.root = b.host.s;
	r = mounts_graft(q, &b, NULL);
	return r == 0 && strcmp(type->name, "devpts") == 0 ? add_ptmx(q) : r;
}

int mountnew_reconfigure(const struct mount_request *q, const struct bind *b)
{
	const struct fs_type *type = find_type(b->label->type);
	struct bind_label label = *b->label;
	struct settings set;
	int r = read_options(q, type, &set);

	if (r < 0)
		return r;
	label.read_only = q->flags & MS_RDONLY;
	if (*set.told)
		label.options = set.told;
	return viewchange_label(q->view, b->guest.s, &label);
}
