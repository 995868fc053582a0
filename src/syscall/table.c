/* SPDX-License-Identifier: MIT */
/*
 * table.def as data, and the look-ups on it. Knows no tracee and no handler: that a row is EMULATE
 * is all it says; dispatch.c reads table.def a second time for the functions.
 */
#include "syscall/table.h"

#include <asm/sockios.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/fs.h>
#include <linux/fscrypt.h>
#include <linux/fsverity.h>
#include <linux/ipc.h>
#include <linux/net.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <linux/sem.h>
#include <stdbool.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include "arch/abis.h"
#include "arch/regs.h"
#include "syscall/pidfdinfo.h"

#ifndef SEM_STAT_ANY
#define SEM_STAT_ANY 20
#endif
#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856
#endif

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* What table.def is written in. */
/* clang-format off */
#define VALUES(...)	((const uint32_t[]){ __VA_ARGS__ })
#define COUNT(...)	ARRAY_SIZE(VALUES(__VA_ARGS__))
#define UNPAREN(...)	__VA_ARGS__

#define VERDICT_PASS			.verdict = V_PASS
#define VERDICT_TRANSLATE		.verdict = V_TRANSLATE
#define VERDICT_TRANSLATE_OR(handler)	.verdict = V_TRANSLATE
#define VERDICT_DENY_OR(err, handler)	VERDICT_DENY(err), .served_in = SESSION_IDENTITY
#define VERDICT_EMULATE(handler)	.verdict = V_EMULATE
#define VERDICT_DENY(err)		.verdict = V_DENY, .deny_errno = (err), .deny_name = #err

#define APPLIES_ALWAYS			.when = WHEN_ALWAYS
#define APPLIES_NONZERO(arg)		.when = WHEN_NONZERO, .when_arg = (arg)
#define APPLIES_EITHER(arg, other)	.when = WHEN_EITHER, .when_arg = (arg), \
					.when_other = (other)
#define APPLIES_SWEEP(arg)		.when = WHEN_SWEEP, .when_arg = (arg)
#define APPLIES_MASK(arg, bits)		.when = WHEN_MASK, .when_arg = (arg), .when_mask = (bits)
#define APPLIES_ONE_OF(arg, ...)	.when = WHEN_ONE_OF, .when_arg = (arg), \
					.when_values = VALUES(__VA_ARGS__), \
					.when_count = COUNT(__VA_ARGS__)
#define APPLIES_PID(arg)		.when = WHEN_PID, .when_arg = (arg)
#define APPLIES_KILL(arg)		.when = WHEN_KILL, .when_arg = (arg)
#define APPLIES_IF(want)		.session = SESSION_##want
#define APPLIES_IF_EITHER(want, other)	.session = SESSION_##want | SESSION_##other
/* Three reasons to stop, one handler; what only the others are for is harmless there. */
#define APPLIES_IF_ANY_ONE_OF(want, other, third, ...) \
	.session = SESSION_##want | SESSION_##other | SESSION_##third, APPLIES_ONE_OF(__VA_ARGS__)
#define APPLIES_IF_EITHER_ONE_OF(want, other, ...) \
	.session = SESSION_##want | SESSION_##other, APPLIES_ONE_OF(__VA_ARGS__)
#define APPLIES_IF_ONE_OF(want, ...)	APPLIES_IF(want), APPLIES_ONE_OF(__VA_ARGS__)
#define APPLIES_IF_SWEEP(want, arg)	APPLIES_IF(want), APPLIES_SWEEP(arg)
#define APPLIES_IF_MASK(want, arg, bits) APPLIES_IF(want), APPLIES_MASK(arg, bits)
#define APPLIES_OR_IF(want, ...)	.always_in = SESSION_##want, APPLIES_##__VA_ARGS__
#define APPLIES_OR_IF_EITHER(want, other, ...) \
	.always_in = SESSION_##want | SESSION_##other, APPLIES_##__VA_ARGS__

#define KIND(k)		{ .kind = (k) }
#define INT		KIND(ARG_INT)
#define FD		KIND(ARG_FD)
#define DIRFD		KIND(ARG_DIRFD)
#define PATH_OUT	KIND(ARG_PATH_OUT)
#define STRING		KIND(ARG_STRING)
#define STRV		KIND(ARG_STRV)
#define PTR		KIND(ARG_PTR)
#define SIZE		KIND(ARG_SIZE)
#define FLAGS		KIND(ARG_FLAGS)
#define OFLAGS		KIND(ARG_OFLAGS)
#define MODE		KIND(ARG_MODE)
#define UID		KIND(ARG_UID)
#define GID		KIND(ARG_GID)
#define PID		KIND(ARG_PID)
#define SIGNAL		KIND(ARG_SIGNAL)
#define SOCKADDR	KIND(ARG_SOCKADDR)
#define SOCKADDR_OUT	KIND(ARG_SOCKADDR_OUT)
#define MSGHDR		KIND(ARG_MSGHDR)
#define STAT_OUT	KIND(ARG_STAT_OUT)
#define HOW		KIND(ARG_HOW)

#define PATH(...)	PATH_PICK(__VA_ARGS__, PATH_FLAGGED, PATH_PLAIN)(__VA_ARGS__)
#define PATH_PICK(a, b, c, chosen, ...)	chosen
#define PATH_PLAIN(how, does)		PATH_FLAGGED(how, does, 0)
#define PATH_FLAGGED(how, does, index) \
	{ .kind = ARG_PATH, .rule = PATH_##how, .access = ACCESS_##does, .flags_arg = (index) }

/* `"" note`: the empty string for rows without one. */
#define SYS(id, v, w, arguments, ...) \
	[SC_##id] = { .name = #id, VERDICT_##v, APPLIES_##w, .args = { UNPAREN arguments }, \
		      .note = "" __VA_ARGS__ },
/* clang-format on */

const struct sys_row sys_rows[SC_COUNT] = {
	[SC_none] = { .name = "none", VERDICT_DENY(ENOSYS), .note = "" },
#include "syscall/table.def"
};

/* clang-format off */
#define ABI(id, audit, bytes, ...) \
	{ .name = #id, .audit_arch = (audit), .word_bytes = (bytes), .numbers = numbers_##id, \
	  .count = ARRAY_SIZE(numbers_##id), .regs = ABI_REGS(id), __VA_ARGS__ },
/* clang-format on */

const struct abi abis[] = { ARCH_ABIS(ABI){ .name = NULL } };

const struct abi *abi_by_audit_arch(uint32_t audit_arch)
{
	const struct abi *abi;

	for (abi = abis; abi->name; abi++)
		if (abi->audit_arch == audit_arch)
			return abi;
	return NULL;
}

enum sc sys_id(const struct abi *abi, unsigned nr)
{
	if (nr < abi->count)
		return abi->numbers[nr];
	nr -= abi->own_first;
	return nr < abi->own_count ? abi->own_numbers[nr] : SC_none;
}

const struct sys_row *sys_row(const struct abi *abi, unsigned nr)
{
	return &sys_rows[sys_id(abi, nr)];
}

int sys_number(const struct abi *abi, enum sc id)
{
	unsigned nr;

	if (id == SC_none)
		return -1;
	for (nr = 0; nr < abi->count; nr++)
		if (abi->numbers[nr] == id)
			return nr;
	for (nr = 0; nr < abi->own_count; nr++)
		if (abi->own_numbers[nr] == id)
			return abi->own_first + nr;
	return -1;
}

int sys_find_arg(const struct sys_row *row, enum arg_kind kind)
{
	for (int i = 0; i < 6; i++)
		if (row->args[i].kind == kind)
			return i;
	return -1;
}

/* open(2): O_EXCL forbids a link only together with O_CREAT, and O_PATH ignores both. */
static bool open_follows(uint64_t flags)
{
	if (flags & O_NOFOLLOW)
		return false;
	if (flags & O_PATH)
		return true;
	return (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
}

enum path_rule sys_path_rule(const struct sys_arg *a, const uint64_t args[6])
{
	uint64_t flags = args[a->flags_arg];

	switch ((enum path_rule)a->rule) {
	case PATH_OPEN: return open_follows(flags) ? PATH_FOLLOW : PATH_NOFOLLOW;
	case PATH_AT: return flags & AT_SYMLINK_NOFOLLOW ? PATH_NOFOLLOW : PATH_FOLLOW;
	case PATH_AT_FOLLOW: return flags & AT_SYMLINK_FOLLOW ? PATH_FOLLOW : PATH_NOFOLLOW;
	case PATH_INOTIFY: return flags & IN_DONT_FOLLOW ? PATH_NOFOLLOW : PATH_FOLLOW;
	case PATH_FANOTIFY: return flags & FAN_MARK_DONT_FOLLOW ? PATH_NOFOLLOW : PATH_FOLLOW;
	case PATH_FOLLOW:
	case PATH_NOFOLLOW:
	case PATH_PARENT:
	case PATH_BY_HANDLER: break;
	}
	return a->rule;
}
