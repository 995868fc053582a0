// SPDX-License-Identifier: MIT
/*
 * Calls that the kernel may have as the guest makes them, once somebody has looked at what lies
 * behind their pointers: messages without a path and without credentials, births of what is traced
 * as its parent is. They may sleep for ever, or return twice, so the thread leaves its slot first:
 * it falls through to a *gate*, a call instruction of ours that is its call site's alone, and from
 * there goes on behind the site.
 *
 * What is looked at is the guest's own memory, which another of its threads may change before the
 * kernel reads it: see docs/decisions/0009.md.
 */
#include "agent/freestanding.h"
#include "agent/inside.h"

#define AF_UNIX	   1
#define SOL_SOCKET 1
#define SO_DOMAIN  39

/* <linux/sched.h>: CLONE_NEWTIME, NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET */
#define NEW_NAMESPACES 0x7e020080
#define CLONE_UNTRACED 0x00800000

enum {
	CALL_BYTES = 2,	     /* of a call instruction */
	MESSAGES_MAX = 64,   /* that are looked at in here */
	CLONE_ARGS_MIN = 64, /* CLONE_ARGS_SIZE_VER0 */
	CREDENTIALS_MIN = 12, /* fewer bytes of control messages hold no struct ucred */
};

/* struct msghdr and struct mmsghdr of <linux/socket.h> */
struct header {
	uint64_t name;
	uint32_t namelen, spare;
	uint64_t iov, iovlen, control, controllen;
	uint32_t flags, spare2;
};

struct message {
	struct header header;
	uint32_t len, spare;
};

static bool has_control(const struct header *h)
{
	return h->control && h->controllen >= CREDENTIALS_MIN;
}

/* sockmsg.c: a path is the tracer's to translate, and under an identity who one says to be. */
static enum agent_fall send_fall(struct agent_slot *slot, const struct header *h)
{
	const char *name = (const char *)h->name;
	uint16_t family;

	if (agent_has(AGENT_IDENTITY) && has_control(h))
		return AGENT_FALL_CREDENTIALS;
	if (!name || h->namelen <= sizeof(family))
		return AGENT_SERVED;
	if (!agent_may_read(slot, h->name, sizeof(family) + 1))
		return slot->why;
	memcpy(&family, name, sizeof(family));
	return family == AF_UNIX && name[sizeof(family)] ? AGENT_FALL_MESSAGE : AGENT_SERVED;
}

static bool is_unix(long fd)
{
	int domain = AF_UNIX, size = sizeof(domain);

	machine_call(AC_GETSOCKOPT, fd, SOL_SOCKET, SO_DOMAIN, (long)&domain, (long)&size, 0);
	return domain == AF_UNIX;
}

/* The sender's path, and who it is, are told by the tracer. */
static enum agent_fall receive_fall(long fd, const struct header *h)
{
	if (agent_has(AGENT_CREDENTIALS) && has_control(h))
		return AGENT_FALL_CREDENTIALS;
	return h->name && is_unix(fd) ? AGENT_FALL_MESSAGE : AGENT_SERVED;
}

/* `from` NULL: they are to be sent. */
static enum agent_fall many_fall(struct agent_slot *slot, const struct message *m, unsigned count,
				 const long *from)
{
	enum agent_fall why = count > MESSAGES_MAX ? AGENT_FALL_FLAGS : AGENT_SERVED;

	if (!why && count && !agent_may_read(slot, (uint64_t)m, count * sizeof(*m)))
		return slot->why;

	for (unsigned i = 0; i < count && !why; i++)
		why = from ? receive_fall(*from, &m[i].header) : send_fall(slot, &m[i].header);
	return why;
}

/* process.c: nobody is born untraced, and namespaces are the tracer's to refuse or to play. */
static enum agent_fall clone_fall(const uint64_t *flags, uint64_t size)
{
	return size < CLONE_ARGS_MIN || (*flags & (NEW_NAMESPACES | CLONE_UNTRACED)) ?
		       AGENT_FALL_CLONE : AGENT_SERVED;
}

/* AGENT_SERVED: it may pass. */
static enum agent_fall find_fall(const struct agent_frame *f, struct agent_slot *slot)
{
	const uint64_t b = AGENT_ARG(f, 1);
	const long fd = (long)AGENT_ARG(f, 0);
	const bool births = f->nr == AC_CLONE3;

	if (!agent_may_read(slot, births ? (uint64_t)fd : b,
			    births ? sizeof(uint64_t) : sizeof(struct header)))
		return slot->why;
	switch (f->nr) {
	case AC_SENDMSG: return send_fall(slot, (const struct header *)b);
	case AC_RECVMSG: return receive_fall(fd, (const struct header *)b);
	case AC_SENDMMSG:
		return many_fall(slot, (const struct message *)b, (unsigned)AGENT_ARG(f, 2), NULL);
	case AC_RECVMMSG:
		return many_fall(slot, (const struct message *)b, (unsigned)AGENT_ARG(f, 2), &fd);
	case AC_CLONE3: return clone_fall((const uint64_t *)fd, b);
	default: return AGENT_FALL_CALL;
	}
}

enum agent_fall agent_let_pass(struct agent_frame *f, struct agent_slot *slot)
{
	enum agent_fall why = AGENT_FALL_CALL;

	for (unsigned i = 0; i < AGENT_GATES && agent_mm.gate[i]; i++) {
		if (agent_mm.gate[i] != f->ret)
			continue;
		why = find_fall(f, slot);
		if (why == AGENT_SERVED)
			f->ret = (uint64_t)agent_gates + i * AGENT_GATE_BYTES + CALL_BYTES;
		break;
	}
	return why;
}
