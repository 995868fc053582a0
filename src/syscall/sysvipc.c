/* SPDX-License-Identifier: MIT */
/*
 * The calls taken apart, and those that may wait. Who waits does so in the kernel, in a ppoll(2) on
 * nothing in place of its call, which a signal interrupts as it would the call; who has what it
 * waits for is made to leave it (session->interrupt), and finds the result in its exit stop.
 *
 * A signal that has no handler leads back to the call, which then waits anew behind the others; the
 * kernel's semop(2) fails with EINTR for SIGCONT after a stop, ours goes on.
 */
#include "syscall/sysvipc.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/ipc.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "base/kernfile.h"
#include "ident/cred.h"
#include "ipc/msg.h"
#include "ipc/sem.h"
#include "ipc/shm.h"
#include "syscall/handlers.h"
#include "syscall/sysvipc_impl.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* ipc(2)'s numbers, which sys/ipc.h does not have: linux/ipc.h. */
enum { CALL_MASK = 0xffff, VERSION_SHIFT = 16 };

enum { SECOND_NS = 1000000000 };

/* Child of the waiting thread: dies with its call. */
struct wait {
	struct ipc_waiter w;
	bool of_messages;
	uint64_t until_ns; /* 0: for ever */
};

/* ---- who --------------------------------------------------------------------------------- */

static bool cred_has_group(const void *cred, uint32_t gid)
{
	return cred_in_group(cred, gid);
}

/* Of the host: those of all guests are ours. */
static bool host_has_group(const void *none, uint32_t gid)
{
	gid_t groups[256];
	int n = getgroups(sizeof(groups) / sizeof(groups[0]), groups);

	(void)none;
	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return getegid() == gid;
}

static bool has_cap(const struct sysvipc *v, const struct cred *cred, unsigned cap)
{
	return cred ? cred_capable(cred, cap) : v->host_caps >> cap & 1;
}

static void find_who(const struct call *c, struct ipc_who *ret)
{
	const struct sysvipc *v = tracee_session(c->t)->sysvipc;
	const struct cred *cred = c->t->cred;

	*ret = (struct ipc_who){
		.uid = cred ? cred->euid : v->host_uid,
		.gid = cred ? cred->egid : v->host_gid,
		.pid = c->t->process->pid,
		.owner = has_cap(v, cred, CAP_IPC_OWNER),
		.admin = has_cap(v, cred, CAP_SYS_ADMIN),
		.resource = has_cap(v, cred, CAP_SYS_RESOURCE),
		.lock = has_cap(v, cred, CAP_IPC_LOCK),
		.in_group = cred ? cred_has_group : host_has_group,
		.cred = cred,
	};
}

static uint64_t own_caps(void)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct caps[2] = { { 0 } };

	if (syscall(SYS_capget, &head, caps) < 0)
		return 0;
	return caps[0].effective | (uint64_t)caps[1].effective << 32;
}

/* ---- the session's --------------------------------------------------------------------------- */

static void wake(void *ctx, struct ipc_waiter *w)
{
	const struct sysvipc *v = ctx;

	v->session->interrupt(w->thread);
}

static bool is_alive(void *ctx, const struct ipc_waiter *w)
{
	const struct tracee *t = w->thread;

	(void)ctx;
	return !t->exiting &&
	       (syscall(SYS_tgkill, t->process->pid, t->tid, 0) == 0 || errno != ESRCH);
}

int sysvipc_open(struct session *s)
{
	struct sysvipc *v = talloc_zero(s, struct sysvipc);
	struct ipc_host host = {
		.ctx = v,
		.wake = wake,
		.is_alive = is_alive,
		.make = sysvipc_make_file,
		.remove = sysvipc_remove_file,
		.count = sysvipc_count,
		.pages = sysvipc_pages,
		.page_size = (unsigned)s->page_size,
	};
	char *dir = v ? talloc_asprintf(v, "%s/" SYSVIPC_DIR, s->dir) : NULL;

	if (!dir)
		return -ENOMEM;
	if (mkdir(dir, 0700) < 0)
		return -errno;
	v->session = s;
	v->ipc = ipc_new(v, &host);
	v->host_caps = own_caps();
	v->host_uid = geteuid();
	v->host_gid = getegid();
	if (!v->ipc)
		return -ENOMEM;
	s->sysvipc = v;
	return 0;
}

void sysvipc_ends(struct tracee *t)
{
	struct process *p = t->process;

	if (!p->undos)
		return;
	if (!t->exiting) {
		t->exiting = true;
		p->exiting++;
	}
	if (p->exiting >= p->threads)
		sem_end(tracee_session(t)->sysvipc->ipc, &p->undos, p->pid);
}

/* ---- waiting ------------------------------------------------------------------------------- */

static int stop_waiting(struct wait *wait)
{
	ipc_stop_waiting(&wait->w);
	if (wait->of_messages)
		msg_free(wait->w.msg.message);
	return 0;
}

static struct wait *new_wait(struct call *c, const struct sysv_request *q)
{
	struct wait *wait = talloc_zero(c->t, struct wait);

	if (!wait)
		return NULL;
	talloc_set_destructor(wait, stop_waiting);
	wait->w.thread = c->t;
	wait->w.who = q->who;
	return wait;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

/* do_msg_fill */
static int64_t tell_message(struct call *c, const struct ipc_waiter *w)
{
	const struct message *m = w->msg.message;
	const size_t n = m->size < w->msg.room ? m->size : w->msg.room;
	const uint64_t at = c->id == SC_ipc ? w->msg.at : c->guest_arg[1];
	const int64_t type = m->type;

	if (mem_write(c->t, at, &type, c->abi->word_bytes) < 0 ||
	    (n && mem_write(c->t, at + c->abi->word_bytes, m->text, n) < 0))
		return -EFAULT;
	return (int64_t)n;
}

/* The exit stop of the ppoll(2). */
static int waited(struct call *c)
{
	const struct wait *wait = c->data;
	const struct ipc_waiter *w = &wait->w;

	if (w->done) {
		c->result = w->result;
		if (w->result == 0 && wait->of_messages && w->msg.message)
			c->result = tell_message(c, w);
		return 1;
	}
	if (c->result == 0) {
		c->result = -EAGAIN;
		return 1;
	}
	if (wait->until_ns) {
		c->t->cut_wait.ip = c->ip;
		c->t->cut_wait.until_ns = wait->until_ns;
		memcpy(c->t->cut_wait.arg, c->guest_arg, sizeof(c->guest_arg));
	}
	return 0;
}

/* How long from now on; at most what fits in a 32-bit word. */
static int put_timeout(struct call *c, uint64_t until_ns)
{
	const uint64_t now = now_ns(), left = until_ns > now ? until_ns - now : 0;
	const uint64_t seconds = left / SECOND_NS < INT32_MAX ? left / SECOND_NS : INT32_MAX;
	const int64_t wide[2] = { (int64_t)seconds, (int64_t)(left % SECOND_NS) };
	const int32_t words[2] = { (int32_t)wide[0], (int32_t)wide[1] };
	const bool narrow = c->abi->word_bytes == 4;

	return call_put(c, 2, narrow ? (const void *)words : wide,
			narrow ? sizeof(words) : sizeof(wide));
}

static int64_t wait_in_kernel(struct call *c, struct wait *wait)
{
	int r;

	c->data = wait;
	c->nr = sys_number(c->abi, SC_ppoll);
	c->flags |= CALL_CHANGED | CALL_WAITS;
	for (unsigned i = 0; i < 5; i++)
		call_set_arg(c, i, 0);
	r = wait->until_ns ? put_timeout(c, wait->until_ns) : 0;
	if (r < 0)
		return r;
	call_want_exit(c, waited);
	return SYSV_GOES_ON;
}

/* ---- semop ----------------------------------------------------------------------------------- */

/* Of a wait that is a signal's to cut short. 0 or -errno; *ret 0: it waits for ever. */
static int read_timeout(const struct call *c, const struct sysv_request *q, struct timespec *ret)
{
	int32_t narrow[2];
	int64_t wide[2];

	if (q->time32) {
		if (mem_read(c->t, q->arg[3], narrow, sizeof(narrow)) < 0)
			return -EFAULT;
		*ret = (struct timespec){ narrow[0], narrow[1] };
		return 0;
	}
	if (mem_read(c->t, q->arg[3], wide, sizeof(wide)) < 0)
		return -EFAULT;
	if (c->abi->word_bytes == 4) /* get_timespec64: the padding of tv_nsec does not count */
		wide[1] = (int32_t)wide[1];
	ret->tv_sec = (time_t)wide[0];
	ret->tv_nsec = (long)wide[1];
	return 0;
}

static bool is_cut(const struct call *c)
{
	const struct cut_wait *cut = &c->t->cut_wait;

	return cut->ip == c->ip && memcmp(cut->arg, c->guest_arg, sizeof(cut->arg)) == 0;
}

static uint64_t until(struct call *c, const struct timespec *timeout)
{
	const uint64_t seconds = (uint64_t)timeout->tv_sec;

	if (is_cut(c))
		return c->t->cut_wait.until_ns;
	if (seconds >= UINT64_MAX / SECOND_NS / 2)
		return 0;
	return now_ns() + seconds * SECOND_NS + (uint64_t)timeout->tv_nsec;
}

static int64_t operate_on(struct call *c, const struct sysv_request *q, const struct sem_op *ops,
			  const struct timespec *timeout)
{
	struct process *p = c->t->process;
	struct wait *wait = new_wait(c, q);
	int r;

	if (!wait)
		return -ENOMEM;
	r = sem_operate(q->ipc, &wait->w, (int)q->arg[0], ops, (unsigned)q->arg[2], &p->undos);
	if (p->undos && !c->t->tells_end)
		tracee_session(c->t)->tell_end(c->t);
	if (r == IPC_WAITS) {
		wait->until_ns = timeout ? until(c, timeout) : 0;
		return wait_in_kernel(c, wait);
	}
	talloc_free(wait);
	return r;
}

/* do_semtimedop */
static int64_t operate(struct call *c, const struct sysv_request *q)
{
	const unsigned count = (unsigned)q->arg[2];
	struct sem_op ops[IPC_SEMOPM];
	struct timespec timeout;
	int64_t r = q->arg[3] ? read_timeout(c, q, &timeout) : 0;

	if (r < 0)
		return r;
	if (count > IPC_SEMOPM)
		return -E2BIG;
	if (count < 1)
		return -EINVAL;
	if (mem_read(c->t, q->arg[1], ops, count * sizeof(ops[0])) < 0)
		return -EFAULT;
	if ((int)q->arg[0] < 0 || (q->arg[3] && (timeout.tv_sec < 0 || timeout.tv_nsec < 0 ||
						 timeout.tv_nsec >= SECOND_NS)))
		return -EINVAL;
	r = operate_on(c, q, ops, q->arg[3] ? &timeout : NULL);
	c->t->cut_wait.ip = 0;
	return r;
}

/* ---- messages -------------------------------------------------------------------------------- */

/* A handler is called in between: what comes then is another call. */
void sysvipc_signal(struct tracee *t, int sig)
{
	uint64_t caught = 0;
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/status", t->tid);
	if (!kernfile_scan(name, "SigCgt: %" SCNx64, &caught) || caught >> (sig - 1) & 1)
		t->cut_wait.ip = 0;
}

static int64_t as_long(const struct call *c, uint64_t value)
{
	return c->abi->word_bytes == 4 ? (int32_t)value : (int64_t)value;
}

static int64_t send_message(struct call *c, const struct sysv_request *q)
{
	const int64_t size = as_long(c, q->arg[2]);
	const unsigned word = c->abi->word_bytes;
	struct message *m;
	struct wait *wait;
	uint64_t type;
	int64_t r;

	if (mem_read_word(c->t, q->arg[1], word, &type) < 0)
		return -EFAULT;
	r = msg_check((int)q->arg[0], as_long(c, type), size);
	if (r < 0)
		return r;
	wait = new_wait(c, q);
	m = wait ? msg_new(q->ipc, as_long(c, type), (size_t)size) : NULL;
	if (!m)
		r = -ENOMEM;
	else if (size && mem_read(c->t, q->arg[1] + word, m->text, (size_t)size) < 0)
		r = -EFAULT;
	else
		r = msg_send(q->ipc, &wait->w, (int)q->arg[0], m, (int)q->arg[3]);
	if (r < 0)
		msg_free(m);
	if (r == IPC_WAITS) {
		wait->of_messages = true;
		return wait_in_kernel(c, wait);
	}
	talloc_free(wait);
	return r;
}

static int64_t receive_message(struct call *c, const struct sysv_request *q)
{
	struct wait *wait = new_wait(c, q);
	int64_t r;

	if (!wait)
		return -ENOMEM;
	r = msg_receive(q->ipc, &wait->w, (int)q->arg[0], as_long(c, q->arg[2]),
			as_long(c, q->arg[3]), (int)q->arg[4]);
	wait->w.msg.at = q->arg[1];
	wait->of_messages = r >= 0;
	if (r == IPC_WAITS)
		return wait_in_kernel(c, wait);
	if (r == 0)
		r = tell_message(c, &wait->w);
	talloc_free(wait);
	return r;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static void set_request(struct sysv_request *q, enum sc id, uint64_t a, uint64_t b, uint64_t d,
			uint64_t e)
{
	q->id = id;
	q->arg[0] = a;
	q->arg[1] = b;
	q->arg[2] = d;
	q->arg[3] = e;
}

/* The two ways in which ipc(2) takes msgrcv's five arguments. */
static int decode_receive(const struct call *c, struct sysv_request *q)
{
	const uint64_t *a = c->guest_arg;
	const unsigned word = c->abi->word_bytes;
	uint64_t at = a[4], type = a[5];

	if (a[0] >> VERSION_SHIFT == 0) {
		if (!a[4])
			return -EINVAL;
		if (mem_read_word(c->t, a[4], word, &at) < 0 ||
		    mem_read_word(c->t, a[4] + word, word, &type) < 0)
			return -EFAULT;
	}
	set_request(q, SC_msgrcv, a[1], at, a[2], type);
	q->arg[4] = a[3];
	return 0;
}

static int decode_control_of_sems(const struct call *c, struct sysv_request *q)
{
	const uint64_t *a = c->guest_arg;
	uint64_t arg;

	if (!a[4])
		return -EINVAL;
	if (mem_read_word(c->t, a[4], c->abi->word_bytes, &arg) < 0)
		return -EFAULT;
	set_request(q, SC_semctl, a[1], a[2], a[3], arg);
	return 0;
}

/* *ctl of ipc(2): which structs is said with the command. */
static void take_version(struct sysv_request *q, unsigned arg)
{
	q->abi.old = !(q->arg[arg] & IPC_64);
	q->arg[arg] &= ~(uint64_t)IPC_64;
}

/* ipc(2): a: call, first, second, third, ptr, fifth. */
static int decode_ipc(const struct call *c, struct sysv_request *q)
{
	const uint64_t *a = c->guest_arg;
	int r = 0;

	q->time32 = c->abi->word_bytes == 4;
	switch (a[0] & CALL_MASK) {
	case SEMOP:
		set_request(q, SC_semtimedop, a[1], a[4], a[2], 0);
		break;
	case SEMTIMEDOP:
		set_request(q, SC_semtimedop, a[1], a[4], a[2], a[5]);
		break;
	case SEMGET:
		set_request(q, SC_semget, a[1], a[2], a[3], 0);
		break;
	case SEMCTL:
		r = decode_control_of_sems(c, q);
		take_version(q, 2);
		break;
	case MSGSND:
		set_request(q, SC_msgsnd, a[1], a[4], a[2], a[3]);
		break;
	case MSGRCV:
		r = decode_receive(c, q);
		break;
	case MSGGET:
		set_request(q, SC_msgget, a[1], a[2], 0, 0);
		break;
	case MSGCTL:
		set_request(q, SC_msgctl, a[1], a[2], a[4], 0);
		take_version(q, 1);
		break;
	case SHMAT:
		set_request(q, SC_shmat, a[1], a[4], a[2], 0);
		q->told_at = a[3];
		r = a[0] >> VERSION_SHIFT == 1 ? -EINVAL : 0;
		break;
	case SHMDT:
		set_request(q, SC_shmdt, a[4], 0, 0, 0);
		break;
	case SHMGET:
		set_request(q, SC_shmget, a[1], a[2], a[3], 0);
		break;
	case SHMCTL:
		set_request(q, SC_shmctl, a[1], a[2], a[4], 0);
		take_version(q, 1);
		break;
	default:
		r = -ENOSYS;
	}
	return r;
}

static int decode(const struct call *c, struct sysv_request *q)
{
	*q = (struct sysv_request){ .id = c->id, .abi.word = c->abi->word_bytes };
	q->ipc = tracee_session(c->t)->sysvipc->ipc;
	find_who(c, &q->who);
	if (c->id == SC_ipc)
		return decode_ipc(c, q);
	memcpy(q->arg, c->guest_arg, sizeof(q->arg));
	switch (c->id) {
	case SC_semop: q->arg[3] = 0; break;
	case SC_old_shmctl: /* arm's */
	case SC_old_msgctl:
		q->id = c->id == SC_old_shmctl ? SC_shmctl : SC_msgctl;
		take_version(q, 1);
		break;
	case SC_old_semctl:
		q->id = SC_semctl;
		take_version(q, 2);
		break;
	default: break;
	}
	return 0;
}

static int64_t serve(struct call *c, const struct sysv_request *q)
{
	const uint64_t *a = q->arg;

	switch (q->id) {
	case SC_shmget:
		return shm_get(q->ipc, &q->who, (int32_t)a[0], a[1], (int)a[2]);
	case SC_semget:
		return sem_get(q->ipc, &q->who, (int32_t)a[0], (int)a[1], (int)a[2]);
	case SC_msgget:
		return msg_get(q->ipc, &q->who, (int32_t)a[0], (int)a[1]);
	case SC_shmat:
		return sysvipc_attach(c, q);
	case SC_shmdt:
		return sysvipc_detach(c, q);
	case SC_semop:
	case SC_semtimedop:
	case SC_semtimedop_time64:
		return operate(c, q);
	case SC_msgsnd:
		return send_message(c, q);
	case SC_msgrcv:
		return receive_message(c, q);
	default:
		return sysvipc_control(c, q);
	}
}

int sysvipc_call(struct call *c)
{
	struct sysv_request q;
	int64_t r = decode(c, &q);

	if (r == 0)
		r = serve(c, &q);
	if (r == SYSV_GOES_ON)
		return 0;
	return call_answer(c, r);
}

int sys_sysvipc(struct call *c)
{
	return sysvipc_call(c);
}
