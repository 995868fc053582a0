/* SPDX-License-Identifier: MIT */
/*
 * The ptrace engine's way from a configuration to a running session: probe the kernel, build the
 * view and the filter, make the three processes, wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "arch/loader.h"
#include "arch/regs.h"
#include "engine/choice.h"
#include "engine/command.h"
#include "engine/engine.h"
#include "engine/sessions/registry.h"
#include "engine/features.h"
#include "engine/view.h"
#include "engine/ptrace/emulators.h"
#include "engine/ptrace/filter.h"
#include "engine/ptrace/landlock.h"
#include "engine/ptrace/start.h"
#include "engine/ptrace/stats.h"
#include "engine/ptrace/traced.h"
#include "exec/plan.h"
#include "syscall/exec.h"
#include "syscall/guestfs.h"
#include "syscall/sysvipc.h"
#include "tracee/fs.h"
#include "tracee/kernelspec.h"
#include "tracee/session.h"

static void probe(struct session *s, unsigned debug)
{
	if (!(debug & DEBUG_NO_SECCOMP) && feature_seccomp() == 0)
		s->has |= HAS_SECCOMP;
	if (!(debug & DEBUG_NO_PROCESS_VM) && feature_process_vm() == 0)
		s->has |= HAS_PROCESS_VM;
	if (ARCH_HAS_STUBS && !(debug & DEBUG_NO_STUB))
		s->has |= HAS_STUB;
	/* Until the kernel refuses it: it takes a guest to ask. */
	if (ARCH_SETS_CALL_INFO && !(debug & DEBUG_NO_SYSCALL_INFO))
		s->has |= HAS_SET_SYSCALL_INFO;
	if (feature_execve_check() == 0)
		s->has |= HAS_EXECVE_CHECK;
	s->pin = !(debug & DEBUG_NO_PIN) && sysconf(_SC_NPROCESSORS_ONLN) > 1;
}

/* Why the agents are not wanted, or NULL. */
static const char *agentless(const struct session_config *config)
{
	return config->sandbox	  ? "--sandbox"
	       : config->no_agent ? "--no-agent"
	       : config->trace	  ? "--trace"
				  : NULL;
}

static int open_trace(struct session *s, const char *name, struct fail *fail)
{
	if (!name)
		return 0;
	s->trace = *name ? fopen(name, "we") : stderr;
	return s->trace ? 0 : fail_errno(fail, errno, "cannot write the trace to '%s'", name);
}

static int build_view(struct session *s, const struct session_config *config, struct fail *fail)
{
	struct view *v;

	if (engine_view(s, config, s->dir, &s->hostfs, &v, fail) < 0)
		return -1;
	s->fs = fs_new(s, v);
	if (!s->fs)
		return fail_errno(fail, ENOMEM, "cannot keep the guest's view");
	s->fs->refs++; /* the session's own */
	for (size_t i = 0; i < v->count; i++)
		s->view_read_only |= v->binds[i].flags & BIND_RO;
	s->view_aliases = view_has_aliases(v);
	s->view = v;
	return 0;
}

/* Where names may be told that are not the host's. */
static int open_uts(struct session *s, const struct session_config *config, struct fail *fail)
{
	const struct kernel_spec *k = config->kernel;

	if (!k && config->identity == IDENTITY_NONE)
		return 0;
	s->uts = uts_new(s);
	if (!s->uts)
		return fail_errno(fail, ENOMEM, "cannot keep the guest's name");
	s->uts->refs++; /* the session's own */
	for (unsigned i = 0; k && i < UTS_FIELDS; i++)
		if (k->names[i].is_set)
			uts_set(s->uts, i, k->names[i].text);
	if (k && (k->machine.has_hwcap || k->machine.has_hwcap2 || k->machine.platform))
		s->machine = &k->machine;
	return 0;
}

struct session *session_open(const struct session_config *config, struct fail *fail)
{
	struct session *s = talloc_zero(NULL, struct session);
	struct session_config shown = *config;

	if (!s)
		return NULL;
	pthread_mutex_init(&s->lock, NULL);
	probe(s, config->debug);
	s->sandbox = config->sandbox;
	s->strict = config->strict;
	s->agentless = agentless(config);
	s->stats = config->stats ? stats_new(s) : NULL;
	s->page_size = (size_t)sysconf(_SC_PAGESIZE);
	s->dir = sessiondir_make(s, &s->dir_lock_fd, fail);
	if (!s->dir || open_trace(s, config->trace, fail) < 0)
		goto failed;
	s->hostfs.openat2 = config->debug & DEBUG_NO_OPENAT2 ? HOSTFS_NO_OPENAT2 : HOSTFS_OPENAT2;
	if (emulators_open(s, &shown, fail) < 0 || build_view(s, &shown, fail) < 0)
		goto failed;
	s->walk.view = s->view;
	s->walk.ops = &guestfs_ops;
	s->walk.ctx = s;
	if ((config->sysvipc || feature_sysvipc() == -ENOSYS) && sysvipc_open(s) < 0) {
		fail_set(fail, "--sysvipc: no memory, or no room in '%s'", s->dir);
		goto failed;
	}
	s->ports = config->ports;
	if (open_uts(s, config, fail) < 0 || identity_open(s, config, fail) < 0 ||
	    exec_prepare(s, fail) < 0)
		goto failed;
	return s;
failed:
	session_close(s);
	return NULL;
}

void session_close(struct session *s)
{
	if (s->dir)
		sessiondir_remove(s->dir);
	talloc_free(s);
}

static unsigned session_wants(const struct session *s)
{
	unsigned wants = 0;

	for (size_t i = 0; i < s->view->count; i++)
		if (s->view->binds[i].flags & BIND_UNLISTED)
			wants |= SESSION_LISTING;
	if (s->sandbox)
		wants |= SESSION_SANDBOX | SESSION_LISTING;
	if (s->pin)
		wants |= SESSION_AFFINITY;
	/* With an identity such binds may still be made: mount(2). */
	if (s->view_read_only || s->identity)
		wants |= SESSION_READ_ONLY;
	if (s->view_aliases || s->identity)
		wants |= SESSION_ALIASES;
	if (s->identity)
		wants |= SESSION_IDENTITY;
	if (s->uts)
		wants |= SESSION_UTS;
	if (s->sysvipc)
		wants |= SESSION_SYSVIPC;
	return wants;
}

int start_build_filter(struct start *st, struct fail *fail)
{
	struct session *s = st->session;
	struct filter_params *params = talloc_zero(s, struct filter_params);
	int r;

	if (!params)
		return fail_errno(fail, ENOMEM, "cannot build the syscall filter");
	params->session = session_wants(s);
	if (s->exec_host->window) {
		params->session |= SESSION_AGENT;
		params->window_begin = s->exec_host->window;
		params->window_end = s->exec_host->window + LOADER_AREA;
	}
	params->hidden[0] = st->tracer_pid;
	params->hidden[1] = st->front_pid;
	if (getpgid(st->front_pid) != st->front_pid)
		params->hidden_group = getpgid(st->front_pid);
	for (size_t i = 1; st->shared && i < WORKERS_MAX; i++)
		params->hidden[i + 1] = st->shared->worker_tids[i];
	s->filter = params;
	r = filter_build(s, params, &st->filter.filter, &st->filter.len);
	return r < 0 ? fail_errno(fail, -r, "cannot build the syscall filter") : 0;
}

static int make_channels(struct start *st, struct fail *fail)
{
	st->shared = mmap(NULL, sizeof(*st->shared), PROT_READ | PROT_WRITE,
			  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (st->shared == MAP_FAILED || pipe2(st->to_front, O_CLOEXEC) < 0 ||
	    pipe2(st->to_tracer, O_CLOEXEC) < 0 || pipe2(st->to_main, O_CLOEXEC) < 0)
		return fail_errno(fail, errno, "cannot start the session");
	st->shared->helpers[1 + NEWCOMERS_MAX] = -1;
	st->first = &st->shared->main;
	st->first->listener_fd = -1;
	return 0;
}

/*
 * The tracer is forked first, so that the main process can name it to Yama and the filter can
 * hide it; it knows its own pid, and both know the other's before the first guest call.
 */
static int make_processes(struct start *st, struct fail *fail)
{
	char byte;
	pid_t pid;

	st->front_pid = getpid();
	st->session->front_pid = st->front_pid;
	pid = fork();
	if (pid < 0)
		return fail_errno(fail, errno, "cannot fork the tracer");
	st->tracer_pid = pid ? pid : getpid();
	if (pid == 0)
		tracer_main(st);
	close(st->to_front[1]);
	if (read(st->to_front[0], &byte, 1) != 1)
		return fail_set(fail, "the tracer could not start its threads");
	if (start_build_filter(st, fail) < 0)
		return -1;
	pid = fork();
	if (pid < 0)
		return fail_errno(fail, errno, "cannot fork the main command");
	if (pid == 0) {
		sigprocmask(SIG_SETMASK, &st->caller_mask, NULL);
		guest_main(st);
	}
	st->shared->main.pid = pid;
	close(st->to_tracer[1]);
	close(st->to_main[1]);
	return 0;
}

void start_explain(const struct start *st, struct fail *fail)
{
	const struct first *sh = st->first;
	const struct session_config *c = st->config;

	if (sh->seized < 0 && sh->step == MAIN_RUNS) {
		fail_errno(fail, -sh->seized,
			   "cannot trace the command: ptrace is forbidden here (Yama's "
			   "ptrace_scope, a container's seccomp profile, or already inside a "
			   "tracer)");
		return;
	}
	switch (sh->step) {
	case MAIN_RUNS:
		break;
	case MAIN_CONFINE:
		fail_errno(fail, sh->step_errno, "--sandbox: cannot enter the Landlock ruleset");
		break;
	case MAIN_FILTER:
		fail_errno(fail, sh->step_errno, "cannot install the syscall filter (%s)",
			   sh->step_errno == EBUSY ?
				   "inside a session of the ptrace engine? In one with -0, "
				   "--engine=userns works" :
				   "try --debug=no-seccomp");
		break;
	case MAIN_CWD:
		command_explain_enter(c, sh->step_errno, fail);
		break;
	case MAIN_EXEC:
		command_explain_exec(c, sh->step_errno, &sh->tried, fail);
		break;
	}
}

static int prepare_landlock(struct start *st, struct fail *fail)
{
	if (!st->config->sandbox || (st->config->debug & DEBUG_NO_LANDLOCK))
		return 0;
	st->landlock_fd = landlock_open(st->session, fail);
	return st->landlock_fd < 0 ? -1 : 0;
}

/* Namespaces and the kernel's id maps are what is missing where this engine is used. */
static const char *ptrace_lacks(const struct session_config *c)
{
	if (c->own & ~OWN_UTS || c->pasta)
		return "--unshare, --pid, --ipc, --net and the like";
	if (c->hostname || c->own)
		return "--hostname and --uts";
	if (c->map.root || c->map.automatic || c->map.users || c->map.groups)
		return "--map-root, --map-auto, --map-users and --map-groups";
	if (c->init)
		return "--init";
	return c->dry_run ? "--dry-run" : NULL;
}

struct session *traced_prepare(const struct session_config *config, struct fail *fail)
{
	return session_open(config, fail);
}

/* All guests went with it: by the OOM killer, by somebody's kill(1), or by a fault of ours. */
static void explain_tracer(const struct start *st, int status, struct fail *fail)
{
	int sig = WIFSIGNALED(st->tracer_status) ? WTERMSIG(st->tracer_status) : 0;

	if (fail->text[0] || st->tracer_status == 0 || status != 128 + SIGKILL)
		return;
	if (sig)
		fail_set(fail, "the tracer was killed by signal %d (%s), and the guests with it",
			 sig, strsignal(sig));
	else
		fail_set(fail,
			 "the tracer ended too early (exit status %d), and the guests with it",
			 WEXITSTATUS(st->tracer_status));
}

/* Before the command was reached. */
static bool is_refused(const struct first *sh)
{
	return sh->step == MAIN_CONFINE || sh->step == MAIN_FILTER ||
	       (sh->step == MAIN_RUNS && sh->seized < 0);
}

int traced_run(const struct traced *traced, struct fail *fail)
{
	const struct identity *id = traced->session->identity;
	struct start st = {
		.config = traced->config,
		.session = traced->session,
		.home = id ? id->home : NULL,
		.door = traced->door,
		.caller_mask = traced->caller_mask,
		.landlock_fd = -1,
		.stops_fd = traced->stops_fd,
	};
	int status = ENGINE_REFUSED;

	if (prepare_landlock(&st, fail) == 0 && make_channels(&st, fail) == 0 &&
	    make_processes(&st, fail) == 0) {
		status = front_wait(&st);
		start_explain(&st, fail);
		explain_tracer(&st, status, fail);
		if (is_refused(st.first))
			status = ENGINE_REFUSED;
	}
	session_close(st.session);
	return status;
}

static int ptrace_run(const struct session_config *config, struct fail *fail)
{
	struct traced traced = { .config = config, .stops_fd = -1 };
	struct run_by by = { .engine = "ptrace" };
	struct registration place;
	sigset_t all;
	int status = 125;

	traced.session = traced_prepare(config, fail);
	if (!traced.session)
		return 125;
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &traced.caller_mask);
	by.rootfs = traced.session->view->binds[0].host.s;
	if (registry_enter(config, &by, &place, fail) == 0) {
		traced.door = (struct door){ .fd = place.socket_fd,
					     .keep = { place.dir_fd, place.lock_fd } };
		status = traced_run(&traced, fail);
		registry_leave(&place);
	} else {
		session_close(traced.session);
	}
	sigprocmask(SIG_SETMASK, &traced.caller_mask, NULL);
	return status;
}

int engine_dump_filter(const struct session_config *config, struct fail *fail)
{
	struct start st = { .config = config, .front_pid = getpid(), .tracer_pid = getpid() };

	st.session = session_open(config, fail);
	if (!st.session)
		return 125;
	if (start_build_filter(&st, fail) == 0)
		filter_print(stdout, st.filter.filter, st.filter.len);
	session_close(st.session);
	return fail->text[0] ? 125 : 0;
}

const struct engine ptrace_engine = { "ptrace", ptrace_lacks, ptrace_run };
