/* SPDX-License-Identifier: MIT */
/* kernel/sched/syscalls.c, kernel/sys.c, net/ipv4/af_inet.c: what they ask capable() for. */
#include "syscall/ceilings.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/capability.h>
#include <netinet/in.h>
#include <sched.h>
#include <string.h>
#include <sys/resource.h>

#include "base/kernfile.h"
#include "ident/cred.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* Is it for us to refuse what this capability is for? */
static bool lacks(const struct tracee *t, unsigned cap)
{
	const struct identity *id = tracee_session(t)->identity;

	return id && id->host_uid == 0 && !cred_capable(t->cred, cap);
}

static rlim_t limit_of(pid_t on, int resource)
{
	struct rlimit l;

	return prlimit(on, resource, NULL, &l) < 0 ? RLIM_INFINITY : l.rlim_cur;
}

int ceilings_plain_nice(pid_t on, int nice)
{
	int now;

	errno = 0;
	now = getpriority(PRIO_PROCESS, (id_t)on);
	if (errno || nice >= now)
		return 0;
	return (rlim_t)(20 - nice) <= limit_of(on, RLIMIT_NICE) ? 0 : -EACCES;
}

int ceilings_nice(const struct tracee *by, pid_t on, int nice)
{
	return lacks(by, CAP_SYS_NICE) ? ceilings_plain_nice(on, nice) : 0;
}

int ceilings_limit(const struct tracee *by, pid_t on, int resource, uint64_t limit, unsigned word)
{
	const uint64_t all = word == 4 ? UINT32_MAX : UINT64_MAX;
	struct rlimit now;
	uint64_t hard;

	if (!limit || !lacks(by, CAP_SYS_RESOURCE) ||
	    mem_read_word(by, limit + word, word, &hard) < 0 ||
	    prlimit(on ? on : by->process->pid, resource, NULL, &now) < 0)
		return 0;
	return (hard == all ? RLIM_INFINITY : hard) > now.rlim_max ? -EPERM : 0;
}

int ceilings_schedule(const struct tracee *by, pid_t on, int policy, uint64_t param)
{
	int priority;

	policy &= ~SCHED_RESET_ON_FORK;
	if ((policy != SCHED_FIFO && policy != SCHED_RR) || !lacks(by, CAP_SYS_NICE) ||
	    mem_read(by, param, &priority, sizeof(priority)) < 0)
		return 0;
	return (rlim_t)priority <= limit_of(on ? on : by->tid, RLIMIT_RTPRIO) ? 0 : -EPERM;
}

/* The first port that is for everybody. */
static unsigned first_free_port(void)
{
	unsigned port = IPPORT_RESERVED;

	kernfile_scan("/proc/sys/net/ipv4/ip_unprivileged_port_start", "%u", &port);
	return port;
}

int ceilings_port(const struct tracee *by, uint64_t addr, uint64_t len)
{
	struct sockaddr_in a; /* family and port lie the same in sockaddr_in6 */
	unsigned port;

	if (!lacks(by, CAP_NET_BIND_SERVICE) || len < sizeof(a) ||
	    mem_read(by, addr, &a, sizeof(a)) < 0 ||
	    (a.sin_family != AF_INET && a.sin_family != AF_INET6))
		return 0;
	port = ntohs(a.sin_port);
	return port && port < first_free_port() ? -EACCES : 0;
}
