/* SPDX-License-Identifier: MIT */
/* -l: hard links for guests where the host has none. */
#ifndef PR_ENGINE_LINKS_H
#define PR_ENGINE_LINKS_H

struct fail;

/* 0 where the host's own links serve, or nothing can be made there; else -1 with *fail set. */
int links_check(const char *rootfs, struct fail *fail);

#endif
