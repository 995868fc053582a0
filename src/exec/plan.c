/* SPDX-License-Identifier: MIT */
/*
 * exec_binprm and load_elf_binary up to begin_new_exec: one file after the other is asked what
 * must be run in its place, until one is an ELF program.
 *
 * Invariant of the loop: `file` is open, and words[] is what replaces argv[0] to run it.
 */
#include "exec/plan.h"

#include <errno.h>
#include <string.h>
#include <talloc.h>

#include "exec/elf.h"
#include "exec/property.h"
#include "exec/shebang.h"

/* So many files may stand for another before it is ELOOP. */
enum { REWRITES_MAX = 5, HOST_PATH_MAX = 4096 };

struct planning {
	const struct exec_ops *ops;
	const struct exec_request *request;
	struct exec_plan *plan;
	struct exec_file file;
	bool file_is_ours;
	/* of another machine: `file` is its emulator then */
	struct exec_file foreign;
	bool has_foreign, foreign_is_ours;
};

const char exec_word_argv0[] = "";

/* The kernel opens "" as the cwd, a directory. */
static int open_name(const struct exec_ops *ops, const char *name, struct exec_file *ret)
{
	*ret = (struct exec_file){ .fd = -1 };
	return name[0] ? ops->open(ops->ctx, name, ret) : -EACCES;
}

static void file_close(struct planning *p)
{
	if (p->file_is_ours)
		p->ops->close(p->ops->ctx, &p->file);
	p->file_is_ours = false;
}

static int file_open(struct planning *p, const char *name)
{
	int r;

	file_close(p);
	r = open_name(p->ops, name, &p->file);
	p->file_is_ours = r == 0;
	return r;
}

/*
 * Puts the interpreter and its argument in front. What was argv[0] until now is the name of the
 * file that asks for it: the caller's filename, or the interpreter in front of which it stands.
 */
static int words_prepend(struct exec_plan *plan, const struct shebang *line)
{
	size_t old = plan->word_count ? plan->word_count : 1;
	size_t added = line->has_arg ? 2 : 1;
	const char **words = talloc_array(plan, const char *, added + old);

	if (!words)
		return -ENOMEM;
	if (plan->word_count)
		memcpy(words + added, plan->words, old * sizeof(*words));
	else
		words[added] = plan->filename;
	words[0] = talloc_strdup(words, line->interp);
	if (line->has_arg)
		words[1] = talloc_strdup(words, line->arg);
	if (!words[0] || !words[added - 1])
		return -ENOMEM;
	talloc_steal(words, plan->words);
	plan->words = words;
	plan->word_count = added + old;
	return 0;
}

/* 1: the file was a script, and is now its interpreter; 0: it is none; or -errno. */
static int script_follow(struct planning *p)
{
	char buf[SHEBANG_SIZE] = { 0 };
	struct shebang line;
	ssize_t n;
	int r;

	n = p->file.read(&p->file, buf, sizeof(buf), 0);
	if (n < 0)
		return (int)n;
	if (shebang_parse(buf, &line) < 0)
		return 0;
	if (p->request->closes)
		return -ENOENT;
	r = words_prepend(p->plan, &line);
	if (r == 0)
		r = file_open(p, line.interp);
	return r < 0 ? r : 1;
}

/*
 * load_misc_binary with 'P': in front of a program of another machine comes its emulator, which is
 * told the program's argv[0] and its name, by which it opens it. That name may be an option's.
 */
static int words_emulate(struct exec_plan *plan, const struct emulator *e)
{
	const char *argv0 = plan->word_count ? plan->words[0] : exec_word_argv0;
	const char *name = plan->word_count ? plan->words[0] : plan->filename;
	size_t rest = plan->word_count ? plan->word_count - 1 : 0, n = e->word_count;
	const char **words = talloc_array(plan, const char *, n + 2 + rest);

	if (!words)
		return -ENOMEM;
	memcpy(words, e->words, n * sizeof(*words));
	words[n] = argv0;
	words[n + 1] = name[0] == '-' ? talloc_asprintf(words, "./%s", name) : name;
	if (!words[n + 1])
		return -ENOMEM;
	if (rest)
		memcpy(words + n + 2, plan->words + 1, rest * sizeof(*words));
	talloc_steal(words, plan->words);
	plan->words = words;
	plan->word_count = n + 2 + rest;
	plan->environment_at = n - 1;
	plan->emulator = e;
	return 0;
}

/* 1: the file was another machine's, and is now its emulator; 0: it was not; or -errno. */
static int emulator_follow(struct planning *p)
{
	const struct emulators *all = p->request->host->emulators;
	const struct emulator *e;
	char head[FOREIGN_HEAD_BYTES];
	struct foreign foreign;
	ssize_t n;
	int r;

	if (!all || p->has_foreign)
		return 0;
	n = p->file.read(&p->file, head, sizeof(head), 0);
	if (n < 0 || !foreign_look(head, (size_t)n, &foreign))
		return n < 0 ? (int)n : 0;
	e = emulators_find(all, &foreign);
	if (!e)
		return 0;
	if (p->request->closes)
		return -ENOENT;
	p->foreign = p->file;
	p->foreign_is_ours = p->file_is_ours;
	p->has_foreign = true;
	r = words_emulate(p->plan, e);
	p->file_is_ours = r == 0 && (r = p->ops->open_host(p->ops->ctx, e->host, &p->file)) == 0;
	return r < 0 ? r : 1;
}

static int rewrites_follow(struct planning *p)
{
	int r = 1;

	for (int depth = 0; r == 1; depth++) {
		if (depth > REWRITES_MAX)
			return -ELOOP;
		r = script_follow(p);
		if (r == 0)
			r = emulator_follow(p);
	}
	return r;
}

static const char *last_component(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* Kernels ask the file that is to run first. */
static int features_take(struct exec_plan *plan, const struct exec_file *f,
			 const struct elf_info *info)
{
	uint32_t features;
	int r = elf_read_features(f, info, &features);

	plan->guarded = features & info->machine->feature_guarded;
	return r;
}

static int interp_take(struct planning *p, const struct elf_info *program, struct exec_file *f)
{
	struct exec_plan *plan = p->plan;
	struct elf_info *info = NULL;
	int r = elf_read_interp(plan, f, program->machine, &info);

	if (r == 0)
		r = features_take(plan, f, info);
	talloc_free(info);
	if (r == 0)
		r = p->ops->look(p->ops->ctx, f, EXEC_INTERP);
	if (r == 0)
		r = p->ops->keep(p->ops->ctx, f);
	if (r < 0)
		return r;
	plan->undumpable |= f->unreadable;
	plan->interp_dev = f->dev;
	plan->interp_ino = f->ino;
	plan->interp_guest = talloc_strdup(plan, f->guest);
	plan->interp_host = talloc_strdup(plan, f->host);
	return plan->interp_guest && plan->interp_host ? 0 : -ENOMEM;
}

static int interp_check(struct planning *p, const struct elf_info *program)
{
	struct exec_file f;
	int r = open_name(p->ops, program->interp, &f);

	if (r < 0)
		return r;
	r = interp_take(p, program, &f);
	p->ops->close(p->ops->ctx, &f);
	return r;
}

/*
 * begin_new_exec: comm is filename's last component; in newer kernels (exec_host_comm_of_file),
 * where filename was made of a bare descriptor, the name of the file that is run (of a script's
 * interpreter, then).
 */
static int program_describe(struct exec_plan *plan, const struct exec_request *request,
			    const struct exec_file *f, const struct exec_file *run)
{
	plan->undumpable |= f->unreadable;
	plan->program_guest = talloc_strdup(plan, f->guest);
	plan->program_host = talloc_strdup(plan, run->host);
	plan->program_name = talloc_strdup(plan, f->name ? f->name : f->host);
	plan->program_dev = f->dev;
	plan->program_ino = f->ino;
	if (!plan->program_guest || !plan->program_host || !plan->program_name)
		return -ENOMEM;
	plan->comm = last_component(request->comm_of_file ? plan->program_name : plan->filename);
	return 0;
}

/* Are all programs of this kind loaded by our loader? */
static bool has_window(const struct exec_plan *plan, const struct exec_request *request)
{
	return plan->machine->loader == LOADER_NATIVE && request->host->window;
}

static int program_check(struct planning *p)
{
	struct exec_plan *plan = p->plan;
	struct exec_file *program = p->has_foreign ? &p->foreign : &p->file;
	struct elf_info *info;
	bool loaded;
	int r;

	r = elf_read_program(plan, &p->file, &info);
	if (r < 0)
		return r;
	plan->machine = info->machine;
	loaded = info->interp || has_window(plan, p->request);
	r = info->interp ? interp_check(p, info) : features_take(plan, &p->file, info);
	talloc_free(info);
	if (r == 0)
		r = p->ops->look(p->ops->ctx, program, EXEC_PROGRAM);
	if (r == 0 && (loaded || p->file.unreadable))
		r = p->ops->keep(p->ops->ctx, &p->file);
	return r < 0 ? r : program_describe(plan, p->request, program, &p->file);
}

/* Leading slashes make an absolute name as long as one likes. */
int exec_path_lengthen(void *ctx, const char *path, const char *as, const char **ret)
{
	size_t len = strlen(path), want = strlen(as);
	size_t more = path[0] == '/' && len < want ? want - len : 0;
	char *padded;

	if (len >= HOST_PATH_MAX)
		return -ENAMETOOLONG;
	padded = talloc_size(ctx, more + len + 1);
	if (!padded)
		return -ENOMEM;
	memset(padded, '/', more);
	memcpy(padded + more, path, len + 1);
	*ret = padded;
	return 0;
}

static int kernel_path_set(struct exec_plan *plan, const char *path)
{
	return exec_path_lengthen(plan, path, plan->filename, &plan->kernel_path);
}

/* Returns the string's offset, or PLAN_NONE where it does not fit. */
static uint32_t plan_string(struct loader_plan *lp, const char *s)
{
	size_t size = strlen(s) + 1;
	uint32_t at = lp->size;

	if (size > sizeof(lp->strings) - at)
		return PLAN_NONE;
	memcpy(lp->strings + at, s, size);
	lp->size += (uint32_t)size;
	return at;
}

static void loader_plan_machine(struct loader_plan *lp, const struct exec_machine *m)
{
	lp->platform = PLAN_NONE;
	if (!m)
		return;
	lp->flags |= m->has_hwcap ? PLAN_HWCAP : 0;
	lp->flags |= m->has_hwcap2 ? PLAN_HWCAP2 : 0;
	lp->hwcap = m->hwcap;
	lp->hwcap2 = m->hwcap2;
	if (m->platform)
		lp->platform = plan_string(lp, m->platform);
}

static int loader_plan_set(struct exec_plan *plan, const struct exec_request *request)
{
	struct loader_plan *lp = talloc_zero(plan, struct loader_plan);

	if (!lp)
		return -ENOMEM;
	lp->magic = PLAN_MAGIC;
	lp->flags = request->host->plan_flags & ~(plan->guarded ? 0u : PLAN_GUARDED);
	memcpy(lp->random, request->random, sizeof(lp->random));
	lp->program = plan_string(lp, plan->program_host);
	lp->interp = plan->interp_host ? plan_string(lp, plan->interp_host) : PLAN_NONE;
	lp->execfn = plan_string(lp, plan->filename);
	lp->comm = plan_string(lp, plan->comm);
	lp->session = request->host->session ? plan_string(lp, request->host->session) : PLAN_NONE;
	lp->counts = request->host->counts ? plan_string(lp, request->host->counts) : PLAN_NONE;
	loader_plan_machine(lp, request->host->machine);
	if (lp->program == PLAN_NONE || (plan->interp_host && lp->interp == PLAN_NONE) ||
	    lp->execfn == PLAN_NONE || lp->comm == PLAN_NONE)
		return -ENAMETOOLONG;
	plan->loader_plan = lp;
	plan->loader_plan_size = offsetof(struct loader_plan, strings) + lp->size;
	if (has_window(plan, request))
		return 0;
	plan->loader_opens = plan->interp_host ? 2 : 1;
	plan->loader_set_mm = lp->flags & PLAN_SET_MM ? 1 : 0;
	return 0;
}

/* A program without an interpreter needs no loader, but for what comes with one in a window. */
static int launch_set(struct exec_plan *plan, const struct exec_request *request)
{
	const char *loader = request->host->loader[plan->machine->loader];
	int r;

	if (!plan->interp_host && !has_window(plan, request))
		return kernel_path_set(plan, plan->program_host);
	if (!loader)
		return -ENOEXEC;
	r = loader_plan_set(plan, request);
	return r < 0 ? r : kernel_path_set(plan, loader);
}

static int program_open(struct planning *p)
{
	if (!p->request->program)
		return file_open(p, p->plan->filename);
	p->file = *p->request->program;
	return 0;
}

int exec_plan_build(void *ctx, const struct exec_ops *ops, const struct exec_request *request,
		    struct exec_plan **ret)
{
	struct planning p = { .ops = ops, .request = request };
	int r;

	p.plan = talloc_zero(ctx, struct exec_plan);
	if (!p.plan)
		return -ENOMEM;
	p.plan->filename = talloc_strdup(p.plan, request->filename);
	r = p.plan->filename ? program_open(&p) : -ENOMEM;
	if (r == 0)
		r = rewrites_follow(&p);
	if (r == 0)
		r = program_check(&p);
	if (r == 0)
		r = launch_set(p.plan, request);
	file_close(&p);
	if (p.foreign_is_ours)
		ops->close(ops->ctx, &p.foreign);
	if (r < 0)
		talloc_free(p.plan);
	else
		*ret = p.plan;
	return r;
}
