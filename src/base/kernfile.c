/* SPDX-License-Identifier: MIT */
/* Line by line: a line too long for us counts as several, and values stand in short ones. */
#include "base/kernfile.h"

#include <stdarg.h>
#include <stdio.h>

bool kernfile_scan(const char *name, const char *format, ...)
{
	FILE *f = fopen(name, "re");
	bool found = false;
	char line[256];

	if (!f)
		return false;
	while (!found && fgets(line, sizeof(line), f)) {
		va_list values;

		va_start(values, format);
		found = vsscanf(line, format, values) > 0;
		va_end(values);
	}
	fclose(f);
	return found;
}
