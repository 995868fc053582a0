/* SPDX-License-Identifier: MIT */
/*
 * Developer's log to stderr: `PR_LOG=loop:debug,walk:debug` (module = file name without .c, or
 * `all`). Silent unless asked for; costs one load and test when off.
 */
#ifndef PR_BASE_LOG_H
#define PR_BASE_LOG_H

#include <stdbool.h>

/* Reads PR_LOG once; call before the first log_debug. */
void log_init(void);
/* True where `module` (a __FILE__) was asked for. */
bool log_wants(const char *module);
void log_write(const char *module, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

extern bool log_enabled;

#define log_debug(...)                                          \
	do {                                                    \
		if (log_enabled && log_wants(__FILE__))         \
			log_write(__FILE__, __VA_ARGS__);       \
	} while (0)

#endif
