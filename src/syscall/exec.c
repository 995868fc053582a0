/* SPDX-License-Identifier: MIT */
/*
 * execve and execveat. The plan is exec/plan.h's; here the guest's files are found for it, its
 * outcome becomes the call that the kernel is given, and in the exec stop the new program is told
 * what it needs to know.
 */
#include "syscall/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <talloc.h>
#include <unistd.h>

#include "base/fail.h"
#include "base/fd.h"
#include "exec/blob.h"
#include "exec/plan.h"
#include "path/view.h"
#include "syscall/execstack.h"
#include "syscall/guestfs.h"
#include "syscall/handlers.h"
#include "syscall/paths.h"
#include "syscall/running.h"
#include "syscall/table.h"
#include "tracee/call.h"
#include "tracee/mem.h"
#include "tracee/session.h"
#include "tracee/tracee.h"

/* What sys_execve leaves for the exec stop. */
struct exec_job {
	struct exec_plan *plan;
	struct exe *exe;
	char *copy; /* files of the session's made for this exec, removed when it is over */
	char *link;
};

static int write_loader(struct session *s, const char *name, const unsigned char *begin,
			const unsigned char *end, const char **ret)
{
	size_t size = (size_t)(end - begin);
	char *path = talloc_asprintf(s, "%s/%s", s->dir, name);
	int fd, r = 0;

	if (size == 0)
		return 0;
	fd = path ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700) : -1;
	if (fd < 0)
		return -errno;
	if (write(fd, begin, size) != (ssize_t)size || fchmod(fd, 0500) < 0)
		r = -EIO;
	close(fd);
	*ret = path;
	return r;
}

int exec_prepare(struct session *s, struct fail *fail)
{
	struct exec_host *host = talloc_zero(s, struct exec_host);
	int r;

	if (!host)
		return fail_errno(fail, ENOMEM, "cannot prepare the program loader");
	s->exec_host = host;
	exec_host_probe(host);
	r = write_loader(s, "loader", blob_loader_begin, blob_loader_end,
			 &host->loader[LOADER_NATIVE]);
	if (r == 0)
		r = write_loader(s, "loader32", blob_loader_compat_begin, blob_loader_compat_end,
				 &host->loader[LOADER_COMPAT]);
	return r < 0 ? fail_errno(fail, -r, "cannot write the program loader to '%s'", s->dir) : 0;
}

/* What the kernel would answer before it looks into the file: EACCES, ETXTBSY. */
static int check_executable(struct session *s, const char *host)
{
	char *const argv[] = { (char *)(uintptr_t) "", NULL }, *const envp[] = { NULL };
	struct statvfs v;
	struct stat st;

	if (s->has & HAS_EXECVE_CHECK)
		return syscall(SYS_execveat, AT_FDCWD, host, argv, envp, EXEC_CHECK_ONLY) < 0
			       ? -errno
			       : 0;
	if (stat(host, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode) || faccessat(AT_FDCWD, host, X_OK, AT_EACCESS) < 0)
		return -EACCES;
	return statvfs(host, &v) == 0 && (v.f_flag & ST_NOEXEC) ? -EACCES : 0;
}

/*
 * Before Linux 6.14: who asks for a read lease is told. Only of files of the user's own, fcntl(2);
 * another's program is run though somebody writes to it.
 */
static bool is_open_for_writing(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) < 0)
		return errno == EAGAIN;
	fcntl(fd, F_SETLEASE, F_UNLCK);
	return false;
}

enum { ARGV_WORDS_MAX = 2 * 6 + 1 }; /* five scripts with an argument each, and the first's name */

struct opener {
	struct tracee *t;
	int dirfd;
	enum canon_last last;
};

static int open_walked(struct session *s, struct exec_file *ret)
{
	const struct canon *w = &s->walk;
	int r;

	if (w->flags & CANON_ERROR)
		return w->error;
	if (w->flags & CANON_MISSING)
		return -ENOENT;
	if (w->bind && (w->bind->flags & BIND_NOEXEC))
		return -EACCES;
	r = check_executable(s, w->host.s);
	if (r < 0)
		return r;
	ret->fd = open(w->host.s, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (ret->fd < 0)
		return -errno;
	if (!(s->has & HAS_EXECVE_CHECK) && is_open_for_writing(ret->fd)) {
		close(ret->fd);
		return -ETXTBSY;
	}
	ret->read = exec_file_read_fd;
	ret->host = talloc_strdup(s->exec_ctx, w->host.s);
	ret->guest = talloc_strdup(s->exec_ctx, w->flags & CANON_OUTSIDE ? w->host.s : w->guest.s);
	return ret->host && ret->guest ? 0 : -ENOMEM;
}

static int exec_open(void *ctx, const char *name, struct exec_file *ret)
{
	const struct opener *o = ctx;
	struct session *s = tracee_session(o->t);
	int r = path_walk_name(o->t, name, o->dirfd, o->last);

	if (r < 0)
		return r;
	if (o->last == CANON_NOFOLLOW && guestfs_ops.kind(s, HPATH(s->walk.host.s)) == FS_LINK)
		return -ELOOP;
	return open_walked(s, ret);
}

static void exec_close(void *ctx, struct exec_file *f)
{
	(void)ctx;
	close(f->fd);
	f->fd = -1;
}

static int job_free(struct exec_job *job)
{
	if (job->copy)
		unlink(job->copy);
	if (job->link) {
		unlink(job->link);
		*strrchr(job->link, '/') = '\0';
		rmdir(job->link);
	}
	if (job->exe && --job->exe->refs == 0)
		talloc_free(job->exe);
	return 0;
}

static struct exe *exe_new(struct session *s, const struct exec_plan *plan)
{
	struct exe *exe = talloc_zero(s, struct exe);
	struct stat st;

	if (!exe)
		return NULL;
	exe->refs = 1;
	exe->guest = talloc_strdup(exe, plan->program_guest);
	exe->host = talloc_strdup(exe, plan->program_host);
	exe->by_loader = plan->loader_plan != NULL;
	if (stat(plan->program_host, &st) == 0) {
		exe->dev = st.st_dev;
		exe->ino = st.st_ino;
	}
	return exe;
}

/* comm is the last component of what the kernel is given: a link of that name, where it differs. */
static int name_static_program(struct session *s, struct exec_job *job, const char **name)
{
	const char *wanted = strrchr(job->plan->filename, '/');
	const char *has = strrchr(*name, '/') + 1;
	char *dir;

	wanted = wanted ? wanted + 1 : job->plan->filename;
	if (strcmp(wanted, has) == 0 || !*wanted)
		return 0;
	dir = talloc_asprintf(job, "%s/exec-%u", s->dir, s->serial++);
	if (!dir || mkdir(dir, 0700) < 0)
		return -errno;
	job->link = talloc_asprintf(job, "%s/%s", dir, wanted);
	if (!job->link || symlink(job->plan->program_host, job->link) < 0)
		return -errno;
	*name = job->link;
	return 0;
}

/* Reads the guest's argv from index 1 on: the number of words, the NULL not counted, or -errno. */
static int count_words(const struct call *c, uint64_t argv)
{
	unsigned size = c->abi->word_bytes;
	uint64_t word;
	int n = 0;

	if (argv == 0)
		return 0;
	for (;; n++) {
		if (mem_read_word(c->t, argv + (uint64_t)n * size, size, &word) < 0)
			return -EFAULT;
		if (word == 0)
			return n;
		if (n == 0x7fffff)
			return -E2BIG;
	}
}

/* The new argv as one piece of memory: the pointers, then our words. Child of the tracee. */
struct argv_image {
	size_t size, words_at[ARGV_WORDS_MAX];
	char bytes[];
};

static int argv_image_build(struct call *c, const struct exec_plan *plan, uint64_t argv,
			    struct argv_image **ret)
{
	unsigned word = c->abi->word_bytes;
	int n = count_words(c, argv);
	size_t rest = n > 1 ? (size_t)n - 1 : 0, at = (plan->word_count + rest + 1) * word;
	size_t size = at;
	struct argv_image *image;

	if (n < 0 || plan->word_count > ARGV_WORDS_MAX)
		return n < 0 ? n : -E2BIG;
	for (size_t i = 0; i < plan->word_count; i++)
		size += strlen(plan->words[i]) + 1;
	image = talloc_zero_size(c->t, sizeof(*image) + size);
	if (!image)
		return -ENOMEM;
	*ret = image;
	image->size = size;
	for (size_t i = 0; i < plan->word_count; i++) {
		size_t len = strlen(plan->words[i]) + 1;
		memcpy(image->bytes + at, plan->words[i], len);
		image->words_at[i] = at;
		at += len;
	}
	if (rest == 0)
		return 0;
	return mem_read(c->t, argv + word, image->bytes + plan->word_count * word, rest * word);
}

/* Too long for a slot: in memory of its own, where the addresses are known beforehand. */
static int argv_put_far(struct call *c, struct argv_image *image, size_t words, unsigned arg)
{
	unsigned word = c->abi->word_bytes;
	uint64_t where = mm_lend(c->t, image->size), pointer;

	if (!where) {
		c->need_bytes = image->size;
		return 0;
	}
	for (size_t i = 0; i < words; i++) {
		pointer = where + image->words_at[i];
		memcpy(image->bytes + i * word, &pointer, word);
	}
	call_set_arg(c, arg, where);
	return mem_write(c->t, where, image->bytes, image->size);
}

static int argv_put(struct call *c, struct argv_image *image, size_t words, unsigned arg)
{
	unsigned word = c->abi->word_bytes;
	size_t at;
	int r = call_stage(c, image->bytes, image->size, &at);

	if (r < 0)
		return argv_put_far(c, image, words, arg);
	for (size_t i = 0; i < words && r == 0; i++)
		r = call_point_staged(c, at + i * word, at + image->words_at[i]);
	return r < 0 ? r : call_point_arg(c, arg, at);
}

static int replace_argv(struct call *c, const struct exec_plan *plan, uint64_t argv, unsigned arg)
{
	struct argv_image *image = NULL;
	int r = argv_image_build(c, plan, argv, &image);

	if (r == 0)
		r = argv_put(c, image, plan->word_count, arg);
	talloc_free(image);
	return r;
}

/* The kernel is given execve, whichever call the guest made. */
static int commit_plan(struct call *c, struct exec_job *job, unsigned argv_arg)
{
	struct session *s = tracee_session(c->t);
	const struct exec_plan *plan = job->plan;
	const char *name = plan->kernel_path;
	uint64_t argv = c->guest_arg[argv_arg], envp = c->guest_arg[argv_arg + 1];
	int r = plan->loader_plan ? 0 : name_static_program(s, job, &name);

	if (r == 0)
		r = call_put(c, 0, name, strlen(name) + 1);
	if (r < 0)
		return r;
	c->nr = sys_number(c->abi, SC_execve);
	call_set_arg(c, 1, argv);
	call_set_arg(c, 2, envp);
	c->flags |= CALL_EXEC;
	return plan->word_count ? replace_argv(c, plan, argv, 1) : 0;
}

static int exec_common(struct call *c, struct opener *o, struct exec_request *request,
		       unsigned argv_arg)
{
	struct session *s = tracee_session(c->t);
	const struct exec_ops ops = { exec_open, exec_close, o };
	struct exec_job *job;
	int r;

	TALLOC_FREE(c->t->exec);
	job = talloc_zero(c->t, struct exec_job);
	if (!job)
		return -ENOMEM;
	talloc_set_destructor(job, job_free);
	c->t->exec = job;
	s->exec_ctx = job;
	request->host = s->exec_host;
	if (getrandom(request->random, sizeof(request->random), GRND_NONBLOCK) < 0)
		request->random[0] = (uint64_t)s->stops * 0x9e3779b97f4a7c15u;
	r = exec_plan_build(job, &ops, request, &job->plan);
	if (r == 0) {
		job->exe = exe_new(s, job->plan);
		r = job->exe ? commit_plan(c, job, argv_arg) : -ENOMEM;
	}
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
	struct opener o = { c->t, AT_FDCWD, CANON_FOLLOW };
	struct exec_request request = { 0 };
	char *name;
	int r = read_name(c, 0, &name);

	if (r < 0)
		return r;
	if (!*name)
		return -ENOENT;
	request.filename = name;
	return exec_common(c, &o, &request, 1);
}

/* A descriptor that the exec will close, so that no name leads to it afterwards. */
static bool closes_on_exec(const struct tracee *t, int fd)
{
	char name[64], line[128];
	unsigned flags = 0;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/fdinfo/%d", t->tid, fd);
	f = fopen(name, "re");
	if (!f)
		return false;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "flags: %o", &flags) == 1)
			break;
	fclose(f);
	return flags & O_CLOEXEC;
}

/* The file behind a descriptor, opened for the plan; named by what the guest can see of it. */
static int open_descriptor(struct call *c, int fd, struct exec_file *ret)
{
	struct session *s = tracee_session(c->t);
	char own[64], theirs[64];
	int r;

	snprintf(own, sizeof(own), "/proc/%d/fd/%d", c->t->tid, fd);
	snprintf(theirs, sizeof(theirs), "/proc/self/fd/%d", fd);
	r = check_executable(s, own);
	if (r < 0)
		return r == -ENOENT ? -EBADF : r;
	*ret = (struct exec_file){ .read = exec_file_read_fd };
	ret->fd = open(own, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (ret->fd < 0)
		return -errno;
	r = guestfs_proc_text(s, HPATH(own), s->link_text.s, sizeof(s->link_text.s) - 1);
	if (r < 0)
		return r;
	s->link_text.s[r] = '\0';
	ret->guest = talloc_strdup(c->t, s->link_text.s);
	ret->host = talloc_strdup(c->t, theirs);
	return ret->guest && ret->host ? 0 : -ENOMEM;
}

/* What will be closed at exec is kept as a file of the session until the loader has mapped it. */
static int copy_descriptor(struct session *s, struct exec_file *f)
{
	char *path = talloc_asprintf(s->exec_ctx, "%s/exec-%u", s->dir, s->serial++);
	int out = path ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700) : -1;
	int r;

	if (out < 0)
		return -errno;
	r = fd_copy(f->fd, out);
	close(out);
	f->host = path;
	return r;
}

static int execveat_descriptor(struct call *c, int fd)
{
	struct session *s = tracee_session(c->t);
	struct opener o = { c->t, AT_FDCWD, CANON_FOLLOW };
	struct exec_request request = { 0 };
	struct exec_file program;
	char name[32];
	int r = open_descriptor(c, fd, &program);

	if (r < 0)
		return r;
	snprintf(name, sizeof(name), "/dev/fd/%d", fd);
	request.filename = name;
	request.program = &program;
	request.closes = closes_on_exec(c->t, fd);
	s->exec_ctx = c->t;
	if (request.closes)
		r = copy_descriptor(s, &program);
	if (r == 0)
		r = exec_common(c, &o, &request, 2);
	if (request.closes && program.host) {
		if (r == 0)
			c->t->exec->copy = talloc_strdup(c->t->exec, program.host);
		else
			unlink(program.host);
	}
	close(program.fd);
	return r;
}

static int execveat_relative(struct call *c, int dirfd, const char *name, enum canon_last last)
{
	struct opener o = { c->t, dirfd, last };
	struct opener later = { c->t, AT_FDCWD, CANON_FOLLOW };
	struct exec_request request = { 0 };
	struct exec_file program;
	int r = exec_open(&o, name, &program);

	if (r < 0)
		return r;
	request.filename = dirfd == AT_FDCWD || name[0] == '/' ?
				   name :
				   talloc_asprintf(c->t, "/dev/fd/%d/%s", dirfd, name);
	request.closes = request.filename != name && closes_on_exec(c->t, dirfd);
	request.program = &program;
	r = request.filename ? exec_common(c, &later, &request, 2) : -ENOMEM;
	close(program.fd);
	return r;
}

int sys_execveat(struct call *c)
{
	int dirfd = (int)c->guest_arg[0], flags = (int)c->guest_arg[4];
	char *name;
	int r;

	if (flags & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | EXEC_CHECK_ONLY))
		return -EINVAL;
	r = read_name(c, 1, &name);
	if (r < 0)
		return r;
	if (*name) {
		tracee_session(c->t)->exec_ctx = c->t;
		return execveat_relative(c, dirfd, name,
					 flags & AT_SYMLINK_NOFOLLOW ? CANON_NOFOLLOW
								     : CANON_FOLLOW);
	}
	if (!(flags & AT_EMPTY_PATH))
		return -ENOENT;
	return dirfd == AT_FDCWD ? -EACCES : execveat_descriptor(c, dirfd);
}

static int tell_loader(struct tracee *t, const struct exec_plan *plan, uint64_t ip)
{
	uint64_t image = ip - LOADER_ENTRY;
	struct mm *mm = t->mm;
	const struct area area = {
		.base = image + LOADER_AREA,
		.slots = AREA_SLOTS,
		.ready = true,
		.code = area_code_of(plan->machine->bits / 8, plan->machine->bits == 64),
	};

	mm->image_base = image;
	mm->image_end = image + LOADER_SPAN;
	if (mm_add_area(mm, &area) < 0)
		return -ENOMEM;
	t->loader_calls = plan->loader_opens + plan->loader_set_mm;
	return mem_write(t, image + LOADER_PLAN, plan->loader_plan, plan->loader_plan_size);
}

int exec_committed(struct tracee *t, uint64_t ip, uint64_t sp)
{
	struct session *s = tracee_session(t);
	struct exec_job *job = t->exec;
	struct mm *mm = mm_new(s);
	int r;

	if (!mm || !job)
		return -ENOMEM;
	tracee_set_mm(t, mm);
	mm_set_exe(mm, job->exe);
	if (running_begin(s, job->exe) < 0)
		return -ENOMEM;
	if (job->plan->loader_plan)
		r = tell_loader(t, job->plan, ip);
	else
		r = execstack_set_execfn(t, sp, job->plan->machine->bits / 8, job->plan->filename);
	if (!job->copy) /* else the loader has yet to open it: the guest's next call ends it */
		TALLOC_FREE(t->exec);
	return r;
}

bool exec_loader_call(struct call *c)
{
	struct tracee *t = c->t;

	if (t->loader_calls == 0)
		return false;
	t->loader_calls--;
	return true;
}
