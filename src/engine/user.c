/* SPDX-License-Identifier: MIT */
/* Looks users and groups up in the guest's own files, through its view. */
#include "engine/user.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "engine/engine.h"
#include "ident/userdb.h"
#include "path/canon.h"
#include "path/hostfs.h"

/* The whole file of that name in the guest, a child of ctx; NULL with errno: it cannot be read. */
static char *read_guest_file(void *ctx, struct view *view, struct hostfs *host, const char *name)
{
	struct canon *walk = talloc_zero(ctx, struct canon);
	const struct canon_base base = { GPATH("/"), HPATH(NULL) };
	char *text = NULL, *copy = NULL;
	size_t size = 0;
	FILE *f;
	int r;

	if (!walk)
		return NULL;
	walk->view = view;
	walk->ops = &hostfs_ops;
	walk->ctx = host;
	r = canon_walk(walk, base, name, CANON_FOLLOW);
	if (r == 0 && (walk->flags & CANON_ERROR))
		r = walk->error;
	errno = -r;
	f = r < 0 ? NULL : fopen(walk->host.s, "re");
	if (!f)
		return NULL;
	if (getdelim(&text, &size, '\0', f) >= 0)
		copy = talloc_strdup(ctx, text);
	else
		copy = talloc_strdup(ctx, ""); /* empty, or a directory */
	free(text);
	fclose(f);
	return copy;
}

static int read_table(void *ctx, struct view *view, struct hostfs *host, const char *name,
		      const char **ret, struct fail *fail)
{
	*ret = read_guest_file(ctx, view, host, name);
	if (*ret || errno == ENOENT || errno == ENOTDIR)
		return 0;
	return fail_errno(fail, errno, "cannot read the guest's %s", name);
}

int user_find(void *ctx, const struct session_config *config, struct view *view,
	      struct hostfs *host, struct userdb_user *ret, struct fail *fail)
{
	void *scratch;
	struct userdb db;
	int r;

	*ret = (struct userdb_user){ .uid = config->uid, .gid = config->gid };
	if (config->identity != IDENTITY_USER && !config->groups)
		return 0;
	scratch = talloc_new(ctx);
	r = read_table(scratch, view, host, "/etc/passwd", &db.passwd, fail);
	if (r == 0)
		r = read_table(scratch, view, host, "/etc/group", &db.group, fail);
	if (r == 0 && config->identity == IDENTITY_USER)
		r = userdb_find(ctx, &db, config->user, ret, fail);
	if (r == 0 && config->groups)
		r = userdb_groups(ctx, &db, config->groups, ret, fail);
	talloc_free(scratch);
	if (config->keep_home)
		ret->home = NULL;
	return r < 0 ? -1 : 0;
}
