/* SPDX-License-Identifier: MIT */
/* Pairs of port numbers: few, searched in order. */
#include "tracee/ports.h"

#include <stdlib.h>
#include <string.h>
#include <talloc.h>

#include "base/fail.h"

enum { FIRST_FREE = 1024 }; /* below it a port is for CAP_NET_BIND_SERVICE: ip(7) */

struct ports *ports_new(void *ctx)
{
	return talloc_zero(ctx, struct ports);
}

/* A number from 1 to 65535, and what stands behind it; 0: none. */
static uint16_t read_port(const char *word, const char **end)
{
	char *stop;
	unsigned long n;

	*end = word;
	if (*word < '0' || *word > '9')
		return 0;
	n = strtoul(word, &stop, 10);
	*end = stop;
	return n <= UINT16_MAX ? (uint16_t)n : 0;
}

static bool read_pair(const char *word, struct port_pair *ret)
{
	const char *at;

	ret->in = read_port(word, &at);
	if (!ret->in || *at != ':')
		return false;
	ret->out = read_port(at + 1, &at);
	return ret->out && (!*at || strcmp(at, "/tcp") == 0 || strcmp(at, "/udp") == 0);
}

bool ports_is_pair(const char *word)
{
	struct port_pair pair;

	return read_pair(word, &pair);
}

static const struct port_pair *find_in(const struct ports *p, uint16_t in)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->pairs[i].in == in)
			return &p->pairs[i];
	return NULL;
}

static bool add(struct ports *p, struct port_pair pair)
{
	struct port_pair *more = talloc_realloc(p, p->pairs, struct port_pair, p->count + 1);

	if (!more)
		return false;
	more[p->count++] = pair;
	p->pairs = more;
	return true;
}

int ports_add(struct ports *p, const char *word, bool host_first, struct fail *fail)
{
	struct port_pair pair;

	if (!read_pair(word, &pair))
		return fail_set(fail, "'%s' is no pair of ports: write %s, each from 1 to 65535",
				word, host_first ? "HOST:GUEST" : "GUEST:HOST");
	if (host_first)
		pair = (struct port_pair){ pair.out, pair.in };
	if (find_in(p, pair.in))
		return fail_set(fail, "port %u of the guest is given twice", pair.in);
	return add(p, pair) ? 0 : fail_set(fail, "no memory for ports");
}

uint16_t ports_to_bind(struct ports *p, uint16_t in, uint16_t (*free_port)(void))
{
	const struct port_pair *known = find_in(p, in);
	struct port_pair pair = { in, 0 };

	if (known)
		return known->out;
	if (p->cooperates)
		pair.out = free_port();
	else if (p->shift && in < FIRST_FREE)
		pair.out = (uint16_t)(in + p->shift);
	return pair.out && add(p, pair) ? pair.out : in;
}

uint16_t ports_to_host(const struct ports *p, uint16_t in)
{
	const struct port_pair *known = find_in(p, in);

	return known ? known->out : in;
}

uint16_t ports_to_guest(const struct ports *p, uint16_t out)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->pairs[i].out == out)
			return p->pairs[i].in;
	return out;
}
