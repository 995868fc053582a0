/* SPDX-License-Identifier: MIT */
/*
 * The loader against the kernel: each program runs natively and through the loader, and must find
 * the same world. The programs are compiled here, so a case is left out where the compiler cannot
 * make it.
 */
#include "unit.h"

#include "exec_host.h"

#include "arch/area.h"
#include "exec/blob.h"

#include <sys/resource.h>

#define SOURCES "tests/unit/"

static char dir[256], loader_path[LOADER_KINDS][300];
static struct exec_host host;
static void *scratch;
static struct host_run native, loaded;

static void blob_write(enum loader_kind kind, const char *name, const unsigned char *begin,
		       const unsigned char *end)
{
	FILE *f;

	if (begin == end)
		return;
	snprintf(loader_path[kind], sizeof(loader_path[kind]), "%s/%s", dir, name);
	f = fopen(loader_path[kind], "w");
	fwrite(begin, 1, (size_t)(end - begin), f);
	fclose(f);
	chmod(loader_path[kind], 0755);
	host.loader[kind] = loader_path[kind];
}

static void setup(void)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(dir, sizeof(dir), "%s/pr-loader-XXXXXX", tmp ? tmp : "/tmp");
	ck_assert(mkdtemp(dir));
	scratch = talloc_new(NULL);
	exec_host_probe(&host);
	blob_write(LOADER_NATIVE, "native", blob_loader_begin, blob_loader_end);
	blob_write(LOADER_COMPAT, "compat", blob_loader_compat_begin, blob_loader_compat_end);
}

static void teardown(void)
{
	char cmd[300];

	talloc_free(scratch);
	snprintf(cmd, sizeof(cmd), "rm -rf %s", dir);
	ck_assert_int_eq(system(cmd), 0);
}

static int compile(const char *source, const char *flags, const char *output)
{
	char cmd[1024];

	snprintf(cmd, sizeof(cmd), "gcc -w -O1 -Isrc -o %s/%s %s%s %s 2>/dev/null", dir, output,
		 source[0] == '/' ? "" : SOURCES, source, flags);
	return system(cmd);
}

/* NULL where the program cannot be executed. */
static struct exec_plan *plan_try(const char *name, uint32_t flags_off)
{
	struct exec_host h = host;
	struct exec_request rq = { .filename = name, .host = &h };
	struct exec_ops ops = { host_open, host_close, NULL, host_keep, host_look, scratch };
	struct exec_plan *plan = NULL;

	h.plan_flags &= ~flags_off;
	for (int i = 0; i < 2; i++)
		rq.random[i] = (uint64_t)rand() << 32 ^ (uint64_t)rand() << 11;
	exec_plan_build(scratch, &ops, &rq, &plan);
	return plan;
}

static struct exec_plan *plan_for(const char *name, uint32_t flags_off)
{
	struct exec_plan *plan = plan_try(name, flags_off);

	ck_assert_ptr_nonnull(plan);
	return plan;
}

static void run_both(const char *name, char **argv, void (*prepare)(void))
{
	struct exec_plan *plan = plan_for(name, 0);
	char env_loader[400];
	char *envp[] = { "A=1", "PATH=/usr/bin:/bin", env_loader, NULL };

	snprintf(env_loader, sizeof(env_loader), "LOADER=%s",
		 plan->loader_plan ? host.loader[plan->machine->loader] : "");
	host_run(NULL, name, argv, envp, prepare, &native);
	host_run(plan, name, argv, envp, prepare, &loaded);
}

static void assert_same(const char *what)
{
	if (native.status != loaded.status || strcmp(native.out, loaded.out) != 0)
		fprintf(stderr, "== %s\n-- native, status %x\n%s\n-- loaded, status %x\n%s\n", what,
			native.status, native.out, loaded.status, loaded.out);
	ck_assert_int_eq(native.status, loaded.status);
	ck_assert_str_eq(native.out, loaded.out);
}

static const char *const ways[] = {
	"",
	"-no-pie",
	"-Wl,-z,max-page-size=65536",
	"-Wl,-z,max-page-size=0x200000",
	"-no-pie -Wl,-z,max-page-size=65536",
	"-DBSS=50000000",
	"-no-pie -DBSS=50000000",
	"-z execstack",
	"-no-pie -z execstack -Wl,-z,noseparate-code",
	"-Wl,-z,noseparate-code",
	"-Wl,-N -no-pie",
	"-fuse-ld=gold",
	"-Wl,-Ttext-segment=0x10000000 -no-pie",
	"-static-pie",
	"-static",
};

static void no_randomize(void)
{
	personality(ADDR_NO_RANDOMIZE);
}

static void probe(const char *extra, const char *way)
{
	char flags[256], name[300], what[300];
	char *argv[] = { "argument 0", "", "x y", NULL };

	snprintf(flags, sizeof(flags), "%s %s", extra, way);
	if (compile("exec_probe.c", flags, "probe") != 0)
		return;
	snprintf(name, sizeof(name), "%s/probe", dir);
	run_both(name, argv, NULL);
	ck_assert_int_eq(native.status, 7 << 8);
	assert_same(flags);
	run_both(name, argv, no_randomize);
	snprintf(what, sizeof(what), "%s, not random", flags);
	assert_same(what);
}

START_TEST(ways_native)
{
	probe("", ways[_i]);
}
END_TEST

START_TEST(ways_compat)
{
	if (host.loader[LOADER_COMPAT])
		probe("-m32", ways[_i]);
}
END_TEST

static const char *const no_note[] = { "", "-no-pie", "-m32", "-m32 -no-pie" };

/* A program without PT_GNU_STACK. */
START_TEST(no_gnu_stack)
{
	char flags[300], name[300], cmd[1024];
	char *argv[] = { "p", NULL };

	snprintf(name, sizeof(name), "%s/nostack", dir);
	snprintf(flags, sizeof(flags), "%s", no_note[_i]);
	if (compile("exec_probe.c", flags, "nostack") != 0)
		return;
	/* PT_GNU_STACK becomes PT_NULL */
	snprintf(cmd, sizeof(cmd),
		 "python3 - %s <<'E'\nimport sys\np=sys.argv[1]; b=open(p,'rb').read()\n"
		 "b=b.replace(b'\\x51\\xe5\\x74\\x64', b'\\0\\0\\0\\0', "
		 "1)\nopen(p,'wb').write(b)\nE",
		 name);
	if (system(cmd) != 0)
		return;
	run_both(name, argv, NULL);
	ck_assert_int_eq(native.status, 7 << 8);
	assert_same(flags);
}
END_TEST

START_TEST(registers)
{
	const char *wide = _i ? "-m32" : "";
	char flags[600], name[300];
	char *argv[] = { "p", NULL };

	snprintf(flags, sizeof(flags), "%s -static -nostdlib -no-pie -ffreestanding", wide);
	if (compile("exec_regs.c", flags, "regs") != 0)
		return;
	snprintf(flags, sizeof(flags), "%s -Wl,--dynamic-linker=%s/regs", wide, dir);
	if (compile("exec_probe.c", flags, "regprobe") != 0)
		return;
	snprintf(name, sizeof(name), "%s/regprobe", dir);
	run_both(name, argv, NULL);
	ck_assert_int_eq(native.status, 3 << 8);
	ck_assert_int_eq(native.status, loaded.status);
	ck_assert_uint_eq(native.size, (_i ? 4 : 8) * 24);
	ck_assert_uint_eq(native.size, loaded.size);
	for (size_t i = 0; i < native.size; i++)
		ck_assert_msg(native.out[i] == loaded.out[i], "byte %zu: %02x, %02x", i,
			      native.out[i], loaded.out[i]);
}
END_TEST

/* ---- odd surroundings --------------------------------------------------------------------- */

static void limit_set(int what, rlim_t soft, rlim_t hard)
{
	struct rlimit r = { soft, hard };

	setrlimit(what, &r);
}

static void stack_unlimited(void)
{
	limit_set(RLIMIT_STACK, RLIM_INFINITY, RLIM_INFINITY);
}

static void stack_small(void)
{
	limit_set(RLIMIT_STACK, 256 << 10, 256 << 10);
}

static void files_few(void)
{
	for (int fd = 3; fd < 1000; fd++)
		if (!(fcntl(fd, F_GETFD) & FD_CLOEXEC))
			close(fd);
	limit_set(RLIMIT_NOFILE, 4, 4);
}

static void files_closed(void)
{
	close(0);
	close(2);
}

static void data_small(void)
{
	limit_set(RLIMIT_DATA, 4 << 20, 4 << 20);
}

static void old_layout(void)
{
	personality(ADDR_COMPAT_LAYOUT);
}

static void all_executable(void)
{
	personality(READ_IMPLIES_EXEC);
}

static void all_together(void)
{
	personality(ADDR_NO_RANDOMIZE | ADDR_COMPAT_LAYOUT | STICKY_TIMEOUTS);
}

static void signals_blocked(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	signal(SIGSEGV, SIG_IGN);
}

static void (*const surroundings[])(void) = {
	stack_unlimited, stack_small,	 files_few,    files_closed,	data_small,
	old_layout,	 all_executable, all_together, signals_blocked,
};

START_TEST(odd_surroundings)
{
	static const char *const flags[] = { "", "-no-pie", "-m32", "-m32 -no-pie" };
	char name[300], what[100], big[3000];
	char *argv[] = { "p", big, NULL };

	memset(big, 'b', sizeof(big));
	big[sizeof(big) - 1] = '\0';
	snprintf(name, sizeof(name), "%s/probe", dir);
	for (int i = 0; i < ROWS(flags); i++) {
		if (compile("exec_probe.c", flags[i], "probe") != 0)
			continue;
		run_both(name, argv, surroundings[_i]);
		snprintf(what, sizeof(what), "surroundings %d, %s", _i, flags[i]);
		assert_same(what);
	}
}
END_TEST

static char *const no_args[] = { NULL };

START_TEST(names_and_arguments)
{
	static char longest[4096], many[20000][8];
	static char *argv[20001];
	char link[300];

	ck_assert_int_eq(compile("exec_probe.c", "", "probe"), 0);
	/* A link's name is the one that counts, and so are all slashes and dots. */
	snprintf(link, sizeof(link), "%s/a-link", dir);
	ck_assert_int_eq(symlink("probe", link), 0);
	run_both(link, (char *[]){ "l", NULL }, NULL);
	assert_same("a link");
	snprintf(longest, sizeof(longest), "%s/%*sprobe", dir, 3800, "");
	for (char *p = longest; *p; p++)
		if (*p == ' ')
			*p = '/';
	run_both(longest, (char *[]){ "long", NULL }, NULL);
	ck_assert_int_eq(native.status, 7 << 8);
	assert_same("a long name");
	for (int i = 0; i < 20000; i++)
		argv[i] = memcpy(many[i], "aaaaaaa", 8);
	run_both("/bin/true", argv, NULL);
	ck_assert_int_eq(native.status, 0);
	assert_same("many arguments");
	run_both("/bin/true", (char **)no_args, NULL);
	assert_same("no arguments");
}
END_TEST

/* Where the tracer could not make the loader's name long enough. */
START_TEST(name_does_not_fit)
{
	char name[600], *argv[] = { "p", NULL }, *envp[] = { NULL };
	struct exec_plan *plan;

	ck_assert_int_eq(compile("exec_probe.c", "", "probe"), 0);
	snprintf(name, sizeof(name), "%s/./././././././././././././././././././././././probe", dir);
	plan = plan_for(name, 0);
	plan->kernel_path = host.loader[LOADER_NATIVE];
	host_run(plan, name, argv, envp, NULL, &loaded);
	ck_assert_int_eq(loaded.status, 7 << 8);
	ck_assert_ptr_nonnull(strstr(loaded.out, "comm probe\n"));
	ck_assert_ptr_nonnull(strstr(loaded.out, name));
}
END_TEST

/* Another C library, and the interpreter as a program. */
START_TEST(other_interpreters)
{
	char cmd[600], name[300], *argv[] = { "p", "/bin/true", NULL };

	run_both("/lib64/ld-linux-x86-64.so.2", argv, NULL);
	assert_same("ld.so");
	snprintf(cmd, sizeof(cmd), "musl-gcc -w -O1 -Isrc -o %s/musl %sexec_probe.c 2>/dev/null",
		 dir, SOURCES);
	if (system(cmd) != 0)
		return;
	snprintf(name, sizeof(name), "%s/musl", dir);
	run_both(name, argv, NULL);
	ck_assert_int_eq(native.status, 7 << 8);
	assert_same("musl");
}
END_TEST

/* ---- real programs ------------------------------------------------------------------------ */

struct real {
	char *argv[5];
};

static struct real reals[] = {
	{ { "/bin/true" } },
	{ { "/bin/sh", "-c", "echo $0 \"$@\"; echo $$ >/dev/null; cat /proc/self/comm", "x" } },
	{ { "/bin/bash", "-c", "echo $BASH $0; ulimit -s; (exit 3); echo $?" } },
	{ { "/usr/bin/python3", "-c",
	    "import sys, os, threading; print(sys.executable, sys.argv, sys.version);"
	    "t = threading.Thread(target=print, args=('thread',)); t.start(); t.join();"
	    "print(open('/proc/self/comm').read(), os.listdir('/proc/self/fd'))" } },
	{ { "/usr/bin/perl", "-e", "print \"$0\\n\"; print `echo child`" } },
	{ { "/usr/bin/awk", "BEGIN { print 1 + 2 }" } },
};

START_TEST(real_programs)
{
	char *const *argv = reals[_i].argv;

	if (access(argv[0], X_OK) < 0)
		return;
	run_both(argv[0], (char **)argv, NULL);
	assert_same(argv[0]);
}
END_TEST

START_TEST(script)
{
	char name[400];
	char *argv[] = { "lost", "a", "b", NULL };
	FILE *f;

	snprintf(name, sizeof(name), "%s/a-script-of-a-long-name.sh", dir);
	f = fopen(name, "w");
	fputs("#! /bin/sh -eu\necho \"$0\" \"$@\"\ncat /proc/$$/comm\n", f);
	fclose(f);
	chmod(name, 0755);
	run_both(name, argv, NULL);
	assert_same("script");
	f = fopen(name, "w");
	fprintf(f, "#! %s/probe x y z\t\n", dir);
	fclose(f);
	compile("exec_probe.c", "", "probe");
	run_both(name, argv, NULL);
	ck_assert_int_eq(native.status, 7 << 8);
	assert_same("script for the probe");
}
END_TEST

/* Without PR_SET_MM_MAP: [heap] is the kernel's own, right behind a PIE. */
START_TEST(without_set_mm)
{
	const char *wide = _i & 1 ? "-m32" : "", *pie = _i & 2 ? "-no-pie" : "";
	char flags[100], name[300];
	char *argv[] = { "p", NULL }, *envp[] = { NULL };

	snprintf(flags, sizeof(flags), "%s %s", wide, pie);
	if (compile("exec_probe.c", flags, "probe") != 0)
		return;
	snprintf(name, sizeof(name), "%s/probe", dir);
	for (int i = 0; i < 20; i++) {
		host_run(plan_for(name, PLAN_SET_MM), name, argv, envp,
			 i == 7 ? no_randomize : NULL, &loaded);
		ck_assert_int_eq(loaded.status, 7 << 8);
		if (!strstr(loaded.out, " grown 1\n") || !strstr(loaded.out, "[heap] rw-p"))
			ck_abort_msg("%s", loaded.out);
	}
}
END_TEST

static const char ids_source[] =
	"#include <stdio.h>\n#include <sys/auxv.h>\n"
	"int main(void) { unsigned long e[2]; FILE *f = fopen(\"/proc/self/auxv\", \"r\");\n"
	"while (fread(e, sizeof(e), 1, f) == 1) if ((e[0] >= 11 && e[0] <= 14) || e[0] == 23)\n"
	"printf(\"%lu %lu %lu\\n\", e[0], e[1], getauxval(e[0])); return 7; }\n";

/* Entries of ids that are not the kernel's: in memory, and in what the kernel keeps of it. */
START_TEST(ids)
{
	char name[300];
	char *argv[] = { "p", NULL }, *envp[] = { NULL };
	struct exec_plan *plan;

	snprintf(name, sizeof(name), "%s/ids.c", dir);
	host_write_file(name, ids_source, strlen(ids_source));
	if (compile(name, _i ? "-m32" : "", "ids") != 0)
		return;
	snprintf(name, sizeof(name), "%s/ids", dir);
	plan = plan_for(name, 0);
	if (!(plan->loader_plan->flags & PLAN_SET_MM))
		return;
	plan->loader_plan->flags |= PLAN_IDS;
	plan->loader_plan->ids = (struct plan_ids){ 4000000001, 2, 3, 4, 1 };
	host_run(plan, name, argv, envp, NULL, &loaded);
	ck_assert_int_eq(loaded.status, 7 << 8);
	ck_assert_str_eq(loaded.out, "11 4000000001 4000000001\n12 2 2\n13 3 3\n14 4 4\n23 1 1\n");
}
END_TEST

/* A broken plan or file ends the process as the kernel would. */
START_TEST(death)
{
	char *argv[] = { "p", NULL }, *envp[] = { NULL };
	struct exec_plan *plan = plan_for("/bin/true", 0);
	struct loader_plan *lp = plan->loader_plan;

	lp->strings[lp->program + 1] = '/';
	if (_i == 0)
		memcpy(lp->strings + lp->program, "/no", 4);
	else if (_i == 1)
		memcpy(lp->strings + lp->interp, "/no", 4);
	else
		lp->magic = 0;
	host_run(plan, "", argv, envp, NULL, &loaded);
	ck_assert(WIFSIGNALED(loaded.status) && WTERMSIG(loaded.status) == SIGSEGV);
}
END_TEST

static void limit(void)
{
	alarm(2);
	dup2(open("/dev/null", O_WRONLY), 2);
}

static int death_of(const struct host_run *run)
{
	return run->status == SIGBUS ? SIGSEGV : run->status;
}

/*
 * Odd headers lead to the same end. One difference is known: zeroing a page that lies behind the
 * end of the file is SIGBUS here, where the kernel makes it a SIGSEGV. A program sent into the
 * middle of its code ends by chance (where things lie, what the stack holds), natively too: such
 * ends must be met on both sides within some runs.
 */
START_TEST(broken_programs)
{
	char name[300], *argv[] = { "p", NULL }, *envp[] = { NULL };
	struct exec_plan *plan;

	snprintf(name, sizeof(name), "%s/broken", dir);
	for (int i = 0; i < 400; i++) {
		host_broken_program(name);
		plan = plan_try(name, 0);
		if (!plan)
			continue;
		host_run(NULL, name, argv, envp, limit, &native);
		host_run(plan, name, argv, envp, limit, &loaded);
		for (int more = 0; death_of(&native) != death_of(&loaded) && more < 60; more++)
			host_run(NULL, name, argv, envp, limit, &native);
		ck_assert_int_eq(death_of(&native), death_of(&loaded));
	}
}
END_TEST

/* Many execs: nothing depends on where things happen to lie. */
START_TEST(again_and_again)
{
	char *argv[] = { "true", NULL }, *envp[] = { NULL };
	const char *name = "/bin/true", *wide = _i ? "-m32" : "";
	char path[300];

	if (_i && (!host.loader[LOADER_COMPAT] || compile("exec_probe.c", wide, "probe") != 0))
		return;
	snprintf(path, sizeof(path), "%s/probe", dir);
	for (int i = 0; i < 200; i++) {
		host_run(plan_for(_i ? path : name, 0), name, argv, envp, NULL, &loaded);
		ck_assert_int_eq(loaded.status, _i ? 7 << 8 : 0);
	}
}
END_TEST

/* Return stubs do what they must, in the loader's area and in one that a tracer makes. */
START_TEST(stubs)
{
	const char *flags =
		_i ? "-m32 -no-pie src/arch/i386/area.c" : "-no-pie src/arch/x86_64/area.c";
	char *argv[] = { "p", NULL };
	char name[300];

	if (area_code_of(8, true) == AREA_BARE)
		return;
	if (compile("exec_area.c", flags, "probe-area") != 0) {
		ck_assert_int_eq(_i, 1);
		return;
	}
	snprintf(name, sizeof(name), "%s/probe-area", dir);
	run_both(name, argv, NULL);
	ck_assert_str_eq(native.out, "");
	ck_assert_int_eq(native.status, 7 << 8);
	assert_same(flags);
}
END_TEST

/* What cannot be reached is refused. */
START_TEST(stubs_refused)
{
	uint8_t code[AREA_STUB_STRIDE];

	if (area_code_of(8, true) == AREA_BARE)
		return;
	ck_assert_uint_eq(area_stub_write(AREA_X86_64, code, 0, 1ull << 31), 0);
	ck_assert_uint_eq(area_stub_write(AREA_X86_64_INT80, code, 1ull << 40, 0), 0);
	ck_assert_uint_eq(area_stub_write(AREA_I386, code, 1ull << 32, 0), 0);
	ck_assert_uint_eq(area_stub_write(AREA_I386, code, 0, 1ull << 32), 0);
	ck_assert_uint_ne(area_stub_write(AREA_I386, code, 0xffff0000, 0xfff00000), 0);
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("exec_loader");
	TCase *c = tcase_create("loader");

	host_seed();
	tcase_set_timeout(c, 120);
	tcase_add_checked_fixture(c, setup, teardown);
	tcase_add_loop_test(c, ways_native, 0, ROWS(ways));
	tcase_add_loop_test(c, ways_compat, 0, ROWS(ways));
	tcase_add_loop_test(c, no_gnu_stack, 0, ROWS(no_note));
	tcase_add_loop_test(c, registers, 0, 2);
	tcase_add_loop_test(c, real_programs, 0, ROWS(reals));
	tcase_add_loop_test(c, odd_surroundings, 0, ROWS(surroundings));
	tcase_add_test(c, names_and_arguments);
	tcase_add_test(c, name_does_not_fit);
	tcase_add_test(c, other_interpreters);
	tcase_add_test(c, script);
	tcase_add_loop_test(c, without_set_mm, 0, 4);
	tcase_add_loop_test(c, ids, 0, 2);
	tcase_add_loop_test(c, death, 0, 3);
	tcase_add_test(c, broken_programs);
	tcase_add_loop_test(c, again_and_again, 0, 2);
	tcase_add_loop_test(c, stubs, 0, 2);
	tcase_add_test(c, stubs_refused);
	suite_add_tcase(s, c);
	return s;
}

UNIT_MAIN(suite)
