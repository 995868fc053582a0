// SPDX-License-Identifier: MIT
/*
 * Calls that the kernel may have as the guest makes them, once somebody has looked at what lies
 * behind their pointers: addresses of sockets that are no paths, messages without one and without
 * credentials, births of what is traced as its parent is. They may sleep for ever, or return
 * twice, so the thread leaves its slot first: it falls through to a *gate*, a call instruction of
 * ours that is its call site's alone, and from there goes on behind the site.
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

/* sockets.c: paths and ports are the tracer's to translate, and it notes who connects. */
static enum agent_fall address_fall(struct agent_slot *slot, uint64_t address, uint32_t len,
				    bool connects)
{
	const char *name = (const char *)address;
	uint16_t family;

	if (!name || len <= sizeof(family))
		return AGENT_SERVED;
	if (!agent_may_read(slot, address, sizeof(family) + 1))
		return slot->why;
	memcpy(&family, name, sizeof(family));
	if (family != AF_UNIX)
		return agent_has(AGENT_PORTS) ? AGENT_FALL_ADDRESS : AGENT_SERVED;
	if (connects && agent_has(AGENT_IDENTITY))
		return AGENT_FALL_CREDENTIALS;
	return name[sizeof(family)] ? AGENT_FALL_ADDRESS : AGENT_SERVED;
}

/* sockmsg.c: and so is, under an identity, who one says to be. */
static enum agent_fall send_fall(struct agent_slot *slot, const struct header *h)
{
	if (agent_has(AGENT_IDENTITY) && has_control(h))
		return AGENT_FALL_CREDENTIALS;
	return address_fall(slot, h->name, h->namelen, false);
}

static bool is_translated(long fd)
{
	int domain = AF_UNIX, size = sizeof(domain);

	machine_call(AC_GETSOCKOPT, fd, SOL_SOCKET, SO_DOMAIN, (long)&domain, (long)&size, 0);
	return domain == AF_UNIX || agent_has(AGENT_PORTS);
}

/* A path that comes back is told by the tracer, */
static enum agent_fall result_fall(long fd, uint64_t address)
{
	return address && is_translated(fd) ? AGENT_FALL_ADDRESS : AGENT_SERVED;
}

/* and so is who a message is from. */
static enum agent_fall receive_fall(long fd, const struct header *h)
{
	if (agent_has(AGENT_CREDENTIALS) && has_control(h))
		return AGENT_FALL_CREDENTIALS;
	return result_fall(fd, h->name);
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

static enum agent_fall message_fall(const struct agent_frame *f, struct agent_slot *slot)
{
	const long fd = (long)AGENT_ARG(f, 0);
	const uint64_t at = AGENT_ARG(f, 1);
	const unsigned count = (unsigned)AGENT_ARG(f, 2);

	if (!agent_may_read(slot, at, sizeof(struct header)))
		return slot->why;
	switch (f->nr) {
	case AC_SENDMSG: return send_fall(slot, (const struct header *)at);
	case AC_RECVMSG: return receive_fall(fd, (const struct header *)at);
	case AC_SENDMMSG: return many_fall(slot, (const struct message *)at, count, NULL);
	default: return many_fall(slot, (const struct message *)at, count, &fd);
	}
}

/* process.c: nobody is born untraced, and namespaces are the tracer's to refuse or to play. */
static enum agent_fall clone_fall(const struct agent_frame *f, struct agent_slot *slot)
{
	const uint64_t *flags = (const uint64_t *)AGENT_ARG(f, 0), size = AGENT_ARG(f, 1);

	if (!agent_may_read(slot, AGENT_ARG(f, 0), sizeof(*flags)))
		return slot->why;
	return size < CLONE_ARGS_MIN || (*flags & (NEW_NAMESPACES | CLONE_UNTRACED)) ?
		       AGENT_FALL_CLONE : AGENT_SERVED;
}

/* AGENT_SERVED: it may pass. */
static enum agent_fall find_fall(const struct agent_frame *f, struct agent_slot *slot)
{
	const long fd = (long)AGENT_ARG(f, 0);

	switch (f->nr) {
	case AC_CONNECT:
		return address_fall(slot, AGENT_ARG(f, 1), (uint32_t)AGENT_ARG(f, 2), true);
	case AC_SENDTO:
		return address_fall(slot, AGENT_ARG(f, 4), (uint32_t)AGENT_ARG(f, 5), false);
	case AC_ACCEPT:
	case AC_ACCEPT4:
	case AC_GETSOCKNAME:
	case AC_GETPEERNAME: return result_fall(fd, AGENT_ARG(f, 1));
	case AC_RECVFROM: return result_fall(fd, AGENT_ARG(f, 4));
	case AC_SENDMSG:
	case AC_RECVMSG:
	case AC_SENDMMSG:
	case AC_RECVMMSG: return message_fall(f, slot);
	case AC_CLONE3: return clone_fall(f, slot);
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
