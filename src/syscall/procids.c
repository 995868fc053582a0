/* SPDX-License-Identifier: MIT */
/* As fs/proc/array.c and kernel/user_namespace.c print it. */
#include "syscall/procids.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "exec/ids.h"
#include "ident/cred.h"

/* ---- status ------------------------------------------------------------------------------- */

static bool put_four(FILE *out, const char *key, const uint32_t id[4])
{
	fprintf(out, "%s:\t%u\t%u\t%u\t%u\n", key, id[0], id[1], id[2], id[3]);
	return true;
}

static bool put_groups(FILE *out, const uint32_t *groups, unsigned count)
{
	fputs("Groups:\t", out);
	for (unsigned i = 0; i < count; i++)
		fprintf(out, i ? " %u" : "%u", groups[i]);
	fputs(" \n", out);
	return true;
}

static bool put_set(FILE *out, const char *key, uint64_t set)
{
	fprintf(out, "%s:\t%016" PRIx64 "\n", key, set);
	return true;
}

static bool is(const char *line, const char *key)
{
	size_t n = strlen(key);

	return strncmp(line, key, n) == 0 && line[n] == ':';
}

static bool put_cred_line(FILE *out, const char *line, const struct cred *c)
{
	const uint32_t uids[] = { c->uid, c->euid, c->suid, c->fsuid };
	const uint32_t gids[] = { c->gid, c->egid, c->sgid, c->fsgid };
	const struct {
		const char *key;
		uint64_t set;
	} sets[] = {
		{ "CapInh", c->inheritable }, { "CapPrm", c->permitted },
		{ "CapEff", c->effective },   { "CapBnd", c->bounding },
		{ "CapAmb", c->ambient },
	};

	if (is(line, "Uid"))
		return put_four(out, "Uid", uids);
	if (is(line, "Gid"))
		return put_four(out, "Gid", gids);
	if (is(line, "Groups"))
		return put_groups(out, c->groups, c->group_count);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++)
		if (is(line, sets[i].key))
			return put_set(out, sets[i].key, sets[i].set);
	return false;
}

/* Every number of the line, told otherwise. */
static bool put_told(FILE *out, const char *line, const struct session *s,
		     uint32_t (*tell)(const struct session *s, uint32_t host))
{
	while (*line) {
		char *end;
		unsigned long n = strtoul(line, &end, 10);

		if (*line >= '0' && *line <= '9') {
			fprintf(out, "%u", tell(s, (uint32_t)n));
			line = end;
		} else {
			putc(*line++, out);
		}
	}
	return true;
}

bool procids_put_status_line(FILE *out, const char *line, const struct procids *p)
{
	if (p->cred)
		return put_cred_line(out, line, p->cred);
	if (is(line, "Uid"))
		return put_told(out, line, p->session, p->uid);
	if (is(line, "Gid") || is(line, "Groups"))
		return put_told(out, line, p->session, p->gid);
	return false;
}

int procids_status(FILE *in, FILE *out, const struct procids *p)
{
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, in) >= 0)
		if (!procids_put_status_line(out, line, p))
			fputs(line, out);
	free(line);
	return ferror(in) || ferror(out) ? -EIO : 0;
}

/* More than any kernel's AT_VECTOR_SIZE. */
enum { AUXV_BYTES_MAX = 4096 };

/* ---- the others --------------------------------------------------------------------------- */

int procids_map(FILE *out)
{
	return fprintf(out, "%10u %10u %10u\n", 0, 0, UINT32_MAX) < 0 ? -EIO : 0;
}

int procids_number(FILE *out, uint32_t n)
{
	return fprintf(out, "%u", n) < 0 ? -EIO : 0;
}

int procids_auxv(FILE *in, FILE *out, const struct exec_ids *told)
{
	char vector[AUXV_BYTES_MAX];
	size_t n = fread(vector, 1, sizeof(vector), in);

	exec_ids_correct(told, vector, n);
	fwrite(vector, 1, n, out);
	return ferror(in) || ferror(out) ? -EIO : 0;
}
