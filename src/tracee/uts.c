// SPDX-License-Identifier: MIT
/* Counted by the threads that see it. */
#include "tracee/uts.h"

#include <errno.h>
#include <string.h>
#include <talloc.h>

#include "tracee/session.h"
#include "tracee/tracee.h"

struct uts *uts_new(struct session *s)
{
	return talloc_zero(s, struct uts);
}

void uts_set(struct uts *uts, enum uts_field field, const char *text)
{
	struct uts_name fresh = { .is_set = true };

	strncpy(fresh.text, text, UTS_NAME_BYTES - 1);
	uts->names[field] = fresh;
	uts->is_set = true;
}

int uts_unshare(struct session *s, struct tracee *t)
{
	struct uts *own = uts_new(s);

	if (!own)
		return -ENOMEM;
	*own = *t->uts;
	own->refs = 0;
	tracee_set_uts(t, own);
	return 0;
}

void tracee_set_uts(struct tracee *t, struct uts *uts)
{
	struct uts *old = t->uts;

	t->uts = uts;
	if (uts)
		uts->refs++;
	if (old && --old->refs == 0)
		talloc_free(old);
}
