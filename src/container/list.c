/* SPDX-License-Identifier: MIT */
/* What there is to tell of all containers: read one after the other, without a lock. */
#include "container/list.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <talloc.h>

#include "base/json.h"
#include "container/container.h"

static int look(void *ctx, struct state *s, struct listed *ret, struct fail *fail)
{
	struct place *p;
	int r = place_open(ctx, s, ret->name, &p, fail);

	if (r < 0)
		return r;
	r = place_settings(ctx, p, &ret->settings, fail);
	if (r == 0)
		r = place_status(p, &ret->status, fail);
	talloc_free(p);
	return r;
}

int container_list(void *ctx, struct state *s, struct listed **ret, size_t *ret_count,
		   struct fail *fail)
{
	struct fail ignored;
	size_t all = 0;
	char **names;
	int r = state_containers(ctx, s, &names, fail);

	if (r < 0)
		return r;
	while (names[all])
		all++;
	*ret_count = 0;
	*ret = talloc_zero_array(ctx, struct listed, all + 1);
	if (!*ret)
		return fail_errno(fail, ENOMEM, "containers");
	for (size_t i = 0; i < all; i++) {
		struct listed *l = &(*ret)[*ret_count];

		l->name = names[i];
		*ret_count += look(*ret, s, l, &ignored) == 0;
	}
	return 0;
}

int container_inspect(struct state *s, const char *name, FILE *out, struct fail *fail)
{
	void *ctx = talloc_new(NULL);
	struct listed l = { .name = name };
	int r = look(ctx, s, &l, fail);
	char *text = r == 0 ? settings_write(ctx, l.settings) : NULL;

	if (text) {
		fputs(" {\"name\": ", out);
		json_put_string(out, name);
		fprintf(out, ", \"state\": \"%s\", \"pid\": %d, \"started\": %lld, "
			     "\"finished\": %lld, \"exit\": %d",
			place_state_name(&l.status), (int)l.status.pid, l.status.started,
			l.status.finished, l.status.exit);
		json_put_member(out, "rootfs", talloc_asprintf(ctx, "%s/containers/%s/rootfs",
							       s->dir, name));
		/* Its own members, behind those: without the brace in front of them. */
		fprintf(out, ",%s", text + 1);
	} else if (r == 0) {
		r = fail_errno(fail, ENOMEM, "container %s", name);
	}
	talloc_free(ctx);
	return r;
}
