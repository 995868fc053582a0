/* SPDX-License-Identifier: MIT */
/*
 * -p, --publish, --port-shift and -n: ports that guests know by other numbers than the host does.
 * Numbers are in the host's byte order; 0 is no port.
 */
#ifndef PR_TRACEE_PORTS_H
#define PR_TRACEE_PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fail;

struct port_pair {
	uint16_t in, out; /* the guests' number, the host's */
};

struct ports {
	struct port_pair *pairs; /* child */
	size_t count;
	unsigned shift;	 /* added to what is bound below 1024; 0: nothing is */
	bool cooperates; /* what is bound gets any port that is free */
};

/* A new one without any pair: child of ctx. NULL on OOM. */
struct ports *ports_new(void *ctx);

/* Is the word "N:N", "N:N/tcp", "N:N/udp"? */
bool ports_is_pair(const char *word);
/* Adds such a word; with `host_first` the host's number is in front. 0, or -1 with *fail set. */
int ports_add(struct ports *p, const char *word, bool host_first, struct fail *fail);

/* What the host is asked for where a guest binds `in`. -n calls free_port; 0: there is none. */
uint16_t ports_to_bind(struct ports *p, uint16_t in, uint16_t (*free_port)(void));
/* Where what guests know as `in` is, if one has bound it, or it was given; else `in`. */
uint16_t ports_to_host(const struct ports *p, uint16_t in);
/* By what number guests know the host's `out`; else `out`. */
uint16_t ports_to_guest(const struct ports *p, uint16_t out);

#endif
