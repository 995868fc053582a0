/* SPDX-License-Identifier: MIT */
/* The agent's start, by the loader of a new program. */
#ifndef PR_EXEC_LOADER_AGENT_H
#define PR_EXEC_LOADER_AGENT_H

/*
 * Maps what all agents share, the file `session`, into the image at `self`, and an island near an
 * address (0: near what was mapped last). The agent stays off where that cannot be had. The file
 * `counts` (NULL: none) is where it counts.
 */
void agent_begin(unsigned long self, const char *session, const char *counts, unsigned long near);

#endif
