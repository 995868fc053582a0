/* SPDX-License-Identifier: MIT */
/* One function per file of /proc, all of them line by line. See proctext.h. */
#include "syscall/proctext.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/pathbuf.h"
#include "syscall/procids.h"

static int finish(FILE *in, FILE *out, char *line)
{
	free(line);
	return ferror(in) || ferror(out) ? -EIO : 0;
}

void proctext_unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

void proctext_put_escaped(FILE *out, const char *s, const char *set)
{
	for (; *s; s++) {
		if (strchr(set, *s))
			fprintf(out, "\\%03o", (unsigned char)*s);
		else
			putc(*s, out);
	}
}

/* ---- maps, smaps -------------------------------------------------------------------------- */

struct maps_line {
	uint64_t start, end;
	const char *rest; /* " r-xp ..." */
	const char *name; /* NULL: none */
};

static bool is_maps_line(const char *line, struct maps_line *ret)
{
	int rest = 0, name = 0;

	if (sscanf(line, "%" SCNx64 "-%" SCNx64 "%n %*4[rwxsp-] %*x %*x:%*x %*u%n", &ret->start,
		   &ret->end, &rest, &name) != 2 ||
	    name == 0)
		return false;
	ret->rest = line + rest;
	ret->name = line + name;
	while (*ret->name == ' ')
		ret->name++;
	if (*ret->name == '\n' || *ret->name == '\0')
		ret->name = NULL;
	return true;
}

/* Names of files that never had one: shmem.c, hugetlbfs, ipc/shm.c. */
static bool is_nameless(const char *name)
{
	static const char *const heads[] = { "/memfd:", "/SYSV", "/anon_hugepage", "/[" };

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++)
		if (strncmp(name, heads[i], strlen(heads[i])) == 0)
			return true;
	return name[0] != '/';
}

/* The name as the guest is to see it; `line` itself where that is the same. */
static const char *shown_name(const struct proctext_maps *p, char *name, struct pathbuf *buf)
{
	char *end = strchrnul(name, '\n');

	*end = '\0';
	return is_nameless(name) || p->show(p->ctx, name, buf) < 0 ? name : buf->s;
}

static void put_maps_line(FILE *out, const struct maps_line *m, uint64_t start, uint64_t end,
			  const char *shown)
{
	fprintf(out, "%08" PRIx64 "-%08" PRIx64, start, end);
	if (m->name)
		fprintf(out, "%.*s%s\n", (int)(m->name - m->rest), m->rest, shown);
	else
		fputs(m->rest, out);
}

/* The first hidden range that meets [start, end), or NULL. */
static const struct proctext_range *first_hidden(const struct proctext_maps *p, uint64_t start,
						 uint64_t end)
{
	const struct proctext_range *first = NULL;

	for (size_t i = 0; i < p->hidden_count; i++) {
		const struct proctext_range *h = &p->hidden[i];

		if (h->start < end && h->end > start && h->start < h->end &&
		    (!first || h->start < first->start))
			first = h;
	}
	return first;
}

/*
 * Puts what is left of a mapping beside the hidden ranges; the kernel merges ours with
 * neighbours.
 */
static bool put_visible(FILE *out, const struct proctext_maps *p, const struct maps_line *m,
			const char *shown)
{
	uint64_t start = m->start;
	bool any = false;

	while (start < m->end) {
		const struct proctext_range *h = first_hidden(p, start, m->end);
		uint64_t end = h ? h->start : m->end;

		if (end > start) {
			put_maps_line(out, m, start, end, shown);
			any = true;
		}
		start = h ? h->end : m->end;
	}
	return any;
}

int proctext_maps(FILE *in, FILE *out, const struct proctext_maps *p)
{
	struct maps_line m;
	struct pathbuf *buf = malloc(sizeof(*buf));
	char *line = NULL;
	size_t size = 0;
	bool visible = true;

	while (buf && getline(&line, &size, in) >= 0) {
		if (!is_maps_line(line, &m)) { /* a line of smaps about the mapping above */
			if (visible)
				fputs(line, out);
			continue;
		}
		visible = put_visible(out, p, &m,
				      m.name ? shown_name(p, line + (m.name - line), buf) : "");
	}
	free(buf);
	return buf ? finish(in, out, line) : -ENOMEM;
}

/* "... file=/usr/bin/x mapped=2 ..." */
static void put_numa_line(FILE *out, char *line, const struct proctext_maps *p, struct pathbuf *buf)
{
	char *name = strstr(line, " file="), *end, stop;

	if (!name) {
		fputs(line, out);
		return;
	}
	name += strlen(" file=");
	end = name + strcspn(name, " \n");
	stop = *end;
	fprintf(out, "%.*s", (int)(name - line), line);
	*end = '\0';
	proctext_unescape(name); /* never longer: what follows stays */
	proctext_put_escaped(out, shown_name(p, name, buf), "\n\t= ");
	if (stop)
		fprintf(out, "%c%s", stop, end + 1);
}

int proctext_numa_maps(FILE *in, FILE *out, const struct proctext_maps *p)
{
	struct pathbuf *buf = malloc(sizeof(*buf));
	char *line = NULL;
	size_t size = 0;
	uint64_t at;

	while (buf && getline(&line, &size, in) >= 0)
		if (sscanf(line, "%" SCNx64, &at) != 1 || !first_hidden(p, at, at + 1))
			put_numa_line(out, line, p, buf);
	free(buf);
	return buf ? finish(in, out, line) : -ENOMEM;
}

/* ---- status, stat ------------------------------------------------------------------------- */

static const char *state_text(char state)
{
	switch (state) {
	case 'T':
		return "T (stopped)";
	case 'S':
		return "S (sleeping)";
	case 't':
		return "t (tracing stop)";
	default:
		return "R (running)";
	}
}

/* Hex words of 32 bits, the highest first, as many digits as the kernel gave: "%*pb". */
static void put_mask(char *digits, const cpu_set_t *set)
{
	unsigned cpu = 0;

	for (size_t i = strcspn(digits, "\n"); i-- > 0;) {
		unsigned nibble = 0;

		if (digits[i] == ',')
			continue;
		for (unsigned bit = 0; bit < 4; bit++, cpu++)
			nibble |= (cpu < CPU_SETSIZE && CPU_ISSET(cpu, set) ? 1u : 0u) << bit;
		digits[i] = "0123456789abcdef"[nibble];
	}
}

/* "0-3,7": "%*pbl". */
static void put_list(FILE *out, const cpu_set_t *set)
{
	const char *comma = "";

	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		int last = cpu;

		if (!CPU_ISSET(cpu, set))
			continue;
		while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, set))
			last++;
		fprintf(out, last > cpu ? "%s%d-%d" : "%s%d", comma, cpu, last);
		comma = ",";
		cpu = last;
	}
}

/* The value behind "Key:\t", or NULL. */
static char *value_of(char *line, const char *key)
{
	size_t n = strlen(key);

	return strncmp(line, key, n) == 0 && line[n] == ':' && line[n + 1] == '\t' ? line + n + 2 :
										     NULL;
}

/* How many filters are the guest's: our own are the first ones. */
static unsigned filters_left(const char *value, unsigned ours)
{
	unsigned long n = strtoul(value, NULL, 10);

	return n > ours ? (unsigned)(n - ours) : 0;
}

struct status_state {
	unsigned mode; /* of Seccomp: told once the filters are counted */
	bool pending;
};

/* Seccomp's mode says 2 for our filter alone: it waits for the count in the next line. */
static void put_seccomp(FILE *out, struct status_state *st, unsigned filters)
{
	if (st->pending)
		fprintf(out, "Seccomp:\t%u\n", st->mode == 2 && filters == 0 ? 0 : st->mode);
	st->pending = false;
}

static void put_status_line(char *line, FILE *out, const struct proctext_status *p,
			    struct status_state *st)
{
	char *v;

	if ((v = value_of(line, "Seccomp_filters"))) {
		put_seccomp(out, st, filters_left(v, p->filters));
		fprintf(out, "Seccomp_filters:\t%u\n", filters_left(v, p->filters));
		return;
	}
	put_seccomp(out, st, p->filters ? 0 : 1);
	if ((v = value_of(line, "Seccomp"))) {
		st->mode = (unsigned)strtoul(v, NULL, 10);
		st->pending = true;
	} else if ((v = value_of(line, "State")) && *v == 't') {
		fprintf(out, "State:\t%s\n", state_text(p->state));
	} else if (value_of(line, "TracerPid")) {
		fprintf(out, "TracerPid:\t%d\n", p->tracer);
	} else if (value_of(line, "NoNewPrivs") && p->hide_nnp) {
		fputs("NoNewPrivs:\t0\n", out);
	} else if ((v = value_of(line, "Cpus_allowed")) && p->affinity) {
		put_mask(v, p->affinity);
		fputs(line, out);
	} else if (value_of(line, "Cpus_allowed_list") && p->affinity) {
		fputs("Cpus_allowed_list:\t", out);
		put_list(out, p->affinity);
		putc('\n', out);
	} else if (!p->ids || !procids_put_status_line(out, line, p->ids)) {
		fputs(line, out);
	}
}

int proctext_status(FILE *in, FILE *out, const struct proctext_status *p)
{
	struct status_state st = { 0, false };
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, in) >= 0)
		put_status_line(line, out, p, &st);
	put_seccomp(out, &st, 0);
	return finish(in, out, line);
}

int proctext_stat(FILE *in, FILE *out, char state)
{
	char *line = NULL, *paren;
	size_t size = 0;

	/* The program's name may hold anything, ") t (" too: the last parenthesis ends it. */
	while (getline(&line, &size, in) >= 0) {
		paren = strrchr(line, ')');
		if (paren && paren[1] == ' ' && paren[2] == 't')
			paren[2] = state;
		fputs(line, out);
	}
	return finish(in, out, line);
}

/* ---- version ------------------------------------------------------------------------------ */

/*
 * linux_proc_banner: "SYSNAME version RELEASE (who made it, and with what) VERSION". A text that
 * does not say so is told without who made it.
 */
int proctext_version(FILE *in, FILE *out, const struct proctext_version *p)
{
	const char *made = " ";
	char *line = NULL, *begin = NULL;
	size_t size = 0, head, tail = strlen(p->host[2]);
	ssize_t n = getline(&line, &size, in);

	if (n > 0 && line[n - 1] == '\n')
		line[--n] = '\0';
	if (asprintf(&begin, "%s version %s", p->host[0], p->host[1]) < 0) {
		free(line);
		return -ENOMEM;
	}
	head = strlen(begin);
	if (n > 0 && (size_t)n >= head + tail && strncmp(line, begin, head) == 0 &&
	    strcmp(line + n - tail, p->host[2]) == 0) {
		line[(size_t)n - tail] = '\0';
		made = line + head;
	}
	fprintf(out, "%s version %s%s%s\n", p->told[0], p->told[1], made, p->told[2]);
	free(begin);
	return finish(in, out, line);
}
