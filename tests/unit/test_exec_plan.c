/* SPDX-License-Identifier: MIT */
/*
 * Plans of execs: first on a made-up file system; then with the kernel that runs the tests as the
 * oracle, which must give the same errno and the same arguments for scripts and programs made at
 * random.
 */
#include "unit.h"

#include "exec_host.h"

#include "exec/elf_format.h"

/* ---- a made-up file system -------------------------------------------------------------------- */

struct program {
	struct elf64_header h;
	struct elf64_segment s[2];
	char interp[16];
};

static struct program with_interp, without_interp, foreign;

struct fake {
	const char *name;
	const void *data;
	size_t size; /* 0: data is a string */
	int error;
};

static const struct fake fakes[] = {
	{ .name = "/bin/dynamic", .data = &with_interp, .size = sizeof(with_interp) },
	{ .name = "/bin/static", .data = &without_interp, .size = sizeof(without_interp) },
	{ .name = "/lib/ld", .data = &without_interp, .size = sizeof(without_interp) },
	{ .name = "/bin/foreign", .data = &foreign, .size = sizeof(foreign) },
	{ .name = "-odd", .data = &foreign, .size = sizeof(foreign) },
	{ .name = "foreign script", .data = "#!/bin/foreign -x\n" },
	{ .name = "s1", .data = "#!/bin/static\n" },
	{ .name = "s2", .data = "#! s1 two\n" },
	{ .name = "s3", .data = "#!s2 three and more\n" },
	{ .name = "s4", .data = "#!s3" },
	{ .name = "s5", .data = "#!s4 " },
	{ .name = "s6", .data = "#!s5\n" },
	{ .name = "dynamic script", .data = "#!/bin/dynamic -x\n" },
	{ .name = "missing", .data = "#!/bin/missing\n" },
	{ .name = "six missing", .data = "#!m5\n" },
	{ .name = "m5", .data = "#!m4\n" },
	{ .name = "m4", .data = "#!m3\n" },
	{ .name = "m3", .data = "#!m2\n" },
	{ .name = "m2", .data = "#!m1\n" },
	{ .name = "m1", .data = "#!/bin/missing\n" },
	{ .name = "empty name", .data = "#!" },
	{ .name = "empty", .data = "" },
	{ .name = "text", .data = "echo hello\n" },
	{ .name = "locked", .error = -EACCES },
	{ .name = "locked script", .data = "#!locked\n" },
};

static int opened;

static int fake_open(void *ctx, const char *name, struct exec_file *ret)
{
	(void)ctx;
	for (size_t i = 0; i < sizeof(fakes) / sizeof(fakes[0]); i++) {
		const struct fake *f = &fakes[i];

		if (strcmp(f->name, name) != 0)
			continue;
		if (f->error)
			return f->error;
		*ret = (struct exec_file){ .guest = f->name };
		ret->host = talloc_asprintf(ctx, "/host/%s", f->name);
		ret->read = exec_file_read_data;
		ret->data = f->data;
		ret->size = f->size ? f->size : strlen(f->data);
		opened++;
		return 0;
	}
	return -ENOENT;
}

static int fake_open_host(void *ctx, const char *name, struct exec_file *ret)
{
	int r = fake_open(ctx, "/bin/static", ret);

	ret->guest = ret->host = talloc_strdup(ctx, name);
	return r;
}

static void fake_close(void *ctx, struct exec_file *f)
{
	(void)ctx;
	ck_assert_ptr_nonnull(f->host);
	opened--;
}

static int kept;

static int fake_keep(void *ctx, struct exec_file *f)
{
	f->host = talloc_asprintf(ctx, "/kept%d", kept++);
	return 0;
}

/* What was looked at, in order; and what of it forbids the exec. */
static char looked[256];
static const char *forbidden;

static int fake_look(void *ctx, const struct exec_file *f, enum exec_part part)
{
	size_t n = strlen(looked);

	(void)ctx;
	snprintf(looked + n, sizeof(looked) - n, "%s %s;", part == EXEC_INTERP ? "interp" : "program",
		 f->guest);
	return forbidden && strcmp(forbidden, f->guest) == 0 ? -EPERM : 0;
}

static const struct exec_host fake_host = {
	.loader = { "/tmp/loader", NULL },
	.plan_flags = PLAN_RANDOMIZE | PLAN_SET_MM,
};

static const char *emulator_words[] = { "qemu", "-L", "/", "-0" };
static struct emulator emulator = { NULL, "/qemu", emulator_words, 4 };
static const struct emulators emulators = { &emulator, 1 };
static const struct exec_host host_with_emulator = {
	.loader = { "/tmp/loader", NULL },
	.plan_flags = PLAN_RANDOMIZE | PLAN_SET_MM,
	.emulators = &emulators,
};

static void program_make(struct program *p, uint32_t type)
{
	memcpy(p->h.e_ident, ELF_MAGIC, ELF_MAGIC_SIZE);
	p->h.e_type = ELF_TYPE_DYN;
	p->h.e_machine = elf_machines[0].machine;
	p->h.e_phoff = offsetof(struct program, s);
	p->h.e_phentsize = sizeof(p->s[0]);
	p->h.e_phnum = 2;
	p->s[0].p_type = ELF_PT_LOAD;
	p->s[1].p_type = type;
	p->s[1].p_offset = offsetof(struct program, interp);
	p->s[1].p_filesz = sizeof(p->interp);
	memcpy(p->interp, "/lib/ld", 8);
}

static void *scratch;

static void fake_setup(void)
{
	scratch = talloc_new(NULL);
	program_make(&with_interp, ELF_PT_INTERP);
	program_make(&without_interp, 0);
	program_make(&foreign, ELF_PT_INTERP);
	foreign.h.e_ident[4] = 2;
	foreign.h.e_ident[5] = 1;
	foreign.h.e_machine = 0xfeed;
	opened = kept = 0;
	looked[0] = '\0';
	forbidden = NULL;
}

static void fake_teardown(void)
{
	ck_assert_int_eq(opened, 0);
	ck_assert_uint_eq(talloc_total_blocks(scratch), 1);
	talloc_free(scratch);
}

/* Names that the op allocates are not the plan's. */
static int fake_plan(struct exec_request *rq, struct exec_plan **ret)
{
	void *names = talloc_new(scratch);
	struct exec_ops ops = { fake_open, fake_close, fake_open_host, fake_keep, fake_look, names };
	int r;

	if (!rq->host)
		rq->host = &fake_host;
	r = exec_plan_build(scratch, &ops, rq, ret);
	talloc_free(names);
	return r;
}

static const struct {
	const char *name;
	int result;
	const char *words; /* joined by '|' */
} names[] = {
	{ "/bin/static", 0, "" },
	{ "/bin/dynamic", 0, "" },
	{ "/bin/missing", -ENOENT, NULL },
	{ "", -EACCES, NULL },
	{ "s1", 0, "/bin/static|s1|" },
	{ "s2", 0, "/bin/static|s1|two|s2|" },
	{ "s3", 0, "/bin/static|s1|two|s2|three and more|s3|" },
	{ "s4", 0, "/bin/static|s1|two|s2|three and more|s3|s4|" },
	{ "s5", 0, "/bin/static|s1|two|s2|three and more|s3|s4||s5|" },
	{ "s6", -ELOOP, NULL },
	{ "dynamic script", 0, "/bin/dynamic|-x|dynamic script|" },
	{ "missing", -ENOENT, NULL },
	{ "six missing", -ENOENT, NULL },
	{ "empty name", -EACCES, NULL },
	{ "empty", -ENOEXEC, NULL },
	{ "text", -ENOEXEC, NULL },
	{ "locked", -EACCES, NULL },
	{ "locked script", -EACCES, NULL },
};

START_TEST(made_up)
{
	struct exec_request rq = { .filename = names[_i].name };
	struct exec_plan *plan;
	char *joined;
	int r = fake_plan(&rq, &plan);

	ck_assert_int_eq(r, names[_i].result);
	if (r < 0)
		return;
	joined = talloc_strdup(plan, "");
	for (size_t i = 0; i < plan->word_count; i++)
		joined = talloc_asprintf_append(joined, "%s|", plan->words[i]);
	ck_assert_str_eq(joined, names[_i].words);
	ck_assert_str_eq(plan->filename, names[_i].name);
	talloc_free(plan);
}
END_TEST

START_TEST(launches)
{
	struct exec_request rq = { .filename = "/bin/dynamic", .random = { 1, 2 } };
	struct loader_plan *lp;
	struct exec_plan *plan;

	ck_assert_int_eq(fake_plan(&rq, &plan), 0);
	lp = plan->loader_plan;
	ck_assert_str_eq(plan->kernel_path, "//tmp/loader");
	ck_assert_str_eq(plan->program_guest, "/bin/dynamic");
	ck_assert_str_eq(plan->interp_guest, "/lib/ld");
	ck_assert_str_eq(lp->strings + lp->program, "/kept1");
	ck_assert_str_eq(lp->strings + lp->interp, "/kept0");
	ck_assert_str_eq(lp->strings + lp->comm, "dynamic");
	ck_assert_str_eq(lp->strings + lp->execfn, "/bin/dynamic");
	ck_assert_uint_eq(plan->loader_plan_size, offsetof(struct loader_plan, strings) + lp->size);
	ck_assert_uint_eq(lp->random[1], 2);
	ck_assert_uint_eq(plan->loader_opens, 2);
	ck_assert_uint_eq(plan->loader_set_mm, 1);
	talloc_free(plan);

	rq.filename = "s1";
	ck_assert_int_eq(fake_plan(&rq, &plan), 0);
	ck_assert_str_eq(plan->kernel_path, "/host//bin/static");
	ck_assert_ptr_null(plan->loader_plan);
	talloc_free(plan);
}
END_TEST

/* An interpreter without a slash at its end, or not there. */
START_TEST(interpreters)
{
	static const struct {
		const char *name;
		int result;
	} rows[] = { { "/lib/ld", 0 },	   { "/lib/no", -ENOENT }, { "", -EACCES },
		     { "text", -ELIBBAD }, { "empty", -EIO },	   { "/bin/dynamic", 0 } };
	struct exec_request rq = { .filename = "/bin/dynamic" };
	struct exec_plan *plan;

	for (int i = 0; i < ROWS(rows); i++) {
		int want = rows[i].result;

		/* "text" is shorter than a header, so the kernel cannot read one. */
		if (want == -ELIBBAD)
			want = -EIO;
		memset(with_interp.interp, 0, sizeof(with_interp.interp));
		memcpy(with_interp.interp, rows[i].name, strlen(rows[i].name));
		ck_assert_int_eq(fake_plan(&rq, &plan), want);
		if (want == 0)
			talloc_free(plan);
	}
}
END_TEST

/* What is part of the program is looked at, the program last; a script is no part of it. */
START_TEST(looks)
{
	static const struct {
		const char *name, *forbidden;
		int result;
		const char *looked;
	} rows[] = {
		{ "/bin/static", NULL, 0, "program /bin/static;" },
		{ "dynamic script", NULL, 0, "interp /lib/ld;program /bin/dynamic;" },
		{ "/bin/dynamic", "/bin/dynamic", -EPERM, "interp /lib/ld;program /bin/dynamic;" },
		{ "/bin/dynamic", "/lib/ld", -EPERM, "interp /lib/ld;" },
		{ "text", NULL, -ENOEXEC, "" },
		{ "s1", "s1", 0, "program /bin/static;" },
	};
	struct exec_request rq = { 0 };
	struct exec_plan *plan;

	for (int i = 0; i < ROWS(rows); i++) {
		looked[0] = '\0';
		rq.filename = rows[i].name;
		forbidden = rows[i].forbidden;
		ck_assert_int_eq(fake_plan(&rq, &plan), rows[i].result);
		ck_assert_str_eq(looked, rows[i].looked);
		if (rows[i].result == 0)
			talloc_free(plan);
	}
}
END_TEST

/* execveat: the file is open already, and its name may not outlive the call. */
START_TEST(by_descriptor)
{
	struct exec_file f = {
		.guest = "/g", .host = "/h", .name = "/x/own name", .read = exec_file_read_data
	};
	struct exec_request rq = { .filename = "/dev/fd/5", .program = &f, .closes = true };
	struct exec_plan *plan;

	f.data = &with_interp;
	f.size = sizeof(with_interp);
	ck_assert_int_eq(fake_plan(&rq, &plan), 0);
	ck_assert_str_eq(plan->filename, "/dev/fd/5");
	ck_assert_str_eq(plan->program_host, "/kept1");
	ck_assert_str_eq(plan->comm, "5");
	talloc_free(plan);
	rq.comm_of_file = true;
	ck_assert_int_eq(fake_plan(&rq, &plan), 0);
	ck_assert_str_eq(plan->comm, "own name");
	talloc_free(plan);
	f.data = "#!s1\n";
	f.size = 5;
	ck_assert_int_eq(fake_plan(&rq, &plan), -ENOENT);
	rq.closes = false;
	ck_assert_int_eq(fake_plan(&rq, &plan), 0);
	ck_assert_str_eq(plan->words[2], "/dev/fd/5");
	talloc_free(plan);
}
END_TEST

/* A program of another machine: its emulator runs in its place, told what to run. */
START_TEST(emulated)
{
	static const struct {
		const char *name, *words, *guest;
	} rows[] = {
		{ "/bin/foreign", "qemu|-L|/|-0||/bin/foreign|", "/bin/foreign" },
		{ "foreign script", "qemu|-L|/|-0|/bin/foreign|/bin/foreign|-x|foreign script|",
		  "/bin/foreign" },
		{ "-odd", "qemu|-L|/|-0||./-odd|", "-odd" },
	};
	struct exec_request rq = { .filename = rows[_i].name };
	char want[64], *joined;
	struct exec_plan *plan;

	ck_assert_int_eq(fake_plan(&rq, &plan), -ENOEXEC);
	rq.host = &host_with_emulator;
	ck_assert_int_eq(fake_plan(&rq, &plan), 0);
	joined = talloc_strdup(plan, "");
	for (size_t i = 0; i < plan->word_count; i++)
		joined = talloc_asprintf_append(joined, "%s|", plan->words[i]);
	ck_assert_str_eq(joined, rows[_i].words);
	ck_assert_str_eq(plan->program_guest, rows[_i].guest);
	ck_assert_str_eq(plan->program_host, "/qemu");
	ck_assert_str_eq(plan->kernel_path + strlen(plan->kernel_path) - 5, "/qemu");
	ck_assert_ptr_eq(plan->emulator, &emulator);
	ck_assert_uint_eq(plan->environment_at, 3);
	ck_assert(_i == 1 || plan->words[4] == exec_word_argv0);
	ck_assert_uint_eq(plan->machine->machine, without_interp.h.e_machine);
	snprintf(want, sizeof(want), "program %s;", rows[_i].guest);
	ck_assert_str_eq(looked, want);
	talloc_free(plan);
	rq.closes = true;
	ck_assert_int_eq(fake_plan(&rq, &plan), -ENOENT);
}
END_TEST

/* ---- the kernel as the oracle ----------------------------------------------------------------- */

static char dir[256], victim[300], show[300];
static struct host_run native, planned;

static void oracle_setup(void)
{
	const char *tmp = getenv("TMPDIR");
	char cmd[800];

	scratch = talloc_new(NULL);
	snprintf(dir, sizeof(dir), "%s/pr-plan-XXXXXX", tmp ? tmp : "/tmp");
	ck_assert(mkdtemp(dir));
	snprintf(victim, sizeof(victim), "%s/victim", dir);
	snprintf(show, sizeof(show), "%s/show", dir);
	snprintf(cmd, sizeof(cmd),
		 "echo 'int puts(const char *); int main(int c, char **v)"
		 "{ while (*v) puts(*v++); return 7; }' | gcc -static -O1 -xc -o %s - 2>/dev/null",
		 show);
	ck_assert_int_eq(system(cmd), 0);
}

static void oracle_teardown(void)
{
	char cmd[400];

	talloc_free(scratch);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}

/* Programs that were not meant to run do not get far. */
static void limit(void)
{
	alarm(2);
	dup2(open("/dev/null", O_WRONLY), 2);
}

static int plan_victim(struct exec_plan **ret)
{
	static const struct exec_host h = { .loader = { "/loader", "/loader" } };
	struct exec_request rq = { .filename = victim, .host = &h };
	struct exec_ops ops = { host_open, host_close, NULL, host_keep, host_look, scratch };

	return exec_plan_build(scratch, &ops, &rq, ret);
}

/* What the kernel says of the victim: 0 or -errno. */
static int ask_kernel(const struct exec_plan *plan, struct host_run *run)
{
	char *argv[] = { "zero", "one", "", NULL }, *envp[] = { NULL };

	host_run(plan, victim, argv, envp, limit, run);
	return -run->error;
}

static size_t random_line(char *buf)
{
	const char *const parts[] = { show, " ", "\t", "   ", "-x", "\r", "show", "./", "/", "#!" };
	size_t n = 2, want = (size_t)(rand() % 12);

	memcpy(buf, "#!", 3);
	for (size_t i = 0; i < want && n < 700; i++) {
		int pick = rand() % 16;

		if (pick < 10) {
			n += (size_t)snprintf(buf + n, 900 - n, "%s",
					      parts[i == 0 && rand() % 2 ? 0 : pick]);
		} else if (pick < 12) {
			size_t len = (size_t)(230 + rand() % 30 - (int)(n % 230));

			memset(buf + n, pick == 10 ? ' ' : 'y', len);
			n += len;
		} else {
			buf[n++] = "\n\n\0 "[pick - 12];
		}
	}
	return n;
}

START_TEST(scripts)
{
	char line[1024];

	for (int i = 0; i < 400; i++) {
		struct exec_plan *plan = NULL;
		size_t n = random_line(line);
		int r, want;

		host_write_file(victim, line, n);
		want = ask_kernel(NULL, &native);
		r = plan_victim(&plan);
		ck_assert_msg(r == want, "%d, kernel %d: %.*s", r, want, (int)n, line);
		if (r < 0)
			continue;
		ck_assert_int_eq(ask_kernel(plan, &planned), 0);
		ck_assert_str_eq(native.out, planned.out);
		talloc_free(plan);
	}
}
END_TEST

/* A real program with bytes of its headers changed. */
START_TEST(programs)
{
	for (int i = 0; i < 400; i++) {
		struct exec_plan *plan = NULL;
		int r, want;

		host_broken_program(victim);
		want = ask_kernel(NULL, &native);
		r = plan_victim(&plan);
		ck_assert_msg(r == want, "%d, kernel %d", r, want);
		talloc_free(plan);
	}
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("exec_plan");
	TCase *fake = tcase_create("fake"), *oracle = tcase_create("oracle");

	host_seed();
	tcase_add_checked_fixture(fake, fake_setup, fake_teardown);
	tcase_add_loop_test(fake, made_up, 0, ROWS(names));
	tcase_add_test(fake, launches);
	tcase_add_test(fake, interpreters);
	tcase_add_test(fake, looks);
	tcase_add_test(fake, by_descriptor);
	tcase_add_loop_test(fake, emulated, 0, 3);
	suite_add_tcase(s, fake);
	tcase_add_checked_fixture(oracle, oracle_setup, oracle_teardown);
	tcase_set_timeout(oracle, 120);
	tcase_add_test(oracle, scripts);
	tcase_add_test(oracle, programs);
	suite_add_tcase(s, oracle);
	return s;
}

UNIT_MAIN(suite)
