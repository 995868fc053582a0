/* SPDX-License-Identifier: MIT */
/*
 * The table of syscalls: one row each, arch-neutral, from table.def. The filter, the dispatch,
 * --trace and docs/syscalls.md are made from it and from nothing else. Links without any tracee.
 */
#ifndef PR_SYSCALL_TABLE_H
#define PR_SYSCALL_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* SC_<name> for every row; SC_none is 0: a number without a row. */
enum sc {
	SC_none,
#define SYS(name, ...) SC_##name,
#include "syscall/table.def"
#undef SYS
	SC_COUNT
};

enum verdict {
	V_PASS,	     /* never stopped */
	V_TRANSLATE, /* stopped at entry; the argument kinds say all there is to do, but that a
			row TRANSLATE_OR(handler) has one for sessions with an identity */
	V_EMULATE,   /* stopped at entry; a handler decides what the kinds are worth */
	V_DENY,	     /* answered by the filter with `deny_errno`, but that a row DENY_OR(errno,
			handler) is V_EMULATE in sessions with an identity */
};

/*
 * When a row that is not PASS applies; decided by BPF on the raw arguments, else the call passes.
 * All but WHEN_NONZERO, WHEN_EITHER and WHEN_SWEEP look at the low 32 bits alone, as the kernel
 * does in these calls.
 */
enum when {
	WHEN_ALWAYS,
	WHEN_NONZERO, /* args[when_arg] != 0, as wide as the ABI's words */
	WHEN_EITHER,  /* the same, or of args[when_other] */
	/* args[when_arg], an address, lies below 4 GiB, or the length behind it is 4 GiB or more;
	   never in an ABI of 32 bits */
	WHEN_SWEEP,
	WHEN_MASK,    /* args[when_arg] & when_mask */
	WHEN_ONE_OF,  /* args[when_arg] is one of when_values */
	WHEN_PID,     /* args[when_arg] is one of ours (the tracer, the front) */
	WHEN_KILL,    /* so is args[when_arg], or minus it (a process group), or it is -1 or 0 */
};

/* What a session may ask the filter to stop, besides what is always stopped. */
enum session_wants {
	SESSION_LISTING = 1 << 0, /* getdents: there are binds over nothing, or names to hide */
	SESSION_SANDBOX = 1 << 1,
	SESSION_AFFINITY = 1 << 2, /* sched_[gs]etaffinity: we pin guests */
	SESSION_READ_ONLY = 1 << 3, /* some bind is :ro: changes through a descriptor */
	SESSION_ALIASES = 1 << 4, /* some host directory has two guest names */
	SESSION_IDENTITY = 1 << 5, /* -0, -i, --user: virtual credentials and owners */
	SESSION_AGENT = 1 << 6, /* guests may have agents in their memory */
	SESSION_UTS = 1 << 7, /* uname may say what the kernel does not */
	SESSION_SYSVIPC = 1 << 8, /* System V IPC is ours: --sysvipc */
	SESSION_ALL = (1 << 9) - 1,
};

/* What the row's verdict is in a session, where its condition holds. */
#define ROW_VERDICT(row, wants) \
	((row)->served_in & (wants) ? V_EMULATE : (row)->verdict)

/* Does `when` matter to a session? */
#define ROW_IS_CONDITIONAL(row, wants) \
	((row)->when != WHEN_ALWAYS && !((row)->always_in & (wants)))

/* Namespaces that change what a path or a pid means: not for guests (clone, clone3, unshare). */
#define PATH_NAMESPACES (CLONE_NEWNS | CLONE_NEWUSER | CLONE_NEWPID)

enum arg_kind {
	ARG_NONE,
	ARG_INT,
	ARG_FD,
	ARG_DIRFD, /* the base of the path in the next argument */
	ARG_PATH,
	ARG_PATH_OUT,
	ARG_STRING, /* printed, not translated */
	ARG_STRV,   /* argv, envp */
	ARG_PTR,
	ARG_SIZE,
	ARG_FLAGS, /* printed in hex */
	ARG_OFLAGS,
	ARG_MODE,
	ARG_UID,
	ARG_GID,
	ARG_PID,
	ARG_SIGNAL,
	ARG_SOCKADDR,
	ARG_SOCKADDR_OUT,
	ARG_MSGHDR,
	ARG_STAT_OUT,
	ARG_HOW, /* struct open_how */
};

/* How the last component of a path argument is treated. "" and NULL are the kernel's to judge. */
enum path_rule {
	PATH_FOLLOW,
	PATH_NOFOLLOW,
	PATH_PARENT,	 /* an entry to be made or removed */
	PATH_BY_HANDLER, /* only the handler can tell (openat2) */
	/* by the flags argument */
	PATH_OPEN,	/* O_NOFOLLOW, or O_CREAT|O_EXCL: not followed */
	PATH_AT,	/* followed unless AT_SYMLINK_NOFOLLOW */
	PATH_AT_FOLLOW, /* not followed unless AT_SYMLINK_FOLLOW (linkat) */
	PATH_INOTIFY,	/* followed unless IN_DONT_FOLLOW */
	PATH_FANOTIFY,	/* followed unless FAN_MARK_DONT_FOLLOW */
};

/*
 * What becomes of the object: EROFS in a :ro bind, EBUSY at a bind point, in the kernel's order.
 * And what DAC asks besides search permission on the way (syscall/permit.h).
 */
enum path_access {
	ACCESS_READ,	 /* looked up, and no more: nothing is asked */
	ACCESS_ENTER,	 /* a directory to be searched from here on: x */
	ACCESS_WATCH,	 /* r */
	ACCESS_WRITE,	 /* changes the object: ENOENT, then EROFS; who may is the handler's */
	ACCESS_CONTENT,	 /* the same, for who has w */
	ACCESS_TIMES,	 /* the same, for the owner or, where the times are now, who has w */
	ACCESS_CREATE,	 /* makes the entry: EEXIST, then EROFS */
	ACCESS_REMOVE,	 /* removes or replaces the entry: EROFS, then ENOENT, then EBUSY */
	ACCESS_BY_FLAGS, /* the open flags decide */
	ACCESS_AS_CREAT, /* as open with O_CREAT|O_WRONLY|O_TRUNC: creat has no flags argument */
	ACCESS_BY_MODE,	 /* W_OK in the argument of kind ARG_MODE decides (access) */
};

/* Does it change the object, whatever the call's flags? */
static inline bool path_access_changes(unsigned access)
{
	return access == ACCESS_WRITE || access == ACCESS_CONTENT || access == ACCESS_TIMES;
}

struct sys_arg {
	uint8_t kind;	   /* enum arg_kind */
	uint8_t rule;	   /* ARG_PATH: enum path_rule */
	uint8_t access;	   /* ARG_PATH: enum path_access */
	uint8_t flags_arg; /* ARG_PATH with a rule by the flags argument: its index */
};

struct sys_row {
	const char *name;
	enum verdict verdict;
	int deny_errno;		     /* V_DENY: positive */
	const char *deny_name;	     /* V_DENY: "ENOSYS" */
	unsigned served_in;	     /* V_DENY: enum session_wants in which it is V_EMULATE */
	unsigned session;	     /* 0, or only if the session has this enum session_wants */
	unsigned always_in;	     /* enum session_wants in which `when` is not asked */
	enum when when;		     /* `session` and `when` must both hold */
	uint8_t when_arg, when_other;
	uint32_t when_mask;	     /* WHEN_MASK */
	const uint32_t *when_values; /* WHEN_ONE_OF */
	size_t when_count;
	struct sys_arg args[6];
	const char *note; /* why, or what is partial; for docs/syscalls.md. Never NULL */
};

/* [SC_none] is what an unknown number gets: V_DENY with ENOSYS. */
extern const struct sys_row sys_rows[SC_COUNT];

/* One system call interface of the kernel: how a number and an audit arch name a row. */
struct abi {
	const char *name;	 /* "x86_64", "i386" */
	uint32_t audit_arch;	 /* seccomp_data.arch */
	unsigned word_bytes;	 /* of pointers, long and registers: 8 or 4 */
	const uint16_t *numbers; /* [nr] -> enum sc; SC_none in the holes */
	unsigned count;		 /* numbers known: 0..count-1 */
	unsigned own_first, own_count; /* and more, far above: this machine's alone (arm) */
	const uint16_t *own_numbers;
	const struct abi_regs *regs; /* arch/regs.h: where the call lies in the registers */
};

/* All ABIs of the machine we are built for, the native one first; NULL-terminated by .name. */
extern const struct abi abis[];
const struct abi *abi_by_audit_arch(uint32_t audit_arch);
/* The row of a number, or the row of SC_none. Never NULL. */
const struct sys_row *sys_row(const struct abi *abi, unsigned nr);
enum sc sys_id(const struct abi *abi, unsigned nr);
/* The number of a call under an ABI, or -1 where the ABI lacks it. */
int sys_number(const struct abi *abi, enum sc id);

/* The index of a row's first argument of this kind, or -1. */
int sys_find_arg(const struct sys_row *row, enum arg_kind kind);

/* The rule of a path argument with the flags of this call looked up: FOLLOW to BY_HANDLER. */
enum path_rule sys_path_rule(const struct sys_arg *a, const uint64_t args[6]);

#endif
