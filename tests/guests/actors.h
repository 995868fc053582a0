/* SPDX-License-Identifier: MIT */
/*
 * For guests that begin as root and ask what others may do: who they are, and rows of results, one
 * call by all of them. Effective and real ids change together and the saved one stays root's, so
 * that the way back is open; the capabilities go and come with them.
 */
#ifndef ACTORS_H
#define ACTORS_H

#include "guest.h"

#include <grp.h>
#include <linux/capability.h>

enum { FILE_UID = 10, FILE_GID = 20 };

struct actor {
	const char *name;
	uid_t uid;
	gid_t gid, also; /* a supplementary group; 0: none */
	unsigned cap;	 /* a bit of the effective set, where it is not root's; 0: none */
};

static const struct actor actors[] = {
	{ "root", 0, 0, 0, 0 },
	{ "owner", FILE_UID, 99, 0, 0 },
	{ "group", 30, FILE_GID, 0, 0 },
	{ "member", 40, 40, FILE_GID, 0 },
	{ "other", 50, 50, 0, 0 },
	{ "override", 60, 60, 0, 1 << CAP_DAC_OVERRIDE },
	{ "search", 61, 61, 0, 1 << CAP_DAC_READ_SEARCH },
	{ "fowner", 62, 62, 0, 1 << CAP_FOWNER },
};

enum { ACTORS = sizeof(actors) / sizeof(actors[0]) };

/* What the saved user root leaves in the permitted set may be taken. */
static void take_capability(unsigned bit)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	need(syscall(SYS_capget, &head, data) == 0, "capget");
	data[0].effective = bit;
	data[1].effective = 0;
	need(syscall(SYS_capset, &head, data) == 0, "capset");
}

static void become(const struct actor *a)
{
	need(setresuid(0, 0, 0) == 0 && setgroups(a->also ? 1 : 0, &a->also) == 0 &&
		     setresgid(a->gid, a->gid, 0) == 0 && setresuid(a->uid, a->uid, 0) == 0,
	     "become");
	if (a->cap)
		take_capability(a->cap);
}

static void become_root(void)
{
	become(&actors[0]);
}

/* One call of a table. What changes something ends in "!" by name. */
struct attempt {
	const char *name;
	long (*call)(void);
};

static const char *result_text(long r)
{
	static char text[32];

	if (r == -1)
		return err_name(errno);
	snprintf(text, sizeof(text), "%ld", r);
	return text;
}

/* `make` is run as root, to have things as they should be: anew after every change. */
static void show_attempts(const char *title, void (*make)(void), const struct attempt *attempts,
			  size_t count)
{
	bool fresh = false;

	for (size_t i = 0; i < count; i++) {
		printf("%s %-14s", title, attempts[i].name);
		for (int a = 0; a < ACTORS; a++) {
			long r;
			int e;

			become_root();
			if (!fresh)
				make();
			become(&actors[a]);
			errno = 0;
			r = attempts[i].call();
			e = errno;
			become_root();
			errno = e;
			fresh = r == -1 || !strchr(attempts[i].name, '!');
			printf(" %s=%s", actors[a].name, result_text(r));
		}
		printf("\n");
	}
}

#define SHOW_ATTEMPTS(title, make, table) \
	show_attempts(title, make, table, sizeof(table) / sizeof((table)[0]))

/* A descriptor is a success, and of no further use. */
static long shut(int fd)
{
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

/* Modes that set one class apart from the others: 24 of them. */
static unsigned class_mode(int i)
{
	unsigned bits = i % 8, rest = 7 - bits, class = i / 8;
	unsigned mode = rest << 6 | rest << 3 | rest;

	return (mode & ~(7u << (3 * class))) | bits << (3 * class);
}

enum { CLASS_MODES = 24 };

#endif
