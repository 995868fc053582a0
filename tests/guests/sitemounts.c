// SPDX-License-Identifier: MIT
/*
 * Relative names like those of procfs that lead into another mount, opened from one place while
 * signals come at ten kilohertz and more: how it was found out that it is not procfs is nobody's
 * answer.
 *
 * binds: /dev
 */
#include "sites.h"

static void on_signal(int sig)
{
	(void)sig;
	storm_next();
}

int main(void)
{
	int wrong = 0;
	long first = 0;

	NEED(chdir("/dev") == 0);
	storm_begin(on_signal, SA_RESTART, 4000);
	while (storm_left > 0) {
		long r = site_openat(AT_FDCWD, "pts/stat", O_RDONLY | O_CLOEXEC, 0);

		if (r != -ENOENT && !wrong++)
			first = r;
	}
	storm_end();
	printf("%d wrong, the first %ld\n", wrong, first);
	return 0;
}
