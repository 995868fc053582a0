/* SPDX-License-Identifier: MIT */
/* The terminal's width. */
#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

enum { NARROW = 70, USUAL = 80 };

int terminal_columns(int fd)
{
	struct winsize w;

	if (isatty(fd) && ioctl(fd, TIOCGWINSZ, &w) == 0 && w.ws_col > 0)
		return w.ws_col;
	return USUAL;
}

bool terminal_is_narrow(int columns)
{
	return columns < NARROW;
}
