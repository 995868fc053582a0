// SPDX-License-Identifier: MIT
/*
 * Names below /proc, taken apart by string alone: nothing is looked up, so whether the process
 * exists is not known here. Never matches half a component.
 */
#include "path/procname.h"

#include <limits.h>
#include <string.h>

struct entry {
	const char *name;
	enum proc_what what;
};

/* Files of /proc/<pid> that hold host names, show the tracer or tell ids. */
static const struct entry entries[] = {
	{ "exe", PROC_EXE },
	{ "cwd", PROC_CWD },
	{ "root", PROC_ROOT },
	{ "maps", PROC_MAPS },
	{ "smaps", PROC_SMAPS },
	{ "numa_maps", PROC_NUMA_MAPS },
	{ "mounts", PROC_MOUNTS },
	{ "mountinfo", PROC_MOUNTINFO },
	{ "mountstats", PROC_MOUNTSTATS },
	{ "status", PROC_STATUS },
	{ "stat", PROC_STAT },
	{ "auxv", PROC_AUXV },
	{ "uid_map", PROC_UID_MAP },
	{ "gid_map", PROC_GID_MAP },
	{ "projid_map", PROC_PROJID_MAP },
	{ "setgroups", PROC_SETGROUPS },
	{ "loginuid", PROC_LOGINUID },
	{ "sessionid", PROC_SESSIONID },
};

/* The same of the whole system. */
static const struct entry system_entries[] = {
	{ "sysvipc/shm", PROC_SYSV_SHM },
	{ "sysvipc/sem", PROC_SYSV_SEM },
	{ "sysvipc/msg", PROC_SYSV_MSG },
};

/* Limits of System V IPC. */
static const struct entry limit_entries[] = {
	{ "sys/kernel/shmmax", PROC_SHMMAX },
	{ "sys/kernel/shmall", PROC_SHMALL },
	{ "sys/kernel/shmmni", PROC_SHMMNI },
	{ "sys/kernel/sem", PROC_SEM },
	{ "sys/kernel/msgmax", PROC_MSGMAX },
	{ "sys/kernel/msgmnb", PROC_MSGMNB },
	{ "sys/kernel/msgmni", PROC_MSGMNI },
};

/* What uname(2) tells. */
static const struct entry uts_entries[] = {
	{ "version", PROC_VERSION },
	{ "sys/kernel/ostype", PROC_OSTYPE },
	{ "sys/kernel/hostname", PROC_HOSTNAME },
	{ "sys/kernel/osrelease", PROC_OSRELEASE },
	{ "sys/kernel/version", PROC_OSVERSION },
	{ "sys/kernel/arch", PROC_ARCH },
	{ "sys/kernel/domainname", PROC_DOMAINNAME },
};

#define COUNT(array) (sizeof(array) / sizeof(array[0]))

/* If *s is "/" + name up to a component's end, steps over it. */
static bool step_over(const char **s, const char *name)
{
	size_t n = strlen(name);

	if ((*s)[0] != '/' || strncmp(*s + 1, name, n) != 0)
		return false;
	if ((*s)[1 + n] != '\0' && (*s)[1 + n] != '/')
		return false;
	*s += 1 + n;
	return true;
}

/* If *s is "/" + a number as procfs writes it (no leading zero), steps over it. */
static bool step_over_number(const char **s, int *ret)
{
	const char *p = *s + 1;
	long n = 0;

	if ((*s)[0] != '/' || *p < '0' || *p > '9')
		return false;
	if (*p == '0' && p[1] >= '0' && p[1] <= '9')
		return false;
	for (; *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (*p - '0');
		if (n > INT_MAX)
			return false;
	}
	if (*p != '\0' && *p != '/')
		return false;
	*ret = (int)n;
	*s = p;
	return true;
}

static enum proc_what parse_inside(struct procname *n)
{
	const char *s = n->rest;

	if (step_over(&n->rest, "fd") && step_over_number(&n->rest, &n->fd))
		return PROC_FD;
	n->rest = s;
	if (step_over(&n->rest, "map_files") && n->rest[0] == '/') {
		n->rest += 1 + strcspn(n->rest + 1, "/");
		return PROC_MAP_FILES;
	}
	n->rest = s;
	for (size_t i = 0; i < COUNT(entries); i++)
		if (step_over(&n->rest, entries[i].name))
			return entries[i].what;
	return PROC_OTHER;
}

/* Is there another component behind? A trailing slash is none. */
static bool has_more(const char *rest)
{
	return rest[0] && rest[1];
}

/* Takes "/<pid>", "/self" or "/thread-self" off n->rest. */
static enum proc_what parse_process(struct procname *n)
{
	if (step_over(&n->rest, "self"))
		return PROC_SELF;
	if (step_over(&n->rest, "thread-self")) {
		n->tid = PROC_TID_SELF;
		return PROC_THREAD_SELF;
	}
	if (step_over_number(&n->rest, &n->pid) && n->pid != 0)
		return PROC_DIR;
	for (size_t i = 0; i < COUNT(system_entries); i++)
		if (step_over(&n->rest, system_entries[i].name))
			return system_entries[i].what;
	for (size_t i = 0; i < COUNT(uts_entries); i++)
		if (step_over(&n->rest, uts_entries[i].name))
			return uts_entries[i].what;
	for (size_t i = 0; i < COUNT(limit_entries); i++)
		if (step_over(&n->rest, limit_entries[i].name))
			return limit_entries[i].what;
	return PROC_NOTHING;
}

struct procname proc_parse(struct hpath p)
{
	struct procname n = { .rest = p.s };
	const char *s;

	if (step_over(&n.rest, "proc"))
		n.what = parse_process(&n);
	if (n.what == PROC_NOTHING)
		return (struct procname){ .rest = p.s };
	if (n.what >= PROC_OSTYPE && n.what <= PROC_MSGMNI)
		return n;
	s = n.rest;
	if (n.what != PROC_THREAD_SELF &&
	    !(step_over(&n.rest, "task") && step_over_number(&n.rest, &n.tid))) {
		n.rest = s;
		n.tid = 0;
	}
	if (n.tid > 0)
		n.what = PROC_DIR;
	if (has_more(n.rest))
		n.what = parse_inside(&n);
	return n;
}

enum proc_what proc_magic(struct hpath p)
{
	struct procname n = proc_parse(p);

	if (n.what == PROC_SELF || n.what == PROC_THREAD_SELF || n.what == PROC_DIR)
		return PROC_NOTHING;
	return n.what == PROC_OTHER || !n.rest[0] ? n.what : PROC_NOTHING;
}

static bool is_base_name(const struct entry *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++) {
		const char *slash = strrchr(list[i].name, '/');

		if (strcmp(slash ? slash + 1 : list[i].name, name) == 0)
			return true;
	}
	return false;
}

bool proc_is_text_name(const char *name)
{
	for (size_t i = 0; i < COUNT(entries); i++)
		if (entries[i].what >= PROC_MAPS && strcmp(entries[i].name, name) == 0)
			return true;
	return is_base_name(system_entries, COUNT(system_entries), name);
}

bool proc_is_uts_name(const char *name)
{
	return is_base_name(uts_entries, COUNT(uts_entries), name);
}

bool proc_is_limit_name(const char *name)
{
	return is_base_name(limit_entries, COUNT(limit_entries), name);
}

size_t proc_deleted_suffix(const char *text, size_t len)
{
	static const char tail[] = " (deleted)";
	size_t n = sizeof(tail) - 1;

	return len > n && strcmp(text + len - n, tail) == 0 ? n : 0;
}

bool proc_says_name(const char *text, const char *name)
{
	size_t n = strlen(name), len = strlen(text);

	return strncmp(text, name, n) == 0 &&
	       (len == n || len - proc_deleted_suffix(text, len) == n);
}
