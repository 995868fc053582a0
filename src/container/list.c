/* SPDX-License-Identifier: MIT */
/* What there is to tell of all containers: read one after the other, without a lock. */
#include "container/list.h"

#include <errno.h>
#include <talloc.h>

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
