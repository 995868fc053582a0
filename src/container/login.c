/* SPDX-License-Identifier: MIT */
/*
 * A login in a container, as login(1) would make it but for the password: the user's shell and home
 * directory, and the variables that tell of them.
 */
#include <errno.h>
#include <talloc.h>

#include "container/container.h"
#include "container/place.h"
#include "container/start.h"

static int add(const char ***edits, const char *name, const char *value)
{
	char *edit;
	int r;

	if (!value)
		return 0;
	edit = talloc_asprintf(NULL, "+%s=%s", name, value);
	r = edit ? settings_add(talloc_parent(*edits), edits, edit) : -ENOMEM;
	talloc_free(edit);
	return r;
}

static int make_edits(void *ctx, const struct engine_login *l, const char ***ret)
{
	*ret = talloc_zero_array(ctx, const char *, 1);
	if (!*ret || add(ret, "HOME", l->home) < 0 || add(ret, "USER", l->name) < 0 ||
	    add(ret, "LOGNAME", l->name) < 0 || add(ret, "SHELL", l->shell ? l->shell : "/bin/sh"))
		return -ENOMEM;
	return 0;
}

int container_login(void *ctx, struct state *s, const char *name, const char *user,
		    const char ***ret_edits, const char **ret_home, struct fail *fail)
{
	struct session_config config = { .cwd = "/" };
	struct engine_login login;
	struct settings *settings;
	struct place *p;
	int r = place_open(s, s, name, &p, fail);

	if (r < 0)
		return r;
	r = place_settings(p, p, &settings, fail);
	if (r == 0)
		r = run_binds(p, settings, &config, fail);
	if (r == 0) {
		config.rootfs = place_rootfs(p, p);
		config.user = user ? user : settings->user ? settings->user : "0";
		r = engine_login(ctx, &config, &login, fail);
	}
	if (r == 0 && make_edits(ctx, &login, ret_edits) < 0)
		r = fail_errno(fail, ENOMEM, "login");
	if (r == 0)
		*ret_home = login.home;
	talloc_free(p);
	return r;
}
