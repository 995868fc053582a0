// SPDX-License-Identifier: MIT
/*
 * Bytes -> a fake host (random links and directories), a path and its base -> the walk, with and
 * without the fast path; and the same bytes as a word of -b. What must hold for any input: the walk
 * ends, asks for canonical names alone, stays within the rootfs and the bind, and finds the same
 * by both ways. Build: clang -g -D_GNU_SOURCE -Isrc -Itests/unit -fsanitize=fuzzer,address,undefined
 * tests/fuzz/fuzz_canon.c src/path/{canon*,view,procname,bindspec}.c src/base/{pathbuf,fail}.c -ltalloc
 */
#include <stdint.h>
#include <stdlib.h>
#include <talloc.h>

#include "fakefs.h"
#include "path/bindspec.h"
#include "path/view.h"

#define NODES 24
#define TEXT  48

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fake_node nodes[NODES + 8];
static char names[NODES][TEXT], texts[NODES][TEXT];

#define BIND(g, h)                                                          \
	{ .guest = { g }, .host = { h }, .guest_len = sizeof(g) - 1,        \
	  .host_len = sizeof(h) - 1 }
static struct bind binds[] = {
	BIND("/", "/r"),
	BIND("/a", "/s"),
	BIND("/b/c", "/s/a"),
	BIND("/proc", "/proc"),
};
static const struct view view = { .binds = binds, .count = 4 };

/* One line of input, in a small alphabet so that names meet. */
static size_t take_text(const uint8_t **data, size_t *size, char *buf, size_t room)
{
	static const char alphabet[] = "ab/c./ab/../a/bc";
	size_t n = 0;

	while (*size > 0 && **data != '\n') {
		if (n + 1 < room)
			buf[n++] = alphabet[**data % (sizeof(alphabet) - 1)];
		(*data)++;
		(*size)--;
	}
	if (*size > 0) {
		(*data)++;
		(*size)--;
	}
	buf[n] = '\0';
	return n;
}

static const char *take_name(const uint8_t **data, size_t *size, char *buf)
{
	static const char *const parents[] = { "/r", "/r/a", "/r/b",  "/r/a/b",
					       "/s", "/s/a", "/r/b/c" };
	unsigned k = *size ? **data : 0;

	snprintf(buf, TEXT, "%s/%c", parents[k % 7], "abc"[(k / 7) % 3]);
	if (k >= 240)
		snprintf(buf, TEXT, "/proc/%d/%s", k & 1, k & 2 ? "cwd" : k & 4 ? "fd/3" : "exe");
	if (*size > 0) {
		(*data)++;
		(*size)--;
	}
	return buf;
}

static size_t make_host(const uint8_t **data, size_t *size)
{
	/* bases and sources are canonical: no link there */
	static const char *const always[] = { "/r",    "/r/b",	  "/s",	       "/s/a",
					      "/proc", "/proc/1", "/proc/1/fd" };
	size_t n = 0;

	for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
		nodes[n++] = (struct fake_node){ FAKE_DIR, always[i], NULL };
	for (size_t i = 0; i<NODES && * size> 2 && **data != '\n'; i++) {
		char kind = "dddxfllllm"[**data % 10];

		(*data)++;
		(*size)--;
		take_name(data, size, names[i]);
		take_text(data, size, texts[i], TEXT);
		if (fake_find(&(struct fakefs){ .nodes = nodes, .count = n }, names[i],
			      strlen(names[i])))
			continue;
		if (kind == FAKE_MAGIC || strncmp(names[i], "/proc", 5) == 0) {
			kind = strncmp(names[i], "/proc", 5) == 0 && kind != FAKE_MAGIC ? FAKE_LINK
											: FAKE_FILE;
			snprintf(texts[i], TEXT, "/b");
		}
		nodes[n++] = (struct fake_node){ kind, names[i], texts[i] };
	}
	return n;
}

static int walk(struct canon *w, struct fakefs *f, const struct fs_ops *ops, const char *path,
		enum canon_last last)
{
	w->view = &view;
	w->ops = ops;
	w->ctx = f;
	return canon_walk(w, (struct canon_base){ .guest = GPATH("/b") }, path, last);
}

#define must(holds)                                                            \
	do {                                                                   \
		if (!(holds)) {                                                \
			fprintf(stderr, "%d: not so: %s\n", __LINE__, #holds); \
			abort();                                               \
		}                                                              \
	} while (0)

static void check_result(const struct canon *w, enum canon_last last)
{
	const char *h = w->host.s;
	size_t len = w->host.len;

	must(path_under(h, "/r") || path_under(h, "/s") || path_under(h, "/proc"));
	must(strlen(h) == len && !strstr(h, "//") && !strstr(h, "/../") && !strstr(h, "/./"));
	if (len >= 3 && strcmp(h + len - 3, "/..") == 0)
		must(last == CANON_PARENT && (w->flags & (CANON_DOTS | CANON_AT_BIND)));
	if (!(w->flags & CANON_OUTSIDE))
		must(w->bind == view_holding(&view, w->guest.s, w->guest.len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct canon slow, fast;
	struct fakefs f = { .nodes = nodes };
	struct bind_request b;
	struct fail fail;
	void *ctx = talloc_new(NULL);
	char *word = talloc_strndup(ctx, (const char *)data, size), path[4200];
	enum canon_last last = size ? data[size - 1] % (CANON_PARENT + 1) : 0;

	bindspec_parse(ctx, word, &b, &fail);
	talloc_free(ctx);
	f.count = make_host(&data, &size);
	take_text(&data, &size, path, sizeof(path));
	int r = walk(&slow, &f, &fake_ops, path, last);

	must(r == walk(&fast, &f, &fake_plain_ops, path, last));
	must(!f.broken && f.asked < 100000);
	if (r < 0)
		return 0;
	check_result(&slow, last);
	check_result(&fast, last);
	if (fast.flags & CANON_ERROR) { /* found at once and further on, or a missing last name */
		must(fast.error == (slow.flags & CANON_MISSING ? -ENOENT : slow.error));
		return 0;
	}
	must(slow.flags == fast.flags);
	must(strcmp(slow.host.s, fast.host.s) == 0 && strcmp(slow.guest.s, fast.guest.s) == 0);
	return 0;
}
