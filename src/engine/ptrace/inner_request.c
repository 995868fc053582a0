/* SPDX-License-Identifier: MIT */
/*
 * ptrace(2) of a guest. What is asked of a thread that stands still the kernel answers, on our
 * behalf and in the guest's own layout: a table says what each request reads and writes in the
 * tracer's memory. Only what the kernel sees otherwise than the guest tracer is to see it is
 * answered here. The order of checks is that of kernel/ptrace.c.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include "arch/debug.h"
#include "arch/regs.h"
#include "engine/ptrace/inner.h"
#include "engine/ptrace/loop.h"
#include "engine/ptrace/worker.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

enum {
	ROOM = 1 << 17, /* of one request's data */
	SIGNALS = 64,
};

#define KNOWN_OPTIONS 0x003000fful /* PTRACE_O_MASK */

/* What is at `data` in the tracer's memory. */
enum data {
	DATA_NONE,
	DATA_VALUE, /* nothing: it is the value */
	DATA_OUT,   /* `size` bytes are written there */
	DATA_IN,
	DATA_WORD,	 /* a word is written there */
	DATA_VECTOR_OUT, /* an iovec, and what that leads to */
	DATA_VECTOR_IN,
	DATA_SIZED_OUT, /* `addr` bytes at most; the answer says how many there would be */
	DATA_SIZED_IN,
	DATA_BASE, /* a code of arch_prctl(2); those that ask write a word at `addr` */
};

struct request {
	unsigned nr;
	enum data data;
	unsigned short size, narrow_size; /* narrow_size: in a 32-bit ABI, if not 0 */
};

static const struct request requests[] = {
	{ PTRACE_PEEKTEXT, DATA_WORD, 0, 0 },
	{ PTRACE_PEEKDATA, DATA_WORD, 0, 0 },
	{ PTRACE_PEEKUSER, DATA_WORD, 0, 0 },
	{ PTRACE_POKETEXT, DATA_VALUE, 0, 0 },
	{ PTRACE_POKEDATA, DATA_VALUE, 0, 0 },
	{ PTRACE_POKEUSER, DATA_VALUE, 0, 0 },
	ARCH_DEBUG_REQUESTS{ PTRACE_GETSIGINFO, DATA_OUT, sizeof(siginfo_t), 0 },
	{ PTRACE_SETSIGINFO, DATA_IN, sizeof(siginfo_t), 0 },
	{ PTRACE_GETEVENTMSG, DATA_WORD, 0, 0 },
	{ PTRACE_GETSIGMASK, DATA_OUT, sizeof(uint64_t), 0 },
	{ PTRACE_SETSIGMASK, DATA_IN, sizeof(uint64_t), 0 },
	{ PTRACE_GETREGSET, DATA_VECTOR_OUT, 0, 0 },
	{ PTRACE_SETREGSET, DATA_VECTOR_IN, 0, 0 },
	{ PTRACE_GET_SYSCALL_INFO, DATA_SIZED_OUT, 0, 0 },
	{ 0x4212 /* PTRACE_SET_SYSCALL_INFO */, DATA_SIZED_IN, 0, 0 },
	{ 0x420f /* PTRACE_GET_RSEQ_CONFIGURATION */, DATA_SIZED_OUT, 0, 0 },
	{ 0x4210 /* PTRACE_SET_SYSCALL_USER_DISPATCH_CONFIG */, DATA_SIZED_IN, 0, 0 },
	{ 0x4211 /* PTRACE_GET_SYSCALL_USER_DISPATCH_CONFIG */, DATA_SIZED_OUT, 0, 0 },
};

/* One ptrace call of ours, in the tracer's layout. `at` is where the kernel finds data of ours. */
struct asking {
	struct tracee *t, *tracer;
	bool narrow;
	unsigned nr;
	uint64_t addr, data;
	unsigned char *at;
};

/* Below 4 GiB, where a 32-bit request finds it. */
static unsigned char *room(void)
{
	static unsigned char *at;
	void *p;

	if (at)
		return at;
	p = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | ARCH_LOW_MAP, -1,
		 0);
	at = p == MAP_FAILED ? NULL : p;
	return at;
}

static int64_t ask(const struct asking *a, uint64_t addr, uint64_t data)
{
	return arch_debug(a->narrow, a->nr, a->t->tid, addr, data);
}

static unsigned word_bytes(const struct asking *a)
{
	return a->narrow ? 4 : sizeof(long);
}

static int64_t ask_out(const struct asking *a, uint64_t addr, size_t size)
{
	int64_t r = ask(a, addr, (uintptr_t)a->at);

	if (r >= 0 && mem_write(a->tracer, a->data, a->at, size) < 0)
		return -EFAULT;
	return r;
}

static int64_t ask_in(const struct asking *a, size_t size)
{
	if (mem_read(a->tracer, a->data, a->at, size) < 0)
		return -EFAULT;
	return ask(a, a->addr, (uintptr_t)a->at);
}

/* The iovec is at the begin of the room, what it leads to behind it. */
static int64_t ask_vector(const struct asking *a, bool in)
{
	const unsigned word = word_bytes(a);
	unsigned char *data = a->at + 64;
	const uint64_t mine = (uintptr_t)data;
	uint64_t base, size;
	int64_t r;

	if (mem_read_word(a->tracer, a->data, word, &base) < 0 ||
	    mem_read_word(a->tracer, a->data + word, word, &size) < 0)
		return -EFAULT;
	if (size > ROOM - 64)
		size = ROOM - 64;
	if (in && mem_read(a->tracer, base, data, size) < 0)
		return -EFAULT;
	memcpy(a->at, &mine, word);
	memcpy(a->at + word, &size, word);
	r = ask(a, a->addr, (uintptr_t)a->at);
	if (r < 0)
		return r;
	size = 0;
	memcpy(&size, a->at + word, word);
	if (!in && mem_write(a->tracer, base, data, size) < 0)
		return -EFAULT;
	return mem_write(a->tracer, a->data + word, &size, word) < 0 ? -EFAULT : r;
}

static int64_t ask_sized(const struct asking *a, bool in)
{
	const size_t size = a->addr < 512 ? a->addr : 512;
	int64_t r;

	if (in)
		return ask_in(a, size);
	r = ask(a, a->addr, (uintptr_t)a->at);
	if (r > 0 && mem_write(a->tracer, a->data, a->at, (size_t)r < size ? (size_t)r : size) < 0)
		return -EFAULT;
	return r;
}

static int64_t ask_base(const struct asking *a)
{
	int64_t r;

	if (!ARCH_IS_BASE_QUESTION(a->data))
		return ask(a, a->addr, a->data);
	r = ask(a, (uintptr_t)a->at, a->data);
	if (r >= 0 && mem_write(a->tracer, a->addr, a->at, word_bytes(a)) < 0)
		return -EFAULT;
	return r;
}

static int64_t carry_out(const struct asking *a, const struct request *q)
{
	size_t size = a->narrow && q->narrow_size ? q->narrow_size : q->size;

	switch (q->data) {
	case DATA_NONE:
	case DATA_VALUE:
		return ask(a, a->addr, a->data);
	case DATA_OUT:
		return ask_out(a, a->addr, size);
	case DATA_IN:
		return ask_in(a, size);
	case DATA_WORD:
		return ask_out(a, a->addr, word_bytes(a));
	case DATA_VECTOR_OUT:
		return ask_vector(a, false);
	case DATA_VECTOR_IN:
		return ask_vector(a, true);
	case DATA_SIZED_OUT:
		return ask_sized(a, false);
	case DATA_SIZED_IN:
		return ask_sized(a, true);
	case DATA_BASE:
		return ask_base(a);
	}
	return -EIO;
}

/* ---- what the kernel sees otherwise ---------------------------------------------------------- */

static int64_t get_event_message(const struct asking *a)
{
	const uint64_t value = a->t->inner->former;

	return mem_write(a->tracer, a->data, &value, word_bytes(a)) < 0 ? -EFAULT : 0;
}

/* The number, the error and the code are the same in each layout. */
static int64_t get_signal(const struct asking *a)
{
	const struct inner *in = a->t->inner;
	int32_t *info = (int32_t *)(void *)a->at;
	int64_t r;

	if (in->held == HELD_STOP && in->by_group && !in->seized)
		return -EINVAL;
	r = ask(a, 0, (uintptr_t)a->at);
	if (r < 0)
		return r;
	if (in->held == HELD_EXEC || in->held == HELD_EXEC_EXIT) {
		memset(info, 0, sizeof(siginfo_t));
		info[0] = SIGTRAP;
		info[2] = in->held == HELD_EXEC ? SIGTRAP | PTRACE_EVENT_EXEC << 8 : SIGTRAP | 0x80;
		info[a->narrow ? 3 : 4] = a->t->tid;
	}
	if ((in->held == HELD_ENTRY || in->held == HELD_EXIT || in->held == HELD_EXEC_EXIT) &&
	    !(in->options & PTRACE_O_TRACESYSGOOD))
		info[2] = SIGTRAP;
	return mem_write(a->tracer, a->data, a->at, sizeof(siginfo_t)) < 0 ? -EFAULT : 0;
}

/* The end of an execve is a stop of our own. */
static int64_t get_call(const struct asking *a)
{
	struct __ptrace_syscall_info info;
	const size_t size = offsetof(struct __ptrace_syscall_info, exit.is_error) + 1;
	int64_t r = arch_debug(false, a->nr, a->t->tid, sizeof(info), (uintptr_t)&info);

	if (r < 0)
		return r;
	info.op = PTRACE_SYSCALL_INFO_EXIT;
	info.exit.rval = 0;
	info.exit.is_error = 0;
	if (mem_write(a->tracer, a->data, &info, a->addr < size ? a->addr : size) < 0)
		return -EFAULT;
	return (int64_t)size;
}

static int64_t peek_signals(const struct asking *a)
{
	struct __ptrace_peeksiginfo_args args;
	int64_t r;

	if (mem_read(a->tracer, a->addr, &args, sizeof(args)) < 0)
		return -EFAULT;
	if (args.nr > (int32_t)(ROOM / sizeof(siginfo_t) / 2))
		args.nr = ROOM / sizeof(siginfo_t) / 2;
	memcpy(a->at, &args, sizeof(args));
	r = arch_debug(a->narrow, a->nr, a->t->tid, (uintptr_t)a->at, (uintptr_t)a->at + 256);
	if (r > 0 && mem_write(a->tracer, a->data, a->at + 256, (size_t)r * sizeof(siginfo_t)) < 0)
		return -EFAULT;
	return r;
}

static int64_t set_options(const struct asking *a)
{
	struct inner *in = a->t->inner;

	if (a->data & ~KNOWN_OPTIONS)
		return -EINVAL;
	if (a->data & PTRACE_O_SUSPEND_SECCOMP)
		return -EPERM;
	if ((a->data & PTRACE_O_TRACESECCOMP) && !(tracee_session(a->t)->has & HAS_SECCOMP))
		return -EINVAL;
	in->options = a->data;
	return 0;
}

static int64_t own_answer(const struct asking *a, bool *ret_done)
{
	const enum inner_held held = a->t->inner->held;

	*ret_done = true;
	switch (a->nr) {
	case PTRACE_GETSIGINFO:
		return get_signal(a);
	case PTRACE_PEEKSIGINFO:
		return peek_signals(a);
	case PTRACE_SETOPTIONS:
		return set_options(a);
	case PTRACE_SECCOMP_GET_FILTER:
	case PTRACE_SECCOMP_GET_METADATA:
		return -EACCES;
	case PTRACE_GETEVENTMSG:
		if (held == HELD_EXEC || held == HELD_EXEC_EXIT)
			return get_event_message(a);
		break;
	case PTRACE_GET_SYSCALL_INFO:
		if (held == HELD_EXEC_EXIT)
			return get_call(a);
		break;
	default:
		break;
	}
	*ret_done = false;
	return 0;
}

int64_t inner_ask(struct tracee *t, struct call *c)
{
	const bool narrow = c->abi->word_bytes < sizeof(long);
	const struct asking a = {
		.t = t,
		.tracer = c->t,
		.narrow = narrow,
		.nr = (unsigned)c->guest_arg[0],
		.addr = c->guest_arg[2],
		.data = c->guest_arg[3],
		.at = room(),
	};
	bool done;
	int64_t r;

	if (!a.at)
		return -ENOMEM;
	r = own_answer(&a, &done);
	if (done)
		return r;
	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].nr == a.nr)
			return carry_out(&a, &requests[i]);
	return -EIO;
}

/* ---- by which it goes on --------------------------------------------------------------------- */

static bool is_resumption(unsigned nr)
{
	return nr == PTRACE_CONT || nr == PTRACE_SYSCALL || nr == PTRACE_SINGLESTEP ||
	       ARCH_IS_RESUMPTION(nr);
}

static int64_t let_go(struct tracee *t, const struct call *c)
{
	struct inner *in = t->inner;
	const unsigned nr = (unsigned)c->guest_arg[0];

	if (c->guest_arg[3] > SIGNALS)
		return -EIO;
	if (nr == PTRACE_DETACH) {
		inner_detach(t, (int)c->guest_arg[3]);
		return 0;
	}
	in->request = nr;
	inner_release(t, in->held, (int)c->guest_arg[3]);
	return 0;
}

/* The end of its stop is told as one: PTRACE_EVENT_STOP. */
static int64_t listen(struct tracee *t)
{
	struct inner *in = t->inner;

	if (!in->seized || in->held != HELD_STOP)
		return -EIO;
	if (ptrace(PTRACE_LISTEN, t->tid, 0, 0) < 0)
		return -errno;
	in->held = HELD_LISTENING;
	t->stands = false;
	in->report = 0;
	return 0;
}

static int64_t interrupt(struct tracee *t)
{
	struct inner *in = t->inner;

	if (!in->seized)
		return -EIO;
	in->interrupted = true;
	ptrace(PTRACE_INTERRUPT, t->tid, 0, 0);
	return 0;
}

/* ---- the call -------------------------------------------------------------------------------- */

static int64_t take(struct tracee *t, struct call *c)
{
	const bool seize = c->guest_arg[0] == PTRACE_SEIZE;
	const uint64_t options = seize ? c->guest_arg[3] : 0;

	if (seize && (c->guest_arg[2] || (options & ~KNOWN_OPTIONS)))
		return -EIO;
	if (options & PTRACE_O_SUSPEND_SECCOMP)
		return -EPERM;
	if ((options & PTRACE_O_TRACESECCOMP) && !(tracee_session(t)->has & HAS_SECCOMP))
		return -EINVAL;
	return inner_take(t, c->t, seize, options);
}

static int64_t serve(struct tracee *t, struct call *c)
{
	const unsigned nr = (unsigned)c->guest_arg[0];
	struct inner *in = t->inner;

	if (nr == PTRACE_ATTACH || nr == PTRACE_SEIZE)
		return take(t, c);
	if (!in || in->tracer != c->t)
		return -ESRCH;
	if (nr == PTRACE_KILL) {
		kill(t->process->pid, SIGKILL);
		return 0;
	}
	if (nr == PTRACE_INTERRUPT)
		return interrupt(t);
	if (in->held <= HELD_LISTENING)
		return -ESRCH;
	if (nr == PTRACE_LISTEN)
		return listen(t);
	if (nr == PTRACE_DETACH || is_resumption(nr))
		return let_go(t, c);
	return inner_ask(t, c);
}

/* The tracer, which another worker served, has its answer. */
static void answered(struct tracee *tracer, pid_t unused)
{
	(void)unused;
	if (tracer->asks_elsewhere)
		loop_answered(tracer);
}

static void serve_elsewhere(struct tracee *t, pid_t tracer)
{
	struct tracee *by = tracee_find(tracee_session(t), tracer);

	if (!by || !by->asks_elsewhere)
		return;
	call_answer(&by->call, serve(t, &by->call));
	worker_errand(by, answered, 0);
}

/* Nobody of ours: the kernel's own word, but for the tracer, which is not there. */
static int64_t stranger(const struct call *c, pid_t pid)
{
	const unsigned nr = (unsigned)c->guest_arg[0];

	if (session_is_ours(tracee_session(c->t), pid) || pid <= 0 ||
	    (kill(pid, 0) < 0 && errno == ESRCH))
		return -ESRCH;
	return nr == PTRACE_ATTACH || nr == PTRACE_SEIZE ? -EPERM : -ESRCH;
}

int inner_ptrace(struct call *c)
{
	struct session *s = tracee_session(c->t);
	const pid_t pid = (pid_t)c->guest_arg[1];
	struct tracee *t;

	if (c->guest_arg[0] == PTRACE_TRACEME)
		return call_answer(c, inner_trace_me(c));
	t = tracee_find(s, pid);
	if (!t)
		return call_answer(c, stranger(c, pid));
	if (worker_is_mine(t->worker))
		return call_answer(c, serve(t, c));
	c->t->asks_elsewhere = true;
	if (worker_errand(t, serve_elsewhere, c->t->tid) == 0)
		return 0;
	c->t->asks_elsewhere = false;
	return -ENOMEM;
}
