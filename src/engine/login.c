/* SPDX-License-Identifier: MIT */
/* What a login sets, by the guest's passwd(5). No guest is started. */
#include <sys/stat.h>
#include <talloc.h>

#include "engine/engine.h"
#include "engine/user.h"
#include "engine/view.h"
#include "ident/userdb.h"
#include "path/canon.h"
#include "path/hostfs.h"

static bool is_directory(struct view *view, struct hostfs *host, const char *name)
{
	struct canon *w = talloc_zero(host, struct canon);
	const struct canon_base base = { GPATH("/"), HPATH(NULL) };
	struct stat st;

	if (!w || name[0] != '/')
		return false;
	w->view = view;
	w->ops = &hostfs_ops;
	w->ctx = host;
	return canon_walk(w, base, name, CANON_FOLLOW) == 0 && !(w->flags & CANON_ERROR) &&
	       stat(w->host.s, &st) == 0 && S_ISDIR(st.st_mode);
}

int engine_login(void *ctx, const struct session_config *config, struct engine_login *ret,
		 struct fail *fail)
{
	struct hostfs *host = talloc_zero(ctx, struct hostfs);
	struct session_config user_of = *config;
	struct userdb_user user;
	struct view *view;

	if (!host)
		return fail_set(fail, "no memory for a login");
	user_of.identity = IDENTITY_USER;
	user_of.groups = NULL;
	user_of.keep_home = false;
	if (engine_view(host, config, NULL, host, &view, fail) < 0 ||
	    user_find(ctx, &user_of, view, host, &user, fail) < 0)
		return -1;
	*ret = (struct engine_login){
		.name = user.name,
		.home = is_directory(view, host, user.home) ? user.home : "/",
		.shell = user.shell,
	};
	talloc_free(host);
	return 0;
}
