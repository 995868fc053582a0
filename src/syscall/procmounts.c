/* SPDX-License-Identifier: MIT */
/*
 * Two lists: the host's mounts, and what the guest is shown, sorted by guest name so that every
 * mount comes behind the one it stands on. Reads no file but the one it is given.
 */
#include "syscall/procmounts.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "path/view.h"
#include "syscall/proctext.h"

/*
 * A line of the host's mountinfo. `root` and `point` are names; the rest is as the kernel wrote
 * it.
 */
struct mount {
	char *device, *root, *point, *options, *type, *source, *super;
};

/* A mount that the guest sees. */
struct shown {
	char *guest;
	const char *host;
	struct mount m; /* of the host's mount that it lies on, but for what it has of its own */
	unsigned flags; /* of the bind */
	unsigned covered; /* by so many mounts: of several at one place the lowest comes first */
};

struct table {
	const char *root; /* the guest's */
	struct pathbuf name;
	struct mount *mounts; /* talloc arrays */
	struct shown *shown;
	size_t mount_count, shown_count;
};

static char *word(char **line)
{
	char *w = strsep(line, " \n");

	return w ? w : "";
}

/* "36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/sda1 rw,errors=continue" */
static bool parse(char *line, struct mount *m)
{
	char *rest = line;
	const char *w;

	word(&rest);
	word(&rest);
	m->device = word(&rest);
	m->root = word(&rest);
	m->point = word(&rest);
	m->options = word(&rest);
	do {
		w = word(&rest);
		if (*w == '\0')
			return false;
	} while (strcmp(w, "-") != 0);
	m->type = word(&rest);
	m->source = word(&rest);
	m->super = word(&rest);
	proctext_unescape(m->source);
	proctext_unescape(m->root);
	proctext_unescape(m->point);
	return m->point[0] == '/';
}

static int read_mounts(struct table *t, FILE *in)
{
	char *line = NULL;
	size_t size = 0;
	int r = 0;

	while (r == 0 && getline(&line, &size, in) >= 0) {
		struct mount m;
		char *copy = talloc_strdup(t, line);
		bool ok = copy && parse(copy, &m);

		if (!copy)
			r = -ENOMEM;
		if (!ok)
			continue;
		t->mounts = talloc_realloc(t, t->mounts, struct mount, t->mount_count + 1);
		if (!t->mounts)
			r = -ENOMEM;
		else
			t->mounts[t->mount_count++] = m;
	}
	free(line);
	return r ? r : ferror(in) ? -EIO : 0;
}

/* The mount that a host name lies in: the deepest, of several at one place the last. */
static const struct mount *mount_holding(const struct table *t, const char *host)
{
	const struct mount *best = NULL;
	size_t best_len = 0;

	for (size_t i = 0; i < t->mount_count; i++) {
		size_t n = strlen(t->mounts[i].point);

		if (n >= best_len && path_under(host, t->mounts[i].point)) {
			best = &t->mounts[i];
			best_len = n;
		}
	}
	return best;
}

static unsigned count_covers(const struct view *v, const char *guest)
{
	unsigned n = 0;

	while (guest[1] == '/') {
		const struct bind *top = view_at(v, guest, 2 + strcspn(guest + 2, "/"));

		if (!top || !top->over)
			break;
		guest = top->over;
		n++;
	}
	return n;
}

/* show_mnt_opts, where the flags of the bind are all there are. */
static char *own_options(void *ctx, unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *option;
	} options[] = {
		{ BIND_NOSUID, ",nosuid" },	  { BIND_NODEV, ",nodev" },
		{ BIND_NOEXEC, ",noexec" },	  { BIND_NOATIME, ",noatime" },
		{ BIND_NODIRATIME, ",nodiratime" }, { BIND_RELATIME, ",relatime" },
	};
	char *text = talloc_strdup(ctx, flags & BIND_RO ? "ro" : "rw");

	for (size_t i = 0; text && i < sizeof(options) / sizeof(options[0]); i++)
		if (flags & options[i].flag)
			text = talloc_asprintf_append(text, "%s", options[i].option);
	return text;
}

/* What the bind has of its own. -ENOMEM, else 0. */
static int describe(struct table *t, struct shown *s, const struct bind *b)
{
	const struct bind_label *l = b->label;

	s->flags = b->flags;
	if (b->flags & BIND_OWN_OPTIONS)
		s->m.options = own_options(t, b->flags);
	if (l) {
		s->m.type = (char *)(uintptr_t)l->type;
		s->m.source = (char *)(uintptr_t)l->source;
		s->m.root = (char *)(uintptr_t) "/";
		s->m.point = (char *)(uintptr_t)l->root;
		s->m.super = talloc_asprintf(t, "%s%s", l->read_only ? "ro" : "rw", l->options);
	}
	return s->m.options && s->m.super ? 0 : -ENOMEM;
}

static int show(struct table *t, const struct view *v, const struct bind *b, const char *guest,
		const char *host)
{
	const char *told = view_told(v, t->root, guest, &t->name);
	const struct mount *on = mount_holding(t, host);
	struct shown *s;

	if (!told || !on) /* seq_path_root: out of the guest's reach */
		return 0;
	t->shown = talloc_realloc(t, t->shown, struct shown, t->shown_count + 1);
	if (!t->shown)
		return -ENOMEM;
	s = &t->shown[t->shown_count++];
	*s = (struct shown){ talloc_strdup(t, told), host, *on, b->flags & BIND_RO,
			     count_covers(v, guest) };
	if (!s->guest)
		return -ENOMEM;
	return host == b->host.s ? describe(t, s, b) : 0;
}

/* A host mount below a bind's source: seen, unless something stands over it on either side. */
static int show_below(struct table *t, const struct view *v, const struct bind *b,
		      const struct mount *m)
{
	const char *rest = path_under(m->point, b->host.s);
	struct pathbuf *guest, *back;
	int r = 0;

	if (!rest || rest[0] != '/' || strcmp(m->point, b->host.s) == 0 ||
	    mount_holding(t, m->point) != m)
		return 0;
	guest = talloc(t, struct pathbuf);
	back = talloc(t, struct pathbuf);
	if (!guest || !back)
		return -ENOMEM;
	if (pathbuf_set(guest, b->guest_len == 1 ? "" : b->guest.s) == 0 &&
	    pathbuf_append(guest, rest) == 0 && !view_at(v, guest->s, guest->len) &&
	    view_to_host(v, GPATH(guest->s), back) == 0 && strcmp(back->s, m->point) == 0)
		r = show(t, v, b, guest->s, m->point);
	talloc_free(guest);
	talloc_free(back);
	return r;
}

static int collect(struct table *t, const struct view *v)
{
	int r = 0;

	for (size_t i = 0; i < v->count && r == 0; i++) {
		const struct bind *b = &v->binds[i];

		if (b->flags & (BIND_SKELETON | BIND_PART))
			continue;
		r = show(t, v, b, b->guest.s, b->host.s);
		/* In what a guest has bound itself they are none: it could not unmount them. */
		for (size_t k = 0; !(b->flags & BIND_LATE) && k < t->mount_count && r == 0; k++)
			r = show_below(t, v, b, &t->mounts[k]);
	}
	return r;
}

static int by_guest(const void *a, const void *b)
{
	const struct shown *x = a, *y = b;
	int r = strcmp(x->guest, y->guest);

	return r ? r : (x->covered < y->covered) - (x->covered > y->covered);
}

static bool has_option(const char *options, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = options; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (strncmp(p, name, n) == 0 && (p[n] == ',' || p[n] == '\0'))
			return true;
	return false;
}

/* What follows a leading "rw" or "ro". */
static const char *after_access(const char *options)
{
	bool access = strncmp(options, "rw", 2) == 0 || strncmp(options, "ro", 2) == 0;

	return access && (options[2] == ',' || options[2] == '\0') ? options + 2 : options;
}

static void put_options(FILE *out, const struct shown *s, bool read_only)
{
	fputs(read_only ? "ro" : "rw", out);
	fputs(after_access(s->m.options), out);
	if ((s->flags & BIND_NOEXEC) && !has_option(s->m.options, "noexec"))
		fputs(",noexec", out);
}

static void put_name(FILE *out, const char *name)
{
	proctext_put_escaped(out, name, " \t\n\\");
}

static void put_plain(FILE *out, const struct shown *s)
{
	const struct mount *m = &s->m;
	bool read_only = (s->flags & BIND_RO) || has_option(m->options, "ro") ||
			 has_option(m->super, "ro");

	put_name(out, m->source);
	putc(' ', out);
	put_name(out, s->guest);
	fprintf(out, " %s ", m->type);
	put_options(out, s, read_only);
	fprintf(out, "%s 0 0\n", after_access(m->super));
}

/* The number of the mount that shown[i] stands on; the root stands on one that nobody sees. */
static size_t parent_of(const struct table *t, size_t i)
{
	enum { FIRST = 2 };
	size_t parent = FIRST - 1, best = 0;

	for (size_t k = 0; k < i; k++) {
		size_t n = strlen(t->shown[k].guest);

		if (n >= best && path_under(t->shown[i].guest, t->shown[k].guest)) {
			parent = FIRST + k;
			best = n;
		}
	}
	return parent;
}

static void put_info(FILE *out, const struct table *t, size_t i)
{
	const struct shown *s = &t->shown[i];
	const struct mount *m = &s->m;
	const char *rest = path_under(s->host, m->point);

	fprintf(out, "%zu %zu %s ", i + 2, parent_of(t, i), m->device);
	put_name(out, strcmp(m->root, "/") == 0 && *rest ? "" : m->root);
	put_name(out, rest);
	putc(' ', out);
	put_name(out, s->guest);
	putc(' ', out);
	put_options(out, s, (s->flags & BIND_RO) || has_option(m->options, "ro"));
	fprintf(out, " - %s ", m->type);
	put_name(out, m->source);
	fprintf(out, " %s\n", m->super);
}

static void put_stats(FILE *out, const struct shown *s)
{
	fputs("device ", out);
	put_name(out, s->m.source);
	fputs(" mounted on ", out);
	put_name(out, s->guest);
	fprintf(out, " with fstype %s\n", s->m.type);
}

static void put_all(FILE *out, const struct table *t, enum mounts_form form)
{
	for (size_t i = 0; i < t->shown_count; i++) {
		if (form == MOUNTS_PLAIN)
			put_plain(out, &t->shown[i]);
		else if (form == MOUNTS_INFO)
			put_info(out, t, i);
		else
			put_stats(out, &t->shown[i]);
	}
}

int procmounts_write(const struct view *v, const char *root, FILE *mountinfo, enum mounts_form form,
		     FILE *out)
{
	struct table *t = talloc_zero(NULL, struct table);
	int r = t ? read_mounts(t, mountinfo) : -ENOMEM;

	if (t)
		t->root = root;
	if (r == 0)
		r = collect(t, v);
	if (r == 0) {
		qsort(t->shown, t->shown_count, sizeof(t->shown[0]), by_guest);
		put_all(out, t, form);
		r = ferror(out) ? -EIO : 0;
	}
	talloc_free(t);
	return r;
}
