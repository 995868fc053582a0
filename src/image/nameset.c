// SPDX-License-Identifier: MIT
/*
 * Open addressing over 64-bit hashes that stand for the names: FNV-1a's step with a key of each
 * set's own, finished by murmur's mixer. Two names that are taken for one would only save what a
 * whiteout is to remove.
 */
#include "image/nameset.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <talloc.h>
#include <unistd.h>

enum { FIRST_ROOM = 1024 };

void nameset_init(struct nameset *s)
{
	*s = (struct nameset){ .key = 0 };
	if (getrandom(&s->key, sizeof(s->key), GRND_NONBLOCK) < 0)
		s->key = (uint64_t)getpid();
}

static uint64_t mix(uint64_t h)
{
	h = (h ^ h >> 33) * 0xff51afd7ed558ccdu;
	h = (h ^ h >> 33) * 0xc4ceb9fe1a85ec53u;
	return h ^ h >> 33;
}

static uint64_t hash_of(const struct nameset *s, uint64_t ino, const char *name)
{
	uint64_t h = mix(s->key ^ ino * 0x9e3779b97f4a7c15u);

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 1099511628211u;
	h = mix(h ^ s->key);
	return h ? h : 1;
}

static size_t slot_of(const struct nameset *s, uint64_t h)
{
	size_t i = h & (s->room - 1);

	while (s->slots[i] && s->slots[i] != h)
		i = (i + 1) & (s->room - 1);
	return i;
}

static int grow(void *ctx, struct nameset *s)
{
	struct nameset wider = { .room = s->room ? s->room * 2 : FIRST_ROOM, .count = s->count,
				 .key = s->key };

	wider.slots = talloc_zero_array(ctx, uint64_t, wider.room);
	if (!wider.slots)
		return -ENOMEM;
	for (size_t i = 0; i < s->room; i++)
		if (s->slots[i])
			wider.slots[slot_of(&wider, s->slots[i])] = s->slots[i];
	talloc_free(s->slots);
	*s = wider;
	return 0;
}

int nameset_add(void *ctx, struct nameset *s, uint64_t dir_ino, const char *name)
{
	uint64_t h = hash_of(s, dir_ino, name), *slot;

	if (s->count * 4 >= s->room * 3 && grow(ctx, s) < 0)
		return -ENOMEM;
	slot = &s->slots[slot_of(s, h)];
	s->count += *slot == 0;
	*slot = h;
	return 0;
}

bool nameset_has(const struct nameset *s, uint64_t dir_ino, const char *name)
{
	uint64_t h = hash_of(s, dir_ino, name);

	return s->room && s->slots[slot_of(s, h)] == h;
}

void nameset_clear(struct nameset *s)
{
	talloc_free(s->slots);
	s->slots = NULL;
	s->room = s->count = 0;
}
