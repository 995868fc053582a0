/* SPDX-License-Identifier: MIT */
/*
 * With subordinate ids the maps are podman's: the caller's own id is root, or stays what it is, and
 * what is left from 0 up is the ranges' in their order.
 */
#include "engine/userns/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/engine.h"

/* ---- the tables ---------------------------------------------------------------------------- */

static bool is_name(const char *s, size_t len, const char *name, uint32_t id)
{
	char *end;

	if (name && strlen(name) == len && memcmp(s, name, len) == 0)
		return true;
	return *s >= '0' && *s <= '9' && strtoul(s, &end, 10) == id && end == s + len;
}

const char *idmap_next_range(const char *text, const char *name, uint32_t id,
			     struct idmap_line *ret)
{
	while (*text) {
		const char *line = text, *colon = strchr(line, ':');
		size_t len = strcspn(line, "\n");

		text += len + (text[len] == '\n');
		if (!colon || colon > line + len ||
		    !is_name(line, (size_t)(colon - line), name, id))
			continue;
		if (sscanf(colon, ":%u:%u", &ret->outer, &ret->count) == 2 && ret->count > 0)
			return text;
	}
	return NULL;
}

static void add_line(struct idmap *m, uint32_t inner, uint32_t outer, uint32_t count)
{
	if (count > 0 && m->count < IDMAP_LINES)
		m->lines[m->count++] = (struct idmap_line){ inner, outer, count };
}

void idmap_lay_out(struct idmap_line own, const struct idmap_line *ranges, unsigned count,
		   struct idmap *ret)
{
	uint32_t at = 0;

	ret->count = 0;
	add_line(ret, own.inner, own.outer, 1);
	for (unsigned i = 0; i < count; i++) {
		struct idmap_line left = ranges[i];

		if (at == own.inner)
			at++;
		if (at < own.inner && left.count > own.inner - at) {
			uint32_t part = own.inner - at;

			add_line(ret, at, left.outer, part);
			left.outer += part;
			left.count -= part;
			at = own.inner + 1;
		}
		add_line(ret, at, left.outer, left.count);
		at += left.count;
	}
}

static char *read_whole(const char *name)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = fopen(name, "re");

	if (f && getdelim(&text, &size, '\0', f) < 0) {
		free(text);
		text = NULL;
	}
	if (f)
		fclose(f);
	return text;
}

/* Ours, by passwd(5), else as the login said: newuidmap(1) is not to be deceived anyway. */
static const char *own_name(char *buf, size_t size)
{
	char *passwd = read_whole("/etc/passwd"), *line = passwd, *next;
	const char *name = getenv("USER");
	unsigned uid;

	for (; line && *line; line = next) {
		next = line + strcspn(line, "\n");
		next += *next == '\n';
		line[strcspn(line, "\n")] = '\0';
		if (sscanf(line, "%*[^:]:%*[^:]:%u", &uid) == 1 && uid == geteuid() &&
		    strcspn(line, ":") < size) {
			line[strcspn(line, ":")] = '\0';
			memcpy(buf, line, strlen(line) + 1);
			name = buf;
			break;
		}
	}
	free(passwd);
	return name;
}

/* How many ranges of ours the table has, up to two lines of the map each. */
static unsigned read_ranges(const char *table, struct idmap_line *ret)
{
	char buf[256], *text = read_whole(table);
	const char *name = own_name(buf, sizeof(buf));
	const char *at = text;
	unsigned count = 0;

	while (at && count < IDMAP_LINES - 2 &&
	       (at = idmap_next_range(at, name, geteuid(), &ret[count])))
		count++;
	free(text);
	return count;
}

/* ---- what is asked for --------------------------------------------------------------------- */

/* "INNER:OUTER:COUNT,..." */
static int parse_lines(const char *word, struct idmap *ret, struct fail *fail)
{
	const char *s = word;
	int n;

	for (ret->count = 0; ret->count < IDMAP_LINES; s += n + 1) {
		struct idmap_line *l = &ret->lines[ret->count++];

		if (sscanf(s, "%u:%u:%u%n", &l->inner, &l->outer, &l->count, &n) != 3 ||
		    (s[n] && s[n] != ',') || l->count == 0)
			break;
		if (!s[n])
			return 0;
	}
	return fail_set(fail,
			"map '%s': write INNER:OUTER:COUNT, and a comma before each further one",
			word);
}

static bool is_own_alone(const struct idmap *m, uint32_t own)
{
	return m->count == 1 && m->lines[0].count == 1 && m->lines[0].outer == own;
}

/* Own ids as inner ones; the ranges behind them where they are wanted, or must be. */
static int lay_out(const struct session_config *c, bool wanted, bool needed, struct idmaps *ret,
		   struct fail *fail)
{
	bool root = c->map.root || (c->identity != IDENTITY_NONE && !c->map.keep);
	struct idmap_line users[IDMAP_LINES], groups[IDMAP_LINES];
	unsigned user_count = wanted ? read_ranges("/etc/subuid", users) : 0;
	unsigned group_count = wanted ? read_ranges("/etc/subgid", groups) : 0;

	if (needed && (user_count == 0 || group_count == 0))
		return fail_set(fail,
				"engine userns: no subordinate ids of yours in /etc/subuid and "
				"/etc/subgid: ask for some (usermod --add-subuids), or use "
				"--engine=ptrace");
	idmap_lay_out((struct idmap_line){ .inner = root ? 0 : geteuid(), .outer = geteuid() },
		      users, user_count, &ret->users);
	idmap_lay_out((struct idmap_line){ .inner = root ? 0 : getegid(), .outer = getegid() },
		      groups, group_count, &ret->groups);
	return 0;
}

int idmap_plan(const struct session_config *c, struct idmaps *ret, struct fail *fail)
{
	const struct map_request *q = &c->map;
	bool asked = q->root || q->keep || q->automatic || q->users || q->groups;
	bool others = q->automatic || (c->identity != IDENTITY_NONE && !q->root && !q->users);

	*ret = (struct idmaps){ .writer = IDMAP_NONE };
	if (geteuid() == 0 && !asked)
		return 0;
	if (lay_out(c, others || q->keep, others, ret, fail) < 0)
		return -1;
	if (q->users && parse_lines(q->users, &ret->users, fail) < 0)
		return -1;
	if (q->groups && parse_lines(q->groups, &ret->groups, fail) < 0)
		return -1;
	if (is_own_alone(&ret->users, geteuid()) && is_own_alone(&ret->groups, getegid()))
		ret->writer = IDMAP_SELF;
	else
		ret->writer = geteuid() == 0 ? IDMAP_PARENT : IDMAP_HELPER;
	return 0;
}

void idmap_plan_own(struct idmaps *ret)
{
	*ret = (struct idmaps){ .writer = IDMAP_SELF };
	add_line(&ret->users, geteuid(), geteuid(), 1);
	add_line(&ret->groups, getegid(), getegid(), 1);
}

bool idmap_has_others(const struct idmaps *m)
{
	return m->writer != IDMAP_SELF;
}

bool idmap_has(const struct idmap *m, uint32_t inner)
{
	for (unsigned i = 0; i < m->count; i++)
		if (inner - m->lines[i].inner < m->lines[i].count)
			return true;
	return false;
}

/* ---- writing -------------------------------------------------------------------------------- */

static int write_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		r = -errno;
	close(fd);
	return r;
}

static int write_map(int dir, const char *file, const struct idmap *m)
{
	char text[IDMAP_LINES * 34] = "";
	size_t len = 0;

	for (unsigned i = 0; i < m->count; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%u %u %u\n",
					m->lines[i].inner, m->lines[i].outer, m->lines[i].count);
	return write_file(dir, file, text);
}

static int write_both(const struct idmaps *m, int dir)
{
	int r = write_map(dir, "uid_map", &m->users);

	return r < 0 ? r : write_map(dir, "gid_map", &m->groups);
}

static int write_at(const struct idmaps *m, const char *name)
{
	int dir = open(name, O_PATH | O_DIRECTORY | O_CLOEXEC), r;

	if (dir < 0)
		return -errno;
	r = 0;
	/* Since Linux 3.19 a group map of one's own needs setgroups(2) to be given up. */
	if (m->writer == IDMAP_SELF)
		r = write_file(dir, "setgroups", "deny");
	if (r == 0 || r == -ENOENT)
		r = write_both(m, dir);
	close(dir);
	return r;
}

int idmap_write_self(const struct idmaps *m)
{
	return write_at(m, "/proc/self");
}

static void make_same(struct idmap *m)
{
	for (unsigned i = 0; i < m->count; i++)
		m->lines[i].outer = m->lines[i].inner;
}

int idmap_write_nested(const struct idmaps *m, int proc_dir)
{
	struct idmaps same = *m;

	make_same(&same.users);
	make_same(&same.groups);
	return write_both(&same, proc_dir);
}

static _Noreturn void exec_helper(const char *program, pid_t pid, const struct idmap *m)
{
	char words[1 + 3 * IDMAP_LINES][12], *argv[3 + 3 * IDMAP_LINES];
	unsigned n = 0;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	snprintf(words[n++], sizeof(words[0]), "%d", pid);
	for (unsigned i = 0; i < m->count; i++) {
		snprintf(words[n++], sizeof(words[0]), "%u", m->lines[i].inner);
		snprintf(words[n++], sizeof(words[0]), "%u", m->lines[i].outer);
		snprintf(words[n++], sizeof(words[0]), "%u", m->lines[i].count);
	}
	argv[0] = (char *)(uintptr_t)program;
	for (unsigned i = 0; i < n; i++)
		argv[i + 1] = words[i];
	argv[n + 1] = NULL;
	if (null >= 0)
		dup2(null, STDERR_FILENO);
	execvp(program, argv);
	_exit(127);
}

/* A child that is it, or -errno. */
static pid_t start_helper(const char *program, pid_t pid, const struct idmap *m)
{
	pid_t child = fork();

	if (child == 0)
		exec_helper(program, pid, m);
	return child < 0 ? -errno : child;
}

static int wait_helper(pid_t child)
{
	int status;

	if (child < 0)
		return child;
	if (waitpid(child, &status, 0) < 0)
		return -errno;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return -ENOENT;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}

int idmap_write_for(const struct idmaps *m, pid_t pid)
{
	pid_t gids, uids;
	char dir[32];
	int r;

	snprintf(dir, sizeof(dir), "/proc/%d", pid);
	if (m->writer == IDMAP_PARENT)
		return write_at(m, dir);
	/* Side by side: each takes a millisecond, and needs nothing of the other's. */
	gids = start_helper("newgidmap", pid, &m->groups);
	uids = start_helper("newuidmap", pid, &m->users);
	r = wait_helper(gids);
	return r < 0 ? wait_helper(uids), r : wait_helper(uids);
}

void idmap_print(const struct idmap *m, FILE *out)
{
	for (unsigned i = 0; i < m->count; i++)
		fprintf(out, "%s%u:%u:%u", i ? "," : "", m->lines[i].inner, m->lines[i].outer,
			m->lines[i].count);
}
