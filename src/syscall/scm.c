/* SPDX-License-Identifier: MIT */
/* net/core/scm.c. A struct cmsghdr is a word for the length, then level and type, then the data. */
#include "syscall/scm.h"

#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <talloc.h>
#include <unistd.h>

#include "ident/cred.h"
#include "ident/reach.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* More than the kernel takes at once (net.core.optmem_max). */
enum { CONTROL_MAX = 1 << 20 };

/* One message in a buffer of them. */
struct cursor {
	char *bytes;
	size_t len, at;
	unsigned word; /* of the ABI: 4 or 8 */
};

static size_t header_bytes(const struct cursor *m)
{
	return m->word + 2 * sizeof(int);
}

/* The data of the message at m->at, or NULL where no whole message is left. */
static char *data_of(const struct cursor *m, size_t *ret_len)
{
	uint64_t len = 0;

	if (m->at > m->len || m->len - m->at < header_bytes(m))
		return NULL;
	memcpy(&len, m->bytes + m->at, m->word);
	if (len < header_bytes(m) || len > m->len - m->at)
		return NULL;
	*ret_len = (size_t)len - header_bytes(m);
	return m->bytes + m->at + header_bytes(m);
}

static void step(struct cursor *m, size_t data_len)
{
	m->at += (header_bytes(m) + data_len + m->word - 1) & ~(size_t)(m->word - 1);
}

static bool is_ucred(const struct cursor *m, size_t data_len)
{
	int what[2];

	memcpy(what, m->bytes + m->at + m->word, sizeof(what));
	return what[0] == SOL_SOCKET && what[1] == SCM_CREDENTIALS &&
	       data_len == sizeof(struct ucred);
}

/* The next credentials at or behind m->at; NULL: no more. */
static char *next_ucred(struct cursor *m)
{
	size_t len;
	char *data;

	while ((data = data_of(m, &len))) {
		bool found = is_ucred(m, len);

		step(m, len);
		if (found)
			return data;
	}
	return NULL;
}

/* The whole of it, a child of the tracee; NULL: not readable, or no memory. */
static char *read_control(const struct call *c, uint64_t addr, uint64_t len)
{
	char *bytes = len && len <= CONTROL_MAX ? talloc_size(c->t, (size_t)len) : NULL;

	if (bytes && mem_read(c->t, addr, bytes, (size_t)len) < 0)
		TALLOC_FREE(bytes);
	return bytes;
}

/* ---- out ------------------------------------------------------------------------------------ */

/* What differs from what would be told anyway is remembered with the process, until its next. */
static void remember(struct process *p, const struct cred *c, const struct ucred *said)
{
	p->claim.made = said->pid != p->pid || said->uid != c->uid || said->gid != c->gid;
	p->claim.pid = said->pid;
	p->claim.uid = said->uid;
	p->claim.gid = said->gid;
}

/* scm_check_creds, and the look for the pid behind it. */
static int check_claim(const struct tracee *t, const struct ucred *said)
{
	if (said->pid != t->process->pid && !cred_capable(t->cred, CAP_SYS_ADMIN))
		return -EPERM;
	if (!reach_claim(t->cred, said->uid, said->gid))
		return -EPERM;
	return kill(said->pid, 0) < 0 && errno == ESRCH ? -ESRCH : 0;
}

static int to_host(struct call *c, char *data)
{
	const struct tracee *t = c->t;
	const struct ucred host = { t->process->pid, getuid(), getgid() };
	struct ucred said;
	int r;

	memcpy(&said, data, sizeof(said));
	r = check_claim(t, &said);
	if (r < 0)
		return r;
	remember(t->process, t->cred, &said);
	memcpy(data, &host, sizeof(host));
	return 1;
}

static int all_to_host(struct call *c, char *bytes, size_t len)
{
	struct cursor m = { bytes, len, 0, c->abi->word_bytes };
	int r = 0;
	char *data;

	while (r >= 0 && (data = next_ucred(&m)))
		r = to_host(c, data);
	return r;
}

int scm_to_host(struct call *c, uint64_t addr, uint64_t len, size_t *ret_at)
{
	char *bytes;
	int r;

	if (!c->t->cred || !addr || len < sizeof(struct ucred))
		return 0;
	bytes = read_control(c, addr, len);
	if (!bytes)
		return 0; /* the kernel finds what is wrong */
	r = all_to_host(c, bytes, (size_t)len);
	if (r > 0 && call_stage(c, bytes, (size_t)len, ret_at) < 0)
		r = -ENOBUFS;
	talloc_free(bytes);
	return r;
}

/* ---- in ------------------------------------------------------------------------------------- */

bool scm_expected(const struct call *c, uint64_t addr, uint64_t len)
{
	return tracee_session(c->t)->passcred && addr && len >= sizeof(struct ucred);
}

/* Messages of the kernel's own come from pid 0 and stay as they are. */
static void to_guest(struct session *s, char *data)
{
	const struct who_claim *claim;
	const struct cred *cred;
	struct ucred said;

	memcpy(&said, data, sizeof(said));
	if (said.pid == 0)
		return;
	claim = who_claim(s, said.pid);
	cred = who_cred(s, said.pid);
	if (claim)
		said = (struct ucred){ claim->pid, claim->uid, claim->gid };
	else
		said = (struct ucred){ said.pid, cred ? cred->uid : who_uid(s, said.uid),
				       cred ? cred->gid : who_gid(s, said.gid) };
	memcpy(data, &said, sizeof(said));
}

void scm_to_guest(struct call *c, uint64_t addr, uint64_t len)
{
	char *bytes = scm_expected(c, addr, len) ? read_control(c, addr, len) : NULL;
	struct cursor m = { bytes, (size_t)len, 0, c->abi->word_bytes };
	char *data;

	while (bytes && (data = next_ucred(&m))) {
		to_guest(tracee_session(c->t), data);
		mem_write(c->t, addr + (uint64_t)(data - bytes), data, sizeof(struct ucred));
	}
	talloc_free(bytes);
}
