// SPDX-License-Identifier: MIT
/*
 * Is the memory there that a call names? Using it where it is not would be a SIGSEGV, which the
 * kernel forces upon who has it blocked or ignored. So the kernel is asked by calls that do nothing
 * but fail, and asked once per page and moment: a thread that gives a page back and names it in a
 * call within that moment is found out by the fault (engine/ptrace/agent.c).
 */
#include "agent/freestanding.h"
#include "agent/inside.h"

#include <asm/errno.h>

#define MADV_POPULATE_WRITE 23

enum {
	PAGE = 4096,
	READABLE = 1,
	WRITABLE = 2 | READABLE,
	NO_SUCH_HOW = -1,
	SET_BYTES = 8, /* of a sigset_t */
};

static uint64_t page_of(uint64_t at)
{
	return at & -(uint64_t)PAGE;
}

/* rt_sigprocmask(2): the set is copied before `how` is looked at, and then there is no such how. */
static bool is_readable(uint64_t page)
{
	return machine_call(AC_RT_SIGPROCMASK, NO_SUCH_HOW, (long)page, 0, SET_BYTES, 0, 0) !=
	       -EFAULT;
}

/* Puts what is blocked there. */
static bool takes_a_set(uint64_t at)
{
	return machine_call(AC_RT_SIGPROCMASK, 0, 0, (long)at, SET_BYTES, 0, 0) != -EFAULT;
}

static long populate(uint64_t page)
{
	return machine_call(AC_MADVISE, (long)page, PAGE, MADV_POPULATE_WRITE, 0, 0, 0);
}

/*
 * What is less than a set is asked for at five times the price. Before Linux 5.14 that is not known
 * of any page, not of our own either: then it shall be tried.
 */
static bool takes_bytes(const struct agent_slot *slot, uint64_t page)
{
	return is_readable(page) &&
	       (populate(page) == 0 || populate(page_of((uint64_t)slot)) != 0);
}

/* May what of at..end lies in the page be written to? It will be, and may be anything now. */
static bool is_writable(const struct agent_slot *slot, uint64_t page, uint64_t at,
			uint64_t end)
{
	if (end - at < SET_BYTES)
		return takes_bytes(slot, page);
	if (page < at)
		return takes_a_set(at);
	return takes_a_set(end - page < SET_BYTES ? end - SET_BYTES : page);
}

static bool find(struct agent_slot *slot, uint64_t at, size_t n, uint64_t rights)
{
	const uint64_t end = at + n, last = page_of(end - 1);
	uint64_t page = page_of(at);

	if (at < PAGE || last < page)
		return agent_fails(slot, AGENT_FALL_POINTER);
	for (;; page += PAGE) {
		uint64_t *e = &slot->pages.known[page / PAGE % AGENT_PAGES];

		if (*e != (page | WRITABLE) && *e != (page | rights)) {
			if (!(rights == READABLE ? is_readable(page) :
						   is_writable(slot, page, at, end)))
				return agent_fails(slot, AGENT_FALL_POINTER);
			*e = page | rights;
		}
		if (page == last)
			return true;
	}
}

void agent_pages_begin(struct agent_slot *slot)
{
	uint64_t now = machine_ticks();

	if (now - slot->pages.since < agent_session.moment)
		return;
	memset(slot->pages.known, 0, sizeof(slot->pages.known));
	slot->pages.since = now;
}

bool agent_may_read(struct agent_slot *slot, uint64_t at, size_t n)
{
	return find(slot, at, n, READABLE);
}

bool agent_may_write(struct agent_slot *slot, uint64_t at, size_t n)
{
	return find(slot, at, n, WRITABLE);
}
