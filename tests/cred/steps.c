// SPDX-License-Identifier: MIT
/*
 * steps SEED COUNT [exec]
 *
 * Random changes of credentials, COUNT of them, the same for the same SEED: each printed with its
 * result and with much of what can be asked of the credentials after it. Episodes begin as root in a
 * process of their own, since most of what a thread gives up it never gets back. In an episode
 * steps are made by two threads in turn, by short-lived children and, with "exec", by programs with
 * set-id bits and file capabilities that the episode executes (made in /tmp by the first process).
 *
 * `steps range` exits with 0 where all these ids exist. Prints no pid and no address. Ids stay below 65536, which is what the oracle's namespace has.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

enum { EPISODE = 40, BRANCH = 6, HELPERS = 12 };

static uint64_t state; /* of the random numbers */
static bool with_exec;
static int depth;	/* 0: an episode's own process */
static unsigned last_cap;

/* ---- output: whole, and in order, whoever writes ---- */

static char out[1 << 16];
static size_t used;

static void flush(void)
{
	size_t done = 0;
	ssize_t n;

	while (done < used && (n = write(STDOUT_FILENO, out + done, used - done)) > 0)
		done += (size_t)n;
	used = 0;
}

static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
	va_list ap;

	if (used > sizeof(out) - 8192)
		flush();
	va_start(ap, format);
	used += (size_t)vsnprintf(out + used, sizeof(out) - used, format, ap);
	va_end(ap);
}

/* ---- chance ---- */

static uint32_t chance(uint32_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)((state * UINT64_C(0x2545f4914f6cdd1d)) >> 33) % below;
}

static uint32_t some_id(void)
{
	static const uint32_t ids[] = { 0, 0, 0, 1, 2, 3, 1000, 65534, UINT32_MAX, UINT32_MAX };

	return ids[chance(sizeof(ids) / sizeof(ids[0]))];
}

static unsigned some_cap(void)
{
	static const unsigned odd[] = { 41, 63, 64, 1000 };

	return chance(30) ? chance(last_cap + 1) : odd[chance(4)];
}

/* Some of the bits of a set, or all, none, or a bit that it has not. */
static uint64_t some_of(uint64_t set)
{
	uint64_t bits = (uint64_t)chance(1u << 31) << 20 ^ chance(1u << 31);

	switch (chance(8)) {
	case 0: return 0;
	case 1: return set | UINT64_C(1) << chance(last_cap + 1);
	case 2: return set & bits;
	case 3: return set & (bits | UINT64_C(0xffff));
	default: return set;
	}
}

/* ---- what can be asked ---- */

static long call(long nr, long a, long b, long c)
{
	long r = syscall(nr, a, b, c);

	return r < 0 && r >= -1 ? -errno : r;
}

static long ask(int option, unsigned long a, unsigned long b)
{
	long r = syscall(SYS_prctl, option, a, b, 0, 0);

	return r < 0 ? -errno : r;
}

#ifdef SYS_setuid32 /* the wide calls of a 32-bit ABI have other names */
#define WIDE(name) SYS_##name##32
#define PICK(name) (chance(4) ? SYS_##name##32 : SYS_##name)
#else
#define WIDE(name) SYS_##name
#define PICK(name) SYS_##name
#endif

struct sets {
	uint64_t e, p, i;
};

static void get_caps(struct sets *ret)
{
	struct __user_cap_header_struct head = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	memset(data, 0xff, sizeof(data));
	syscall(SYS_capget, &head, data);
	ret->e = data[0].effective | (uint64_t)data[1].effective << 32;
	ret->p = data[0].permitted | (uint64_t)data[1].permitted << 32;
	ret->i = data[0].inheritable | (uint64_t)data[1].inheritable << 32;
}

static void print_groups(void)
{
	gid_t list[64];
	long n = call(WIDE(getgroups), 64, (long)list, 0);

	say(" groups %ld:", n);
	for (long i = 0; i < n; i++)
		say("%u,", list[i]);
}

static void print_bits(unsigned cap)
{
	say(" cap %u %ld %ld", cap, ask(PR_CAPBSET_READ, cap, 0),
	    ask(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap));
}

static void print_pdeathsig(void)
{
	int death = -1;

	syscall(SYS_prctl, PR_GET_PDEATHSIG, &death, 0, 0, 0);
	say(" death %d", death);
}

/* The ids and sets always, of the rest a part each time: every question costs a stop. */
static void print_state(void)
{
	uint32_t u[3] = { 7, 7, 7 }, g[3] = { 7, 7, 7 };
	struct sets caps;

	syscall(WIDE(getresuid), &u[0], &u[1], &u[2]);
	syscall(WIDE(getresgid), &g[0], &g[1], &g[2]);
	get_caps(&caps);
	say(" | %u %u %u | %u %u %u | %llx %llx %llx |", u[0], u[1], u[2], g[0], g[1], g[2],
	    (unsigned long long)caps.e, (unsigned long long)caps.p, (unsigned long long)caps.i);
	if (chance(2))
		say(" dump %ld", ask(PR_GET_DUMPABLE, 0, 0));
	switch (chance(8)) {
	case 0: print_groups(); break;
	case 1: print_bits(chance(last_cap + 1)); break;
	case 2: print_bits(chance(8)); break;
	case 3: print_pdeathsig(); break;
	case 4: say(" securebits %lx", ask(PR_GET_SECUREBITS, 0, 0)); break;
	case 5: say(" nnp %ld", ask(PR_GET_NO_NEW_PRIVS, 0, 0)); break;
	case 6: say(" fsuid %ld", call(WIDE(setfsuid), -1, 0, 0)); break;
	default: say(" fsgid %ld", call(WIDE(setfsgid), -1, 0, 0)); break;
	}
	say("\n");
}

/* Every bit of the two sets that are asked for one by one, and the lines of /proc. */
static void print_whole(void)
{
	uint64_t bounding = 0, ambient = 0;
	char line[256];
	FILE *f;

	for (unsigned i = 0; i <= last_cap; i++) {
		bounding |= (uint64_t)(ask(PR_CAPBSET_READ, i, 0) > 0) << i;
		ambient |= (uint64_t)(ask(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, i) > 0) << i;
	}
	say("whole: bounding %llx ambient %llx uid %ld %ld gid %ld %ld\n", (unsigned long long)bounding,
	    (unsigned long long)ambient, (long)getuid(), (long)geteuid(), (long)getgid(),
	    (long)getegid());
	f = fopen("/proc/thread-self/status", "re");
	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, "Uid", 3) == 0 || strncmp(line, "Gid", 3) == 0 ||
		    strncmp(line, "Groups", 6) == 0 || strncmp(line, "Cap", 3) == 0 ||
		    strncmp(line, "NoNewPrivs", 10) == 0)
			say("%s", line);
	if (f)
		fclose(f);
}

/* ---- steps: what is done, then its result ---- */

static void step_set_one(void)
{
	uint32_t id = some_id();
	bool user = chance(2);
	long nr = user ? PICK(setuid) : PICK(setgid);

	say("set%cid %d = %ld", user ? 'u' : 'g', (int)id, call(nr, (long)id, 0, 0));
}

static void step_set_two(void)
{
	uint32_t r = some_id(), e = some_id();
	bool user = chance(2);
	long nr = user ? PICK(setreuid) : PICK(setregid);

	say("setre%cid %d %d = %ld", user ? 'u' : 'g', (int)r, (int)e, call(nr, (long)r, (long)e, 0));
}

static void step_set_three(void)
{
	uint32_t r = some_id(), e = some_id(), s = some_id();
	bool user = chance(2);
	long nr = user ? PICK(setresuid) : PICK(setresgid);

	say("setres%cid %d %d %d = %ld", user ? 'u' : 'g', (int)r, (int)e, (int)s,
	    call(nr, (long)r, (long)e, (long)s));
}

static void step_set_fs(void)
{
	uint32_t id = some_id();
	bool user = chance(2);
	long nr = user ? PICK(setfsuid) : PICK(setfsgid);

	say("setfs%cid %d = %ld", user ? 'u' : 'g', (int)id, call(nr, (long)id, 0, 0));
}

static void step_setgroups(void)
{
	static const int sizes[] = { -1, 65537, 65536, 3 };
	uint32_t list[16];
	int n = (int)chance(8);

	if (chance(8) == 0) {
		n = sizes[chance(4)];
		say("setgroups %d bad = %ld", n, call(WIDE(setgroups), n, 8, 0));
		return;
	}
	for (int i = 0; i < n; i++)
		list[i] = chance(40) ? chance(3000) : UINT32_MAX;
	say("setgroups %d = %ld", n, call(WIDE(setgroups), n, (long)list, 0));
}

static void step_get_short(void)
{
	uint16_t u[3] = { 0 }, list[64];
	long r, n;

#ifdef SYS_setuid32
	r = call(SYS_getresuid, (long)&u[0], (long)&u[1], (long)&u[2]);
	n = call(SYS_getgroups, 64, (long)list, 0);
#else
	uint32_t w[3] = { 0 }, wide[64];

	r = call(SYS_getresgid, (long)&w[0], (long)&w[1], (long)&w[2]);
	n = call(SYS_getgroups, 64, (long)wide, 0);
	for (int i = 0; i < 3; i++)
		u[i] = (uint16_t)w[i];
	for (long i = 0; i < n; i++)
		list[i] = (uint16_t)wide[i];
#endif
	say("short %ld %u %u %u %ld %u", r, u[0], u[1], u[2], n, n > 0 ? list[n - 1] : 0);
}

static void step_faults(void)
{
	uint32_t id;

	switch (chance(4)) {
	case 0:
		say("getresuid bad = %ld", call(WIDE(getresuid), (long)&id, 8, (long)&id));
		break;
	case 1:
		say("getgroups -1 = %ld, 0 = %ld", call(WIDE(getgroups), -1, 0, 0),
		    call(WIDE(getgroups), 0, 0, 0));
		break;
	case 2:
		say("getgroups 1 = %ld", call(WIDE(getgroups), 1, (long)&id, 0));
		break;
	default:
		say("getgroups bad = %ld", call(WIDE(getgroups), 64, 8, 0));
		break;
	}
}

static uint32_t some_version(void)
{
	static const uint32_t versions[] = { _LINUX_CAPABILITY_VERSION_1,
					     _LINUX_CAPABILITY_VERSION_2, 0, 0x20080523 };

	return chance(6) ? _LINUX_CAPABILITY_VERSION_3 : versions[chance(4)];
}

static void step_capset(void)
{
	struct __user_cap_header_struct head = { some_version(), 0 };
	struct __user_cap_data_struct data[2];
	struct sets now;
	uint64_t e, p, i;
	long r;

	get_caps(&now);
	p = some_of(now.p);
	e = chance(3) ? some_of(p) : some_of(now.e);
	i = some_of(now.p | now.i);
	for (int w = 0; w < 2; w++) {
		data[w].effective = (uint32_t)(e >> 32 * w);
		data[w].permitted = (uint32_t)(p >> 32 * w);
		data[w].inheritable = (uint32_t)(i >> 32 * w);
	}
	if (chance(30) == 0)
		head.pid = chance(2) ? -1 : getppid();
	r = call(SYS_capset, (long)&head, chance(40) ? (long)data : 8, 0);
	say("capset %llx %llx %llx = %ld %x", (unsigned long long)e, (unsigned long long)p,
	    (unsigned long long)i, r, head.version);
}

static void step_capget(void)
{
	struct __user_cap_header_struct head = { some_version(), 0 };
	struct __user_cap_data_struct data[2] = { { 0 } };
	const char *whose = "own";
	long r;

	switch (chance(5)) {
	case 0: head.pid = -1; whose = "-1"; break;
	case 1: head.pid = 0x3ffffff; whose = "nobody"; break;
	case 2: head.pid = getppid(); whose = "parent"; break;
	case 3: head.pid = getpid(); whose = "leader"; break;
	default: break;
	}
	r = call(SYS_capget, (long)&head, chance(8) ? (long)data : 0, 0);
	say("capget %s = %ld %x %x %x %x", whose, r, head.version, data[0].effective,
	    data[1].permitted, data[1].inheritable);
}

static void step_bounding(void)
{
	unsigned cap = some_cap();

	if (chance(4))
		say("bounding - %u = %ld", cap, ask(PR_CAPBSET_DROP, cap, 0));
	else
		say("bounding ? %u = %ld", cap, ask(PR_CAPBSET_READ, cap, 0));
}

static void step_ambient(void)
{
	static const int ops[] = { PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT_LOWER,
				   PR_CAP_AMBIENT_IS_SET, PR_CAP_AMBIENT_CLEAR_ALL, 9 };
	int op = ops[chance(chance(3) ? 2 : 6)];
	unsigned cap = op == PR_CAP_AMBIENT_CLEAR_ALL && chance(4) ? 0 : some_cap();

	say("ambient %d %u = %ld", op, cap, ask(PR_CAP_AMBIENT, (unsigned long)op, cap));
}

static void step_securebits(void)
{
	unsigned long bits = (unsigned long)ask(PR_GET_SECUREBITS, 0, 0);

	switch (chance(6)) {
	case 0: bits = chance(256); break;
	case 1: break;
	case 2: bits |= 1ul << (8 + chance(6)); break;
	default: bits ^= 1ul << chance(8); break;
	}
	/* Bits that older kernels do not know are not tried on them. */
	if (bits >> 8 && prctl(PR_SET_SECUREBITS, ask(PR_GET_SECUREBITS, 0, 0) | 0x100) < 0)
		bits &= 0xff;
	say("securebits %lx = %ld", bits, ask(PR_SET_SECUREBITS, bits, 0));
}

static void step_keepcaps(void)
{
	unsigned long on = chance(8) ? chance(2) : 2;

	say("keepcaps %lu = %ld, %ld", on, ask(PR_SET_KEEPCAPS, on, 0), ask(PR_GET_KEEPCAPS, 0, 0));
}

static void step_no_new_privs(void)
{
	bool really = chance(6) == 0;

	if (chance(3) == 0)
		say("no_new_privs ? = %ld", (long)syscall(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 1, 0));
	else
		say("no_new_privs %d = %ld", really, ask(PR_SET_NO_NEW_PRIVS, 1, !really));
}

static void step_dumpable(void)
{
	unsigned long to = chance(8) ? 1 : chance(3);

	say("dumpable %lu = %ld", to, ask(PR_SET_DUMPABLE, to, 0));
}

static void step_pdeathsig(void)
{
	unsigned long sig = chance(3) ? 28 /* WINCH */ : chance(2) * 99;

	say("pdeathsig %lu = %ld", sig, ask(PR_SET_PDEATHSIG, sig, 0));
}

/* One that allows everything; EACCES without no_new_privs or CAP_SYS_ADMIN. */
static void step_seccomp(void)
{
	static struct sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	const struct sock_fprog prog = { 1, &allow };
	long flags = chance(2) ? SECCOMP_FILTER_FLAG_TSYNC : 0;

	long r;

	if (chance(4)) { /* many filters are slow */
		say("nothing");
		return;
	}
	r = call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, (long)&prog);
	say("seccomp %ld = %ld", flags, r > 0 ? 1 : r); /* a tid: the other thread has its own */
}

static void steps(int count);

/* ---- children and programs ---- */

static void wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (status)
		say("child: status %x\n", status);
}

static void step_fork(void)
{
	uint64_t seed = state ^ 0x5bd1e995;
	pid_t pid;

	if (depth) {
		say("no fork");
		return;
	}
	say("fork {\n");
	flush();
	pid = fork();
	if (pid == 0) {
		depth++;
		state = seed;
		steps(BRANCH);
		flush();
		_exit(0);
	}
	wait_for(pid);
	say("} fork");
}

static const struct helper {
	uint32_t uid, gid, mode;
	uint32_t magic; /* of its file capabilities; 0: none */
	uint64_t permitted, inheritable;
} helpers[HELPERS] = {
	{ 0, 0, 0755, 0, 0, 0 },
	{ 0, 0, 04755, 0, 0, 0 },
	{ 1000, 2, 04755, 0, 0, 0 },
	{ 3, 1000, 02755, 0, 0, 0 },
	{ 2, 3, 06755, 0, 0, 0 },
	{ 0, 2, 06755, 0, 0, 0 },
	{ 3, 1000, 02745, 0, 0, 0 },
	{ 0, 0, 0755, VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE, 0xc0, 0 },
	{ 0, 0, 0755, VFS_CAP_REVISION_2, 0x1ffffff, 0xffffffffff },
	{ 0, 0, 04755, VFS_CAP_REVISION_2, 0x401, 0x3 },
	{ 1000, 1000, 06755, VFS_CAP_REVISION_2 | VFS_CAP_FLAGS_EFFECTIVE, 0x1, 0x2 },
	{ 0, 0, 0711, 0, 0, 0 },
};

static void helper_name(char *buf, size_t size, unsigned i)
{
	snprintf(buf, size, "/tmp/steps.%u", i);
}

static void copy_self(const char *to)
{
	int in = open("/proc/self/exe", O_RDONLY);
	int out_fd = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0700);
	char buf[65536];
	ssize_t n;

	while ((n = read(in, buf, sizeof(buf))) > 0)
		if (write(out_fd, buf, (size_t)n) != n)
			break;
	close(in);
	close(out_fd);
}

static void make_helpers(void)
{
	char name[64];

	for (unsigned i = 0; i < HELPERS; i++) {
		const struct helper *h = &helpers[i];
		const uint32_t caps[] = { h->magic, (uint32_t)h->permitted, (uint32_t)h->inheritable,
					  (uint32_t)(h->permitted >> 32),
					  (uint32_t)(h->inheritable >> 32) };

		helper_name(name, sizeof(name), i);
		unlink(name);
		copy_self(name);
		if (chown(name, h->uid, h->gid) < 0 || chmod(name, h->mode) < 0 ||
		    (h->magic && setxattr(name, "security.capability", caps, sizeof(caps), 0) < 0))
			say("helper %u: %s\n", i, strerror(errno));
	}
}

static char *helper_argv[4];

static void *exec_helper(void *arg)
{
	execv(helper_argv[0], helper_argv);
	say("exec = %d\n", -errno);
	flush();
	_exit(0);
	return arg;
}

enum way { FROM_CHILD, SHARING_FS, FROM_THREAD };

static void exec_by(enum way way)
{
	pthread_t thread;
	pid_t pid = way == SHARING_FS ? (pid_t)syscall(SYS_clone, CLONE_FS | SIGCHLD, 0, 0, 0, 0) :
					fork();

	if (pid == 0 && (way != FROM_THREAD || pthread_create(&thread, NULL, exec_helper, NULL)))
		exec_helper(NULL);
	while (pid == 0)
		pause();
	wait_for(pid);
}

static void step_exec(void)
{
	enum way way = chance(2) ? FROM_CHILD : chance(2) ? SHARING_FS : FROM_THREAD;
	unsigned which = chance(HELPERS);
	char name[64], seed[32];

	if (!with_exec || depth) {
		say("no exec");
		return;
	}
	helper_name(name, sizeof(name), which);
	snprintf(seed, sizeof(seed), "%llu", (unsigned long long)state);
	helper_argv[0] = name;
	helper_argv[1] = "run";
	helper_argv[2] = seed;
	say("exec %u %d {\n", which, way);
	flush();
	exec_by(way);
	say("} exec");
}

/* What an executed helper does. */
static int run_as_helper(const char *seed)
{
	depth = 1;
	state = strtoull(seed, NULL, 10);
	say("secure %lu ids %lu %lu %lu %lu", getauxval(AT_SECURE), getauxval(AT_UID),
	    getauxval(AT_EUID), getauxval(AT_GID), getauxval(AT_EGID));
	print_state();
	if (chance(3) == 0)
		print_whole();
	steps(BRANCH);
	flush();
	return 0;
}

/* ---- episodes ---- */

static void (*const kinds[])(void) = {
	step_set_one,	step_set_two,	 step_set_three, step_set_three, step_set_fs,
	step_setgroups, step_get_short,	 step_faults,	 step_capset,	 step_capset,
	step_capget,	step_bounding,	 step_ambient,	 step_ambient,	 step_securebits,
	step_keepcaps,	step_no_new_privs, step_dumpable, step_pdeathsig, step_seccomp,
	step_fork,	step_exec,	 step_exec,
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void steps(int count)
{
	for (int i = 0; i < count; i++) {
		kinds[chance(KINDS)]();
		print_state();
	}
}

/* The second thread: makes a step when it is told to. */
static sem_t go, done;
static bool over;

static void *second_thread(void *arg)
{
	for (;;) {
		sem_wait(&go);
		if (over)
			break;
		say("second: ");
		steps(1);
		sem_post(&done);
	}
	return arg;
}

static void episode(int count)
{
	bool two = chance(2);
	pthread_t thread;

	sem_init(&go, 0, 0);
	sem_init(&done, 0, 0);
	if (two && pthread_create(&thread, NULL, second_thread, NULL) != 0)
		two = false;
	for (int i = 0; i < count; i++) {
		if (two && chance(3) == 0) {
			sem_post(&go);
			sem_wait(&done);
		} else {
			steps(1);
		}
	}
	if (chance(4) == 0)
		print_whole();
	flush();
	_exit(0);
}

int main(int argc, char **argv)
{
	int count;
	pid_t pid;

	while (prctl(PR_CAPBSET_READ, last_cap + 1) >= 0)
		last_cap++;
	if (argc == 2 && strcmp(argv[1], "range") == 0)
		return setresgid(65535, 65535, 65535) < 0 || setresuid(65535, 65535, 65535) < 0;
	if (argc == 3 && strcmp(argv[1], "run") == 0)
		return run_as_helper(argv[2]);
	state = strtoull(argc > 1 ? argv[1] : "1", NULL, 10) * 2654435769u + 1;
	count = argc > 2 ? atoi(argv[2]) : 1000;
	with_exec = argc > 3;
	if (with_exec)
		make_helpers();
	for (int done_steps = 0; done_steps < count; done_steps += EPISODE) {
		say("episode\n");
		flush();
		state += 0x9e3779b97f4a7c15u;
		pid = fork();
		if (pid == 0)
			episode(EPISODE);
		wait_for(pid);
		flush();
	}
	return 0;
}
