/* SPDX-License-Identifier: MIT */
/* The progress line. It has no colours; it is rewritten in place ten times a second at most. */
#include "cli/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/quote.h"
#include "cli/terminal.h"

enum { SILENT_MS = 1000, EVERY_MS = 100 };

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

const char *size_text(uint64_t bytes, char ret[SIZE_TEXT])
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB", "PB", "EB" };
	double n = (double)bytes;
	int unit = 0;

	/* What would be printed as 1000 is 1 of the next. */
	while (n >= 999.5 && unit < 6) {
		n /= 1000;
		unit++;
	}
	snprintf(ret, SIZE_TEXT, "%.*f%s",
		 unit == 0 || n >= 99.95 ? 0
		 : n >= 9.995		 ? 1
					 : 2,
		 n, units[unit]);
	return ret;
}

static void time_left(uint64_t done, uint64_t total, long ms, char *ret, size_t size)
{
	uint64_t s =
		done ? (uint64_t)((double)(total - done) / (double)done * (double)ms / 1000) : 0;

	if (s < 60)
		snprintf(ret, size, ", %us left", (unsigned)s);
	else if (s < 3600)
		snprintf(ret, size, ", %um%02us left", (unsigned)(s / 60), (unsigned)(s % 60));
	else
		snprintf(ret, size, ", %uh%02um left", (unsigned)(s / 3600),
			 (unsigned)(s / 60 % 60));
}

void progress_format(const char *what, uint64_t done, uint64_t total, long ms, int columns,
		     char *ret, size_t size)
{
	char sizes[3][SIZE_TEXT], left[40] = "", line[256];
	int room;
	double rate = ms > 0 ? (double)done * 1000 / (double)ms : 0;

	size_text(done, sizes[0]);
	size_text((uint64_t)rate, sizes[2]);
	if (total && done <= total) {
		time_left(done, total, ms, left, sizeof(left));
		snprintf(line, sizeof(line), "%3u%% of %s, %s/s%s",
			 (unsigned)((double)done * 100 / (double)total), size_text(total, sizes[1]),
			 sizes[2], left);
	} else {
		snprintf(line, sizeof(line), "%s, %s/s", sizes[0], sizes[2]);
	}
	/* The numbers matter more than what they are of, the first of them most. */
	room = columns - (int)strlen(line) - 3;
	snprintf(ret, size, "%.*s%s%.*s", room > 0 ? room : 0, what, room > 0 ? ": " : "",
		 columns > 1 ? columns - 1 : 1, line);
}

static void tell(struct progress *progress, uint64_t done, uint64_t total)
{
	struct progress_line *p = (struct progress_line *)progress;
	char line[300], quoted[600];
	long now;

	if (!p->wanted)
		return;
	now = now_ms();
	if (done < p->last_done)
		p->began_ms = now;
	p->last_done = done;
	if (now - p->last_ms < (p->shown ? EVERY_MS : SILENT_MS) || now - p->began_ms < EVERY_MS ||
	    tcgetpgrp(STDERR_FILENO) != getpgrp())
		return;
	progress_format(p->what, done, total, now - p->began_ms, terminal_columns(STDERR_FILENO),
			line, sizeof(line));
	fprintf(stderr, "\r%s\033[K", quote_text(line, quoted, sizeof(quoted)));
	p->last_ms = now;
	p->shown = true;
}

void progress_begin(struct progress_line *p, const char *what)
{
	const char *term = getenv("TERM");

	*p = (struct progress_line){ .progress = { tell }, .what = what };
	p->began_ms = p->last_ms = now_ms();
	p->wanted = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;
}

void progress_end(struct progress_line *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
}
