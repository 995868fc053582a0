/* SPDX-License-Identifier: MIT */
/* Who the first program of a session is to be: -0, -i, --user, --groups. */
#ifndef PR_ENGINE_USER_H
#define PR_ENGINE_USER_H

#include "base/fail.h"

struct session_config;
struct view;
struct hostfs;
struct userdb_user;

/*
 * All its ids, names looked up in the guest's passwd(5) and group(5); `home` NULL where HOME is to
 * stay. What *ret holds are children of ctx. 0, or -1 with the reason.
 */
int user_find(void *ctx, const struct session_config *config, struct view *view,
	      struct hostfs *host, struct userdb_user *ret, struct fail *fail);

#endif
