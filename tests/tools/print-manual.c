/* SPDX-License-Identifier: MIT */
/* Prints docs/pr.1 from the option table and the manual's prose. */
#include <stdio.h>

#include "cli/help.h"

int main(void)
{
	man_print(stdout);
	return fflush(stdout) ? 1 : 0;
}
