// SPDX-License-Identifier: MIT
/*
 * Set-id programs and file capabilities: what they become, what they are told in the auxiliary
 * vector, what they lose (dumpable, parent death signal, personality, stack, environment); where
 * they do not take effect.
 *
 * arch: 64 32 dyn
 * kind: identity
 */
#include "guest.h"

#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <pthread.h>
#include <sched.h>
#include <sys/auxv.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/xattr.h>

#ifndef SECBIT_NOROOT
#define SECBIT_NOROOT 1
#endif

static const char helper[] = "/tmp/helper";

/* ---- the program that is run: says what it is ----------------------------------------------- */

static void report_proc(void)
{
	static const char *const keys[] = { "Uid:", "Gid:", "Groups:", "CapInh:", "CapPrm:",
					    "CapEff:", "CapAmb:", "NoNewPrivs:" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		show_status("/proc/self/status", keys[i]);
}

#ifndef PR_GET_AUXV
#define PR_GET_AUXV 0x41555856
#endif

/* The vector as /proc and prctl have it is the one in memory. */
static void report_auxv(void)
{
	static const int types[] = { AT_UID, AT_EUID, AT_GID, AT_EGID, AT_SECURE };
	unsigned long entry[2];
	int fd = open("/proc/self/auxv", O_RDONLY);
	unsigned long by_prctl[128] = { 0 };

	prctl(PR_GET_AUXV, by_prctl, sizeof(by_prctl), 0, 0);
	for (int i = 0; by_prctl[i] != AT_NULL; i += 2)
		for (size_t k = 0; k < sizeof(types) / sizeof(*types); k++)
			if ((int)by_prctl[i] == types[k] && by_prctl[i + 1] != getauxval(types[k]))
				printf("  auxv %d by prctl: %lu\n", types[k], by_prctl[i + 1]);
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		printf("  auxv %d: %lu\n", types[i], getauxval(types[i]));
	if (fd < 0)
		printf("  auxv: %s\n", err_name(errno));
	while (fd >= 0 && read(fd, entry, sizeof(entry)) == sizeof(entry))
		for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
			if ((int)entry[0] == types[i] && entry[1] != getauxval(types[i]))
				printf("  auxv %lu in /proc: %lu\n", entry[0], entry[1]);
}

static int report(void)
{
	uid_t u[3];
	gid_t g[3];
	struct rlimit l;
	int sig = -1;

	getresuid(&u[0], &u[1], &u[2]);
	getresgid(&g[0], &g[1], &g[2]);
	printf("  uid %d %d %d gid %d %d %d\n", u[0], u[1], u[2], g[0], g[1], g[2]);
	report_proc();
	report_auxv();
	prctl(PR_GET_PDEATHSIG, &sig);
	getrlimit(RLIMIT_STACK, &l);
	printf("  dumpable %d, pdeathsig %d, personality %x, stack %s\n", prctl(PR_GET_DUMPABLE), sig,
	       personality(0xffffffff) & 0xffff00, l.rlim_cur == RLIM_INFINITY ? "unlimited" : "limited");
	printf("  LD_LIBRARY_PATH %s, TMPDIR %s, PLAIN %s\n", getenv("LD_LIBRARY_PATH") ? "there" : "gone",
	       getenv("TMPDIR") ? "there" : "gone", getenv("PLAIN") ? "there" : "gone");
	return 0;
}

/* ---- who runs it -------------------------------------------------------------------------------- */

struct row {
	const char *what;
	mode_t mode;
	uid_t owner;
	gid_t group;
	uint64_t permitted, inheritable; /* of the file */
	bool effective;
	uid_t as; /* who runs it, his group the same */
	int (*before)(void);
};

static void set_file_caps(const struct row *row)
{
	const uint32_t value[5] = { VFS_CAP_REVISION_2 | (row->effective ? VFS_CAP_FLAGS_EFFECTIVE : 0),
				    (uint32_t)row->permitted, (uint32_t)row->inheritable,
				    (uint32_t)(row->permitted >> 32), (uint32_t)(row->inheritable >> 32) };

	if (row->permitted || row->inheritable || row->effective)
		SHOW(setxattr(helper, "security.capability", value, sizeof(value), 0));
}

/* Made anew each time: a chown takes capabilities away, and so does a write. */
static void make_helper(const struct row *row)
{
	static char bytes[1 << 16];
	int in = open("/proc/self/exe", O_RDONLY), out;
	ssize_t n;

	unlink(helper);
	out = open(helper, O_WRONLY | O_CREAT | O_EXCL, 0700);
	NEED(in >= 0 && out >= 0);
	while ((n = read(in, bytes, sizeof(bytes))) > 0)
		NEED(write(out, bytes, n) == n);
	close(in);
	close(out);
	NEED(chown(helper, row->owner, row->group) == 0);
	NEED(chmod(helper, row->mode) == 0);
	set_file_caps(row);
}

static int exec_helper(void)
{
	char *argv[] = { "helper", "report", NULL };
	char *env[] = { "LD_LIBRARY_PATH=/nowhere", "TMPDIR=/tmp", "PLAIN=1", NULL };

	fflush(stdout);
	execve(helper, argv, env);
	printf("  execve = %s\n", err_name(errno));
	return report();
}

static int run_as(void *arg)
{
	const struct row *row = arg;
	const gid_t groups[] = { 7, row->as };
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	NEED(setgroups(2, groups) == 0);
	if (row->before && row->before() != 0)
		printf("  before: %s\n", err_name(errno));
	if (row->as != 0 && !row->before) {
		NEED(setresgid(row->as, row->as, row->as) == 0);
		NEED(setresuid(row->as, row->as, row->as) == 0);
	}
	NEED(prctl(PR_SET_PDEATHSIG, SIGUSR1) == 0);
	NEED(personality(ADDR_NO_RANDOMIZE) >= 0);
	if (setrlimit(RLIMIT_STACK, &all) < 0)
		printf("  (the stack is limited)\n");
	return exec_helper();
}

#define CAP(n) (UINT64_C(1) << (n))

static int become(uid_t real, uid_t effective, uid_t saved)
{
	return setresgid(real, effective, saved) || setresuid(real, effective, saved) ? -1 : 0;
}

static int no_new_privs(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || become(1000, 1000, 1000);
}

static int no_root(void)
{
	return prctl(PR_SET_SECUREBITS, SECBIT_NOROOT) || become(1000, 1000, 1000);
}

static int effective_only(void)
{
	return become(0, 1000, 0);
}

static int real_only(void)
{
	return become(1000, 0, 0);
}

static int bounded(void)
{
	return prctl(PR_CAPBSET_DROP, CAP_NET_RAW) || become(1000, 1000, 1000);
}

static int inherits(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d))
		return -1;
	d[0].inheritable = CAP(CAP_NET_RAW) | CAP(CAP_CHOWN);
	return syscall(SYS_capset, &h, d) || become(1000, 1000, 1000);
}

static int ambient(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	if (prctl(PR_SET_KEEPCAPS, 1) || become(1000, 1000, 1000) || syscall(SYS_capget, &h, d))
		return -1;
	d[0].inheritable = d[0].permitted = CAP(CAP_NET_RAW) | CAP(CAP_CHOWN);
	d[0].effective = 0;
	d[1].inheritable = d[1].permitted = d[1].effective = 0;
	return syscall(SYS_capset, &h, d) || prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0);
}

static const struct row rows[] = {
	{ "root, plain", 0755, 0, 0, 0, 0, false, 0, NULL },
	{ "user, plain", 0755, 0, 0, 0, 0, false, 1000, NULL },
	{ "user, set-user-id root", 04755, 0, 0, 0, 0, false, 1000, NULL },
	{ "user, set-group-id", 02755, 0, 50, 0, 0, false, 1000, NULL },
	{ "user, both", 06755, 0, 50, 0, 0, false, 1000, NULL },
	{ "user, set-user-id of another", 04755, 1001, 1001, 0, 0, false, 1000, NULL },
	{ "user, set-user-id of himself", 04755, 1000, 1000, 0, 0, false, 1000, NULL },
	{ "root, set-user-id of a user", 04755, 1000, 1000, 0, 0, false, 0, NULL },
	{ "set-group-id without the group's x", 02745, 0, 50, 0, 0, false, 1000, NULL },
	{ "only the owner may run it", 04700, 0, 0, 0, 0, false, 1000, NULL },
	{ "not readable", 04711, 0, 0, 0, 0, false, 1000, NULL },
	{ "not readable, plain", 0711, 0, 0, 0, 0, false, 1000, NULL },
	{ "no_new_privs", 04755, 0, 0, 0, 0, false, 1000, no_new_privs },
	{ "no_new_privs, capabilities", 0755, 0, 0, CAP(CAP_NET_RAW), 0, true, 1000, no_new_privs },
	{ "SECBIT_NOROOT", 04755, 0, 0, 0, 0, false, 1000, no_root },
	{ "real id root", 0755, 0, 0, 0, 0, false, 1000, effective_only },
	{ "effective id root", 0755, 0, 0, 0, 0, false, 1000, real_only },
	{ "effective id root, set-user-id", 04755, 1001, 1001, 0, 0, false, 1000, real_only },
	{ "capability", 0755, 0, 0, CAP(CAP_NET_RAW), 0, true, 1000, NULL },
	{ "capability, not effective", 0755, 0, 0, CAP(CAP_NET_RAW), 0, false, 1000, NULL },
	{ "capability, root", 0755, 0, 0, CAP(CAP_NET_RAW), 0, true, 0, NULL },
	{ "capability and set-user-id", 04755, 0, 0, CAP(CAP_NET_RAW), 0, true, 1000, NULL },
	{ "capability bounded away", 0755, 0, 0, CAP(CAP_NET_RAW), 0, true, 1000, bounded },
	{ "capability bounded away, not effective", 0755, 0, 0, CAP(CAP_NET_RAW), 0, false, 1000, bounded },
	{ "inheritable", 0755, 0, 0, 0, CAP(CAP_NET_RAW), true, 1000, inherits },
	{ "inheritable, plain", 0755, 0, 0, 0, 0, false, 1000, inherits },
	{ "ambient", 0755, 0, 0, 0, 0, false, 1000, ambient },
	{ "ambient, set-group-id", 02755, 0, 50, 0, 0, false, 1000, ambient },
	{ "ambient, capability", 0755, 0, 0, CAP(CAP_KILL), 0, false, 1000, ambient },
	{ "high capability", 0755, 0, 0, CAP(CAP_CHECKPOINT_RESTORE), 0, true, 1000, NULL },
};

/* ---- other ways to run it --------------------------------------------------------------------- */

static const struct row set_uid = { "", 04755, 0, 50, 0, 0, false, 1000, NULL };
static const struct row plain = { "", 0755, 0, 0, 0, 0, false, 1000, NULL };

static int as_user(int (*fn)(void))
{
	NEED(become(1000, 1000, 1000) == 0);
	return fn();
}

static int by_script(void)
{
	char *argv[] = { "script", NULL }, *env[] = { NULL };

	execve("/tmp/script", argv, env);
	printf("  execve = %s\n", err_name(errno));
	return 0;
}

static int run_by_script(void *arg)
{
	(void)arg;
	return as_user(by_script);
}

/* A script's own bits mean nothing, its interpreter's do. */
static void scripts(void)
{
	make_file("/tmp/script", "#!/tmp/helper report\n");
	NEED(chown("/tmp/script", 1001, 1001) == 0 && chmod("/tmp/script", 06755) == 0);
	make_helper(&plain);
	printf("set-id script\n");
	finish("script", start(run_by_script, NULL));
	make_helper(&set_uid);
	printf("script of a set-id interpreter\n");
	finish("script", start(run_by_script, NULL));
}

static int by_descriptor(void)
{
	char *argv[] = { "helper", "report", NULL }, *env[] = { NULL };
	int fd = open(helper, O_PATH | O_CLOEXEC);

	syscall(SYS_execveat, fd, "", argv, env, AT_EMPTY_PATH);
	printf("  execveat = %s\n", err_name(errno));
	return 0;
}

static int run_by_descriptor(void *arg)
{
	(void)arg;
	return as_user(by_descriptor);
}

/* Credentials are a thread's: what it is that execs counts. */
static void *thread(void *arg)
{
	(void)arg;
	syscall(SYS_setresgid, 1000, 1000, 1000);
	syscall(SYS_setresuid, 1000, 1000, 1000);
	exec_helper();
	return NULL;
}

static int run_by_thread(void *arg)
{
	pthread_t t;

	(void)arg;
	NEED(pthread_create(&t, NULL, thread, NULL) == 0);
	pthread_join(t, NULL);
	return 1;
}

static int wait_to_die(void *arg)
{
	(void)arg;
	for (;;)
		pause();
	return 0;
}

/* Who shares its cwd with another process gets no privileges. */
static int run_sharing_fs(void *arg)
{
	static char stack[1 << 16];
	pid_t other;

	(void)arg;
	NEED(become(1000, 1000, 1000) == 0);
	other = clone(wait_to_die, stack + sizeof(stack), CLONE_FS, NULL);
	NEED(other > 0);
	prctl(PR_SET_PDEATHSIG, 0);
	return exec_helper();
}

static int run_and_fail(void *arg)
{
	char *argv[] = { "x", NULL }, *env[] = { NULL };

	(void)arg;
	NEED(become(1000, 1000, 1000) == 0);
	make_file("/tmp/text", "no program\n");
	NEED(chmod("/tmp/text", 06755) == 0);
	SHOW(execve("/tmp/text", argv, env));
	SHOW(execve("/tmp/missing", argv, env));
	return report();
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "report") == 0)
		return report();
	NEED(chmod("/tmp", 01777) == 0);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		printf("%s\n", rows[i].what);
		make_helper(&rows[i]);
		finish("helper", start(run_as, (void *)&rows[i]));
	}
	scripts();
	printf("by descriptor\n");
	make_helper(&set_uid);
	finish("helper", start(run_by_descriptor, NULL));
	printf("by a thread that is not the first\n");
	finish("helper", start(run_by_thread, NULL));
	printf("sharing the cwd\n");
	finish("helper", start(run_sharing_fs, NULL));
	printf("exec that fails\n");
	finish("helper", start(run_and_fail, NULL));
	return 0;
}
