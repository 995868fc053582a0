/* SPDX-License-Identifier: MIT */
/*
 * execve and execveat. The plan is exec/plan.h's; here its outcome becomes the call that the
 * kernel is given, and in the exec stop the new program is told what it needs to know.
 */
#include "syscall/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fail.h"
#include "exec/blob.h"
#include "exec/loaderfile.h"
#include "exec/place.h"
#include "exec/plan.h"
#include "syscall/execargv.h"
#include "syscall/execcred.h"
#include "syscall/execfile.h"
#include "syscall/execstack.h"
#include "syscall/fdslots.h"
#include "syscall/handlers.h"
#include "syscall/running.h"
#include "syscall/table.h"
#include "tracee/agent.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/sites.h"
#include "tracee/tracee.h"

/* What sys_execve leaves for the exec stop. */
struct exec_job {
	struct exec_plan *plan;
	struct exe *exe;
	struct exec_source from;
	struct execcred *cred; /* NULL: the session has no identity */
	int file; /* the program's, for running_begin; -1: not wanted */
	bool full; /* no number is left for the loader's files: it ends in EMFILE */
};

/* The user's file, or one of the session's own; `window`: where it is to lie, or 0. */
static int provide_loader(struct session *s, enum loader_kind which, const char *name,
			  uint64_t window, struct fail *fail)
{
	const char **ret = &s->exec_host->loader[which];
	char *path;
	int r = loaderfile_given(s, which, ret, fail);

	if (r < 0 || *ret || !loaderfile_is_built(which))
		return r;
	path = talloc_asprintf(s, "%s/%s", s->dir, name);
	r = path ? loaderfile_write(which, path, window) : -ENOMEM;
	if (r < 0)
		return fail_errno(fail, -r, "cannot write the program loader to '%s'", s->dir);
	*ret = path;
	return 0;
}

/*
 * The kernel puts brk behind a program with a fixed place, and only PR_SET_MM_MAP can move it away.
 * A hostile guest must not find code whose calls pass.
 */
static bool wants_window(struct session *s)
{
	if (s->agentless)
		return false;
	if (loaderfile_is_given())
		s->agentless = "PR_LOADER lies anywhere";
	else if (!arch_has_agent)
		s->agentless = "there is none for this machine yet";
	else if (sizeof(void *) != 8)
		s->agentless = "pr is a program of 32 bits";
	else if (!(s->has & HAS_SECCOMP))
		s->agentless = "no seccomp";
	else if (!(s->exec_host->plan_flags & PLAN_SET_MM))
		s->agentless = "no PR_SET_MM_MAP";
	return !s->agentless;
}

int exec_prepare(struct session *s, struct fail *fail)
{
	struct exec_host *host = talloc_zero(s, struct exec_host);
	int r;

	if (!host)
		return fail_errno(fail, ENOMEM, "cannot prepare the program loader");
	s->exec_host = host;
	host->machine = s->machine;
	host->emulators = s->emulators;
	exec_host_probe(host);
	host->window = wants_window(s) ? place_choose() : 0;
	if (!host->window && !s->agentless)
		s->agentless = "no place for it";
	r = provide_loader(s, LOADER_NATIVE, "loader", host->window, fail);
	if (r == 0 && host->window) {
		r = agent_prepare(s, host->window, blob_loader_begin);
		if (r < 0)
			r = fail_errno(fail, -r, "cannot prepare the agent in '%s'", s->dir);
	}
	host->session = s->agents ? s->agents->file : NULL;
	host->counts = s->agents ? s->agents->counts_file : NULL;
	if (r == 0)
		r = provide_loader(s, LOADER_COMPAT, "loader32", 0, fail);
	return r;
}

static int job_free(struct exec_job *job)
{
	running_drop(tracee_session(job->from.t), &job->file);
	if (job->exe && --job->exe->refs == 0)
		talloc_free(job->exe);
	return 0;
}

/* A thread has one at a time. */
static struct exec_job *job_new(struct tracee *t)
{
	struct exec_job *job;

	TALLOC_FREE(t->exec);
	job = talloc_zero(t, struct exec_job);
	if (!job)
		return NULL;
	talloc_set_destructor(job, job_free);
	job->from = (struct exec_source){ t, AT_FDCWD, CANON_FOLLOW, job, false };
	job->file = -1;
	t->exec = job;
	if (t->cred && !(job->cred = execcred_new(job, t)))
		return NULL;
	return job;
}

static struct exe *exe_new(struct session *s, const struct exec_plan *plan)
{
	struct exe *exe = talloc_zero(s, struct exe);

	if (!exe)
		return NULL;
	exe->refs = 1;
	exe->guest = talloc_strdup(exe, plan->program_guest);
	exe->host = talloc_strdup(exe, plan->program_name);
	exe->mapped = talloc_strdup(exe, plan->program_host);
	exe->by_loader = plan->loader_plan || plan->undumpable || plan->emulator;
	exe->dev = plan->program_dev;
	exe->ino = plan->program_ino;
	return exe;
}

/* exec_ops.look */
static int look(void *ctx, const struct exec_file *f, enum exec_part part)
{
	const struct exec_source *from = ctx;
	struct exec_job *job = from->job;
	int r = job->cred ? execcred_look(job->cred, f, part) : 0;

	if (r == 0 && part == EXEC_PROGRAM)
		job->file = running_keep(tracee_session(from->t), f);
	return r;
}

/* The kernel takes comm from what it is given: a link of that name, where it differs. */
static int name_static_program(struct exec_job *job, const char **ret)
{
	enum { COMM_BYTES = 15 };
	const struct exec_plan *plan = job->plan;
	const char *link;
	int r;

	*ret = plan->kernel_path;
	if (strncmp(strrchr(*ret, '/') + 1, plan->comm, COMM_BYTES) == 0)
		return 0;
	r = execfile_link(&job->from, plan->program_host, plan->comm, &link);
	return r < 0 ? r : exec_path_lengthen(job, link, plan->filename, ret);
}

/*
 * The loader opens files by numbers of the guest's, which the kernel would not. Without, the exec
 * fails, after what the kernel has to say of its arguments: it is given what is no program.
 */
static int no_program(struct session *s, struct exec_job *job, const char **ret)
{
	static const char text[] = "none\n";
	char *path = talloc_asprintf(job, "%s/none", s->dir);
	int fd, r = 0;

	if (!path)
		return -ENOMEM;
	*ret = path;
	if (access(path, X_OK) == 0)
		return 0;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0500);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		r = -errno;
	close(fd);
	return r;
}

static int exec_returned(struct call *c)
{
	bool full = c->t->exec && c->t->exec->full;

	if (c->result >= 0)
		return 0;
	TALLOC_FREE(c->t->exec);
	if (!full || c->result != -ENOEXEC)
		return 0;
	c->result = -EMFILE;
	return 1;
}

/* The kernel is given execve, whichever call the guest made. */
static int commit_plan(struct call *c, struct exec_job *job, unsigned argv_arg)
{
	const struct exec_plan *plan = job->plan;
	const char *name = plan->kernel_path;
	uint64_t argv = c->guest_arg[argv_arg], envp = c->guest_arg[argv_arg + 1];
	int r = plan->loader_plan ? 0 : name_static_program(job, &name);

	if (job->full)
		r = no_program(tracee_session(c->t), job, &name);
	if (r == 0)
		r = call_put(c, 0, name, strlen(name) + 1);
	if (r < 0)
		return r;
	c->nr = sys_number(c->abi, SC_execve);
	call_set_arg(c, 1, argv);
	call_set_arg(c, 2, envp);
	c->flags |= CALL_EXEC;
	if (job->from.made || job->full)
		call_want_exit(c, exec_returned);
	return plan->word_count ? execargv_replace(c, plan, argv, envp) : 0;
}

/*
 * The loader opens files of its own. Where no number is left for them the kernel loads what it can
 * alone; the rest ends in EMFILE.
 */
static int plan_without_files(struct exec_job *job, struct exec_request *request,
			      const struct exec_ops *ops)
{
	struct exec_host bare = *request->host;

	job->full = job->plan->interp_host;
	if (job->full)
		return 0;
	TALLOC_FREE(job->plan);
	bare.window = 0;
	request->host = &bare;
	return exec_plan_build(job, ops, request, &job->plan);
}

/* For the addresses of one program. */
static void take_random(const struct session *s, uint64_t ret[2])
{
	struct exec_host *h = s->exec_host;
	ssize_t n;

	if (h->random_left < 2) {
		n = getrandom(h->random, sizeof(h->random), GRND_NONBLOCK);
		h->random_left = n > 0 ? (size_t)n / sizeof(h->random[0]) : 0;
	}
	if (h->random_left < 2) {
		h->random[0] = h->random[1] = s->stops * 0x9e3779b97f4a7c15u;
		h->random_left = 2;
	}
	for (int i = 0; i < 2; i++)
		ret[i] = h->random[--h->random_left];
}

static int exec_planned(struct call *c, struct exec_request *request, unsigned argv_arg)
{
	struct session *s = tracee_session(c->t);
	struct exec_job *job = c->t->exec;
	const struct exec_ops ops = { execfile_open, execfile_close, execfile_open_host,
				      execfile_keep, look,	     &job->from };
	int r;

	request->host = s->exec_host;
	take_random(s, request->random);
	r = exec_plan_build(job, &ops, request, &job->plan);
	if (r == 0 && job->plan->loader_plan && !fdslots_left(c->t, FDSLOTS_AFTER_EXEC))
		r = plan_without_files(job, request, &ops);
	if (r < 0)
		return r;
	job->exe = exe_new(s, job->plan);
	if (job->cred && !job->full)
		execcred_plan(job->cred, c, job->plan);
	return job->exe ? commit_plan(c, job, argv_arg) : -ENOMEM;
}

/* Without a plan carried out nothing of it stays. */
static int job_done(struct call *c, int r)
{
	if (r < 0)
		TALLOC_FREE(c->t->exec);
	return r;
}

/* The program's name as the guest gave it: a child of the tracee's call, or -errno. */
static int read_name(struct call *c, unsigned arg, char **ret)
{
	struct session *s = tracee_session(c->t);
	ssize_t n = mem_read_str(c->t, c->guest_arg[arg], s->path.s, sizeof(s->path.s));

	if (n < 0)
		return (int)n;
	*ret = talloc_strdup(c->t, s->path.s);
	talloc_free(c->data);
	c->data = *ret;
	return *ret ? 0 : -ENOMEM;
}

int sys_execve(struct call *c)
{
	struct exec_request request = { 0 };
	char *name;
	int r = read_name(c, 0, &name);

	if (r < 0)
		return r;
	if (!*name)
		return -ENOENT;
	if (!job_new(c->t))
		return -ENOMEM;
	request.filename = name;
	return job_done(c, exec_planned(c, &request, 1));
}

/* do_open_execat and alloc_bprm: the file, and what the program is called. */
static int open_at(struct exec_job *job, int dirfd, const char *name, enum canon_last last,
		   struct exec_file *program, struct exec_request *request)
{
	struct exec_source from = job->from;
	bool named_by_fd = dirfd != AT_FDCWD && name[0] != '/';
	int r;

	from.dirfd = dirfd;
	from.last = last;
	r = name[0] ? execfile_open(&from, name, program) : execfile_open_fd(&from, dirfd, program);
	job->from.made |= from.made;
	if (r < 0)
		return r;
	request->program = program;
	request->filename = name;
	request->closes = named_by_fd && fdslots_closes(from.t, dirfd);
	request->comm_of_file =
		!name[0] && exec_host_comm_of_file(tracee_session(from.t)->exec_host);
	if (named_by_fd)
		request->filename =
			talloc_asprintf(job, "/dev/fd/%d%s%s", dirfd, name[0] ? "/" : "", name);
	return 0;
}

static int execat_planned(struct call *c, const char *name, enum canon_last last)
{
	bool check_only = (int)c->guest_arg[4] & EXEC_CHECK_ONLY;
	struct exec_job *job = job_new(c->t);
	struct exec_request request = { 0 };
	struct exec_file program;
	int r;

	if (!job)
		return -ENOMEM;
	r = open_at(job, (int)c->guest_arg[0], name, last, &program, &request);
	if (r < 0)
		return r;
	if (!request.filename)
		r = -ENOMEM;
	else if (!check_only)
		r = exec_planned(c, &request, 2);
	else
		TALLOC_FREE(c->t->exec);
	close(program.fd);
	return check_only && r == 0 ? call_answer(c, 0) : r;
}

int sys_execveat(struct call *c)
{
	struct session *s = tracee_session(c->t);
	int dirfd = (int)c->guest_arg[0], flags = (int)c->guest_arg[4];
	int known = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW;
	char *name;
	int r;

	if (s->has & HAS_EXECVE_CHECK)
		known |= EXEC_CHECK_ONLY;
	/* As the kernel: the name is fetched, then the flags are looked at. */
	r = read_name(c, 1, &name);
	if (r < 0)
		return r;
	if (!*name && !(flags & AT_EMPTY_PATH))
		return -ENOENT;
	if (flags & ~known)
		return -EINVAL;
	if (!*name && dirfd == AT_FDCWD)
		return -EACCES;
	r = execat_planned(c, name, flags & AT_SYMLINK_NOFOLLOW ? CANON_NOFOLLOW : CANON_FOLLOW);
	return job_done(c, r);
}

static int tell_loader(struct tracee *t, const struct exec_plan *plan, uint64_t ip)
{
	struct session *s = tracee_session(t);
	uint64_t image = ip - LOADER_ENTRY;
	struct mm *mm = t->mm;
	const struct area area = {
		.base = image + LOADER_AREA,
		.slots = AREA_SLOTS,
		.ready = true,
		.code = area_code_of(plan->machine->bits / 8, plan->machine->bits == 64),
	};

	mm->image_base = image;
	mm->image_end = image + (image == s->exec_host->window ? LOADER_AGENT_SPAN : LOADER_SPAN);
	if (mm_add_area(mm, &area) < 0)
		return -ENOMEM;
	if (image == s->exec_host->window && plan->loader_plan->session != PLAN_NONE &&
	    agent_is_for(t)) {
		plan->loader_plan->flags |= PLAN_AGENT;
		if (agent_attach(mm) < 0)
			return -ENOMEM;
		sites_plan(t, plan->interp_dev, plan->interp_ino, plan->loader_plan);
	}
	if (t->inner)
		plan->loader_plan->flags |= PLAN_TRACED;
	t->loader_calls = plan->loader_opens + plan->loader_set_mm;
	return mem_write(t, image + LOADER_PLAN, plan->loader_plan, plan->loader_plan_size);
}

/* With -k programs are told of another machine, whoever they are. */
static void tell_machine(const struct session *s, struct mm *mm, const struct exec_plan *plan)
{
	if (!s->exec_host->machine)
		return;
	mm->told.host_ids = !mm->told.word_bytes;
	mm->told.word_bytes = (unsigned char)(plan->machine->bits / 8);
	mm->told.machine = s->exec_host->machine;
}

int exec_committed(struct tracee *t, uint64_t ip, uint64_t sp)
{
	struct session *s = tracee_session(t);
	struct exec_job *job = t->exec;
	struct mm *mm = mm_new(s);
	int r;

	if (!mm || !job)
		return -ENOMEM;
	/* before the old mm goes, which may run the same file */
	if (running_begin(s, job->exe, &job->file) < 0)
		return -ENOMEM;
	tracee_set_mm(t, mm);
	mm_set_exe(mm, job->exe);
	mm->dumpable = !job->plan->undumpable;
	if (job->cred)
		execcred_commit(job->cred, t, job->plan);
	tell_machine(s, mm, job->plan);
	if (job->plan->loader_plan)
		r = tell_loader(t, job->plan, ip);
	else
		r = execstack_correct(t, sp, job->plan->machine->bits / 8, job->plan->filename);
	if (!job->from.made || !job->plan->loader_plan) /* else the loader has yet to open it */
		TALLOC_FREE(t->exec);
	return r;
}

bool exec_loader_call(struct call *c)
{
	struct tracee *t = c->t;

	/* Of the loader all files are open; or the exec failed, and the thread goes on. */
	if (t->exec && t->loader_calls <= (t->exec->plan ? t->exec->plan->loader_set_mm : 0))
		TALLOC_FREE(t->exec);
	if (t->loader_calls == 0)
		return false;
	t->loader_calls--;
	return true;
}
