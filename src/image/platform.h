/* SPDX-License-Identifier: MIT */
/* Which of an index's images fits: operating system, processor, and its variant. */
#ifndef PR_IMAGE_PLATFORM_H
#define PR_IMAGE_PLATFORM_H

#include <stdbool.h>

#include "base/fail.h"

/* Go's names, as images have them: "linux", "arm64", "v8" or "". */
struct platform {
	char os[16], architecture[16], variant[16];
};

/* This host's. */
void platform_host(struct platform *ret);
/* "[OS/]ARCHITECTURE[/VARIANT]", uname's names for it as well. 0, or -EINVAL and why. */
int platform_parse(const char *text, struct platform *ret, struct fail *fail);
/* Can a host of `host` run what is made for `image`? Members that `image` leaves empty fit. */
bool platform_fits(const struct platform *host, const struct platform *image);
/* "linux/arm64/v8" */
void platform_print(const struct platform *p, char ret[52]);

#endif
