/* SPDX-License-Identifier: MIT */
/* The agent's start, by the loader of a new program. */
#ifndef PR_EXEC_LOADER_AGENT_H
#define PR_EXEC_LOADER_AGENT_H

#include "exec/loader/image.h"
#include "exec/loader/protocol.h"

/*
 * Maps what all agents share, the plan's file, into the image at `self`, and an island near an
 * address (0: near what was mapped last). Where that cannot be had the agent stays off. Changes
 * the sites that the plan knows of in the interpreter, mapped last (NULL: there is none). Where the
 * plan has a file to count in, that is mapped, too.
 */
void agent_begin(unsigned long self, const struct loader_plan *plan, const struct image *interp,
		 unsigned long near);

#endif
