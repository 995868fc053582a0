/* SPDX-License-Identifier: MIT */
/* The developer's log. Module names are file names without directory and suffix. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool log_enabled;
static char wanted[256];

void log_init(void)
{
	const char *env = getenv("PR_LOG");

	if (!env)
		return;
	snprintf(wanted, sizeof(wanted), "%s", env);
	log_enabled = true;
}

static const char *module_name(const char *file, size_t *len)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file;

	*len = strcspn(base, ".");
	return base;
}

bool log_wants(const char *file)
{
	size_t len, n;
	const char *name = module_name(file, &len);

	for (const char *p = wanted; *p; p += n + (p[n] == ',')) {
		n = strcspn(p, ",");
		size_t word = strcspn(p, ",:");
		if ((word == len && strncmp(p, name, len) == 0) ||
		    (word == 3 && strncmp(p, "all", 3) == 0))
			return true;
	}
	return false;
}

void log_write(const char *file, const char *fmt, ...)
{
	char line[2048];
	size_t len;
	const char *name = module_name(file, &len);
	int n = snprintf(line, sizeof(line), "pr[%d] %.*s: ", (int)getpid(), (int)len, name);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line + n, sizeof(line) - n - 1, fmt, ap);
	va_end(ap);
	strncat(line, "\n", sizeof(line) - strlen(line) - 1);
	if (write(STDERR_FILENO, line, strlen(line)) < 0)
		return;
}
