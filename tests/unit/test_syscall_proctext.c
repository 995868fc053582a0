// SPDX-License-Identifier: MIT
/* Texts of /proc/<pid>, before and after. */
#include "syscall/proctext.h"

#include <errno.h>
#include <string.h>

#include "base/pathbuf.h"
#include "texts.h"

/* "/srv/root/x" -> "/x" */
static int show(void *ctx, const char *host, struct pathbuf *ret)
{
	const char *rest = path_under(host, ctx);

	return rest ? pathbuf_set(ret, *rest ? rest : "/") : -ENOENT;
}

static char root[] = "/srv/root";
static const struct proctext_range hidden[] = { { 0x5000, 0x6000 }, { 0x9000, 0xa000 } };
static const struct proctext_maps maps = { show, root, hidden, 2 };

#define A "00001000-00002000"
#define ANON " rw-p 00000000 00:00 0 \n"
#define R " r-xp 00000000 fe:00 123                      "

static const struct {
	const char *from, *to;
} lines[] = {
	{ A R "/srv/root/bin/sh\n", A R "/bin/sh\n" },
	{ A R "/srv/root/a b (deleted)\n", A R "/a b (deleted)\n" },
	{ A R "/etc/x\n", A R "/etc/x\n" },
	{ A R "/srv/rootx\n", A R "/srv/rootx\n" },
	{ A R "/memfd:x (deleted)\n", A R "/memfd:x (deleted)\n" },
	{ A R "[heap]\n", A R "[heap]\n" },
	{ A ANON, A ANON },
	{ "00005000-00006000" ANON, "" },
	{ "00005800-00006000" ANON, "" },
	{ "00004000-00007000" ANON,
	  "00004000-00005000" ANON "00006000-00007000" ANON },
	{ "00005000-0000b000" ANON,
	  "00006000-00009000" ANON "0000a000-0000b000" ANON },
	{ "00005000-00006000" ANON "Size:  4 kB\nVmFlags: rd\n"
	  "00007000-00008000" R "/srv/root/x\nSize:  8 kB\n",
	  "00007000-00008000" R "/x\nSize:  8 kB\n" },
	{ "nonsense\n", "nonsense\n" },
	{ "1000-\n", "1000-\n" },
};

START_TEST(maps_lines)
{
	begin(lines[_i].from);
	check_text(proctext_maps(in, out, &maps), lines[_i].to);
}
END_TEST

static const struct {
	const char *from, *to;
} numa[] = {
	{ "00001000 default file=/srv/root/a\\040b mapped=2 N0=2\n",
	  "00001000 default file=/a\\040b mapped=2 N0=2\n" },
	{ "00001000 default file=/srv/root/a\n", "00001000 default file=/a\n" },
	{ "00001000 default stack anon=4\n", "00001000 default stack anon=4\n" },
	{ "00005000 default anon=4\n00007000 default\n", "00007000 default\n" },
};

START_TEST(numa_lines)
{
	begin(numa[_i].from);
	check_text(proctext_numa_maps(in, out, &maps), numa[_i].to);
}
END_TEST

static const struct proctext_version version = {
	{ "Linux", "6.1.0-9-amd64", "#1 SMP Debian" }, { "Linux", "5.4.1", "#7 told" }
};
static const struct {
	const char *from, *to;
} versions[] = {
	{ "Linux version 6.1.0-9-amd64 (me@box) (gcc-12 (x) 12.2, GNU ld 2.40) #1 SMP Debian\n",
	  "Linux version 5.4.1 (me@box) (gcc-12 (x) 12.2, GNU ld 2.40) #7 told\n" },
	{ "Linux version 6.1.0-9-amd64 #1 SMP Debian\n", "Linux version 5.4.1 #7 told\n" },
	{ "Linux version 6.1.0-9-amd64 (me@box) #2 other\n", "Linux version 5.4.1 #7 told\n" },
	{ "something else\n", "Linux version 5.4.1 #7 told\n" },
	{ "", "Linux version 5.4.1 #7 told\n" },
};

START_TEST(version_lines)
{
	begin(versions[_i].from);
	check_text(proctext_version(in, out, &version), versions[_i].to);
}
END_TEST

#define SECCOMP(n, m) "NoNewPrivs:\t" #n "\nSeccomp:\t" #m "\n"

static const struct {
	struct proctext_status how;
	const char *from, *to;
} status[] = {
	{ { 'T', true, 1, NULL, NULL },
	  "State:\tt (tracing stop)\nTracerPid:\t77\n" SECCOMP(1, 2) "Seccomp_filters:\t1\n",
	  "State:\tT (stopped)\nTracerPid:\t0\n" SECCOMP(0, 0) "Seccomp_filters:\t0\n" },
	{ { 'R', false, 1, NULL, NULL },
	  "State:\tt (tracing stop)\n" SECCOMP(1, 2) "Seccomp_filters:\t3\nSpec:\tx\n",
	  "State:\tR (running)\n" SECCOMP(1, 2) "Seccomp_filters:\t2\nSpec:\tx\n" },
	{ { 'R', true, 1, NULL, NULL }, "State:\tZ (zombie)\n" SECCOMP(1, 2) "Spec:\tx\n",
	  "State:\tZ (zombie)\n" SECCOMP(0, 0) "Spec:\tx\n" }, /* Linux < 5.9 */
	{ { 'R', true, 0, NULL, NULL }, SECCOMP(0, 2) "Spec:\tx\n", SECCOMP(0, 2) "Spec:\tx\n" },
	{ { 'R', true, 1, NULL, NULL }, SECCOMP(1, 2), SECCOMP(0, 0) },
};

START_TEST(status_lines)
{
	begin(status[_i].from);
	check_text(proctext_status(in, out, &status[_i].how), status[_i].to);
}
END_TEST

START_TEST(affinity)
{
	struct proctext_status how = { 'R', false, 0, NULL, NULL, 0 };
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int cpu = 0; cpu < 4; cpu++)
		CPU_SET(cpu, &set);
	CPU_SET(6, &set);
	CPU_SET(35, &set);
	how.affinity = &set;
	begin("Cpus_allowed:\t00,00000001\nCpus_allowed_list:\t0\nCpus_allowed_x:\t1\n");
	check_text(proctext_status(in, out, &how),
		   "Cpus_allowed:\t08,0000004f\nCpus_allowed_list:\t0-3,6,35\n"
		   "Cpus_allowed_x:\t1\n");
}
END_TEST

START_TEST(stat_line)
{
	begin("12 (a) t b) t 1 2 3\n");
	check_text(proctext_stat(in, out, 'T'), "12 (a) t b) T 1 2 3\n");
	begin("12 (a) S 1 2 3\n");
	check_text(proctext_stat(in, out, 'T'), "12 (a) S 1 2 3\n");
}
END_TEST

START_TEST(escapes)
{
	char s[] = "a\\040b\\134\\9\\12";

	proctext_unescape(s);
	ck_assert_str_eq(s, "a b\\\\9\\12");
	begin("\n");
	proctext_put_escaped(out, "a b\\c", " \\");
	check_text(0, "a\\040b\\134c");
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("syscall_proctext");

	unit_add_rows(s, "maps_lines", maps_lines, ROWS(lines));
	unit_add_rows(s, "numa_lines", numa_lines, ROWS(numa));
	unit_add_rows(s, "version_lines", version_lines, ROWS(versions));
	unit_add_rows(s, "status_lines", status_lines, ROWS(status));
	unit_add(s, "affinity", affinity);
	unit_add(s, "stat_line", stat_line);
	unit_add(s, "escapes", escapes);
	return s;
}

UNIT_MAIN(suite)
