// SPDX-License-Identifier: MIT
/*
 * The owner store under kill -9 and under two sessions at once: afterwards, and for whoever looks
 * meanwhile, every object has its old or its new owner, mode and xattrs, never a third.
 */
#include "storedir.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>

#include "ident/acl.h"

#define KILLS 300

/* ---- an object, whole ------------------------------------------------------------------------ */

struct view {
	struct owner owner;
	ssize_t cap, acl;
	char acl_value[64];
};

static const char cap_name[] = "security.capability";

static struct view view_of(const char *name)
{
	struct view v = { 0 }; /* its padding, too: it is compared as memory */

	v.owner = told(name);
	v.cap = get_x(name, cap_name, NULL, 0);
	v.acl = get_x(name, ACL_ACCESS_XATTR, v.acl_value, sizeof(v.acl_value));
	return v;
}

static bool same_view(const struct view *a, const struct view *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

static void show(const char *what, const struct view *v)
{
	fprintf(stderr, "%s: %u:%u %06o cap %zd acl %zd\n", what, v->owner.uid, v->owner.gid,
		v->owner.mode, v->cap, v->acl);
}

/* What must never be on a host inode, whatever happened. */
static void ck_host(const char *name)
{
	struct stat st;

	ck_assert_int_eq(lstat(name, &st), 0);
	if (storedir_kind != KIND_REAL)
		ck_assert_uint_eq(st.st_mode & (S_ISUID | S_ISGID), 0);
}

/* ---- at every system call -------------------------------------------------------------------- */

static void set_list(const char *name)
{
	static const struct acl_entry entries[] = {
		{ ACL_TAG_USER_OBJ, 6, 0 }, { ACL_TAG_USER, 7, 9 }, { ACL_TAG_GROUP_OBJ, 4, 0 },
		{ ACL_TAG_MASK, 7, 0 },	    { ACL_TAG_OTHER, 1, 0 },
	};
	struct acl *a = talloc_size(ctx, sizeof(*a) + sizeof(entries));
	char value[64];

	a->count = ROWS(entries);
	memcpy(a->entries, entries, sizeof(entries));
	acl_print(a, value);
	set_x(name, ACL_ACCESS_XATTR, value, acl_size(a), 0);
}

static void set_cap(const char *name)
{
	static const char caps[20] = { 1, 0, 0, 2, 0, 4 };

	set_x(name, cap_name, caps, sizeof(caps), 0);
}

static void to_device(void)
{
	struct owner want = { 0, 5, S_IFCHR | 0660, 1, 3 };
	struct at at;

	open_at(&at, "x");
	store_set(store, &at.o, &want);
	close(at.o.fd);
}

static void widen(void)
{
	struct at at;

	open_at(&at, "x");
	store_widen(store, &at.o);
	close(at.o.fd);
}

static void to_plain(void) { set("x", 0, 0, 0755); }
static void to_owned(void) { set("x", 1, 2, 0640); }
static void to_setuid(void) { set("x", 0, 3, 04711); }
static void to_closed(void) { set("x", 5, 5, 0); }
static void to_listed(void) { set_list("x"); }
static void to_capable(void) { set_cap("x"); }
static void off_list(void) { remove_x("x", ACL_ACCESS_XATTR); }
static void off_cap(void) { remove_x("x", cap_name); }
static void open_it(void) { reopen(); }

static void listed_capable(void)
{
	set_list("x");
	set_cap("x");
}

/* From a new object of the type and mode, prepared, by the change. */
static const struct step {
	mode_t type, mode;
	void (*prepare)(void), (*change)(void);
} steps[] = {
	{ S_IFREG, 0644, NULL, to_owned },	{ S_IFREG, 0, NULL, to_setuid },
	{ S_IFREG, 0444, NULL, to_plain },	{ S_IFREG, 0644, to_owned, to_setuid },
	{ S_IFREG, 0644, to_setuid, to_plain }, { S_IFREG, 0, to_closed, to_plain },
	{ S_IFREG, 0644, NULL, to_device },	{ S_IFREG, 0644, to_device, to_plain },
	{ S_IFREG, 0004, NULL, widen },		{ S_IFREG, 0644, NULL, to_listed },
	{ S_IFREG, 0600, to_listed, to_owned }, { S_IFREG, 0600, to_listed, off_list },
	{ S_IFREG, 0555, NULL, to_capable },	{ S_IFREG, 0600, to_capable, off_cap },
	{ S_IFREG, 0600, listed_capable, to_closed }, { S_IFREG, 0644, to_owned, to_listed },
	{ S_IFDIR, 0755, NULL, to_owned },	{ S_IFDIR, 0, NULL, to_owned },
	{ S_IFDIR, 01777, NULL, to_plain },	{ S_IFDIR, 0755, to_closed, to_setuid },
	{ S_IFLNK, 0777, NULL, to_owned },	{ S_IFLNK, 0777, to_owned, to_setuid },
	{ S_IFLNK, 0777, to_owned, to_plain },	{ S_IFIFO, 0644, NULL, to_owned },
	{ S_IFIFO, 0, to_closed, to_setuid },	{ S_IFIFO, 0644, to_owned, to_plain },
	{ S_IFREG, 0, to_setuid, open_it },	{ S_IFREG, 0640, to_capable, to_owned },
};

/* The first is of the store of a killed session: its successor's opening is killed, too. */
static void begin(const struct step *s)
{
	struct at a;

	if (faccessat(AT_FDCWD, "x", F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		open_at(&a, "x");
		ck_assert(unlink("x") == 0 || rmdir("x") == 0);
		store_forget(store, &a.o);
		close(a.o.fd);
	}
	reopen();
	make("x", s->type, s->mode);
	if (s->prepare)
		s->prepare();
}

/* Kills a child at its n-th stop; false where it has fewer. */
static bool kill_at(void (*change)(void), unsigned n)
{
	int status, pid = fork();

	if (pid == 0) {
		reopen();
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		change();
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSTOPPED(status));
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	while (n--) {
		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status))
			return false;
		ck_assert(WIFSTOPPED(status));
	}
	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return true;
}

START_TEST(every_call)
{
	const struct step *s = &steps[_i];
	struct view before, after, now;
	unsigned n = 0;

	if (storedir_missing)
		return;
	begin(s);
	before = view_of("x");
	s->change();
	after = view_of("x");
	do {
		begin(s);
		if (!kill_at(s->change, ++n))
			break;
		reopen();
		now = view_of("x");
		ck_host("x");
		if (!same_view(&now, &before) && !same_view(&now, &after)) {
			show("before", &before);
			show("after", &after);
			show("now", &now);
			ck_abort_msg("step %d, killed at stop %u", _i, n);
		}
		s->change();
		now = view_of("x");
		ck_assert(same_view(&now, &after));
	} while (n < 200);
	ck_assert_uint_gt(n, 2);
}
END_TEST

/* A tree that is being adopted: what counts is that the last time gets it right. */
START_TEST(adoption)
{
	char command[256];

	for (unsigned n = 1; n < 400; n += 1 + n / 50) {
		struct view v;
		bool killed;

		snprintf(command, sizeof(command),
			 "chmod -R u+rwx . 2>/dev/null; rm -rf ./* ./.[a-z]* ../.pr-own*; cd .. && "
			 "rmdir root && mkdir root");
		ck_assert_int_eq(system(command), 0);
		ck_assert_int_eq(chdir("../root"), 0);
		make("a", S_IFREG, 0600);
		ck_assert_int_eq(setxattr("a", "user.rootlesscontainers", "\x08\x65\x10\x66", 4, 0), 0);
		chmod("a", 0004);
		make("b", S_IFREG, 0600);
		ck_assert_int_eq(setxattr("b", "user.containers.override_stat", "7:8:04755", 9, 0), 0);
		chmod("b", 0);
		make("t", S_IFDIR, 01777);
		killed = kill_at(open_it, n);
		reopen();
		v = view_of("a");
		ck_assert(v.owner.uid == 101 && v.owner.gid == 102 && v.owner.mode == (S_IFREG | 4));
		v = view_of("b");
		ck_assert(v.owner.uid == 7 && v.owner.mode == (S_IFREG | 04755));
		v = view_of("t");
		ck_assert(v.owner.uid == 0 && v.owner.mode == (S_IFDIR | 01777));
		if (!killed)
			return;
	}
	ck_abort_msg("the adoption never came to its end");
}
END_TEST

/* ---- at any moment --------------------------------------------------------------------------- */

enum { OBJECTS = 12, STATES = 6 };

static const struct {
	mode_t type;
} objects[OBJECTS] = { { S_IFREG }, { S_IFDIR }, { S_IFLNK }, { S_IFIFO }, { S_IFREG },
		       { S_IFREG }, { S_IFDIR }, { S_IFLNK }, { S_IFLNK }, { S_IFREG },
		       { S_IFREG }, { S_IFSOCK } };

static const uint32_t modes[STATES] = { 0755, 04711, 0, 0444, 02750, 01777 };

/* Its state is to be seen by every part of its owner. */
static int apply(const char *name, mode_t type, unsigned state)
{
	return set(name, state, state, S_ISLNK(type) ? 0777 : modes[state]);
}

/* The state that an object is in; STATES: in none. */
static unsigned state_of(const char *name, mode_t type)
{
	struct owner o = told(name);
	uint32_t mode = S_ISLNK(type) || o.uid >= STATES ? 0777 : modes[o.uid];

	return o.uid < STATES && o.gid == o.uid && (o.mode & 07777) == mode ? o.uid : STATES;
}

/* What the child is at, for its parent to know. */
struct progress {
	volatile unsigned state[OBJECTS], next[OBJECTS];
	volatile bool moved[OBJECTS]; /* under its other name */
	volatile int at;	      /* the object that is being changed, or -1 */
	volatile unsigned long done;
};

static struct progress *p;

static const char *name_of(int i, bool moved)
{
	static char name[16];

	snprintf(name, sizeof(name), "%s%d", moved ? "b/m" : "a/o", i);
	return name;
}

static void move(int i)
{
	char *from = talloc_strdup(ctx, name_of(i, p->moved[i]));

	rename_told(from, name_of(i, !p->moved[i]));
	p->moved[i] = !p->moved[i];
	talloc_free(from);
}

static void make_anew(int i)
{
	const char *name = name_of(i, p->moved[i]);
	struct at a;

	open_at(&a, name);
	if (S_ISDIR(objects[i].type) ? rmdir(name) : unlink(name))
		abort();
	store_forget(store, &a.o);
	close(a.o.fd);
	make(name, objects[i].type, 0755);
}

static void change_one(void)
{
	int i = (int)(random() % OBJECTS);

	p->next[i] = (unsigned)random() % STATES;
	p->at = i;
	switch (random() % 8) {
	case 0: move(i); p->next[i] = p->state[i]; break;
	case 1: make_anew(i); p->next[i] = 0; break;
	default: apply(name_of(i, p->moved[i]), objects[i].type, p->next[i]);
	}
	p->state[i] = p->next[i];
	p->at = -1;
	p->done++;
}

static void make_objects(void)
{
	p = mmap(NULL, sizeof(*p), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(p, MAP_FAILED);
	make("a", S_IFDIR, 0755);
	make("b", S_IFDIR, 0755);
	for (int i = 0; i < OBJECTS; i++)
		make(name_of(i, false), objects[i].type, 0755);
	p->at = -1;
}

static int run_child(void)
{
	int pid = fork();

	if (pid == 0) {
		srandom((unsigned)getpid());
		reopen();
		for (;;)
			change_one();
	}
	return pid;
}

/* An object that was being removed may be gone; then it is as new. */
static void ck_object(int i)
{
	const char *name;
	unsigned state;

	p->moved[i] = access(name_of(i, true), F_OK) == 0 || faccessat(AT_FDCWD, name_of(i, true),
			F_OK, AT_SYMLINK_NOFOLLOW) == 0;
	name = name_of(i, p->moved[i]);
	if (p->at == i && faccessat(AT_FDCWD, name, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		make(name, objects[i].type, 0755);
	state = state_of(name, objects[i].type);
	if (state != p->state[i] && !(p->at == i && (state == p->next[i] || state == 0))) {
		struct view v = view_of(name);

		show(name, &v);
		ck_abort_msg("%s: state %u, was %u, %s %u", name, state, p->state[i],
			     p->at == i ? "was to be" : "not changed, once", p->next[i]);
	}
	p->state[i] = state;
}

START_TEST(any_moment)
{
	if (storedir_missing)
		return;
	srandom(11);
	make_objects();
	for (int n = 0; n < KILLS; n++) {
		int status, pid = run_child();

		usleep((useconds_t)(random() % 8000));
		kill(pid, SIGKILL);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		reopen();
		for (int i = 0; i < OBJECTS; i++)
			ck_object(i);
		p->at = -1;
	}
	ck_assert_uint_gt(p->done, KILLS);
}
END_TEST

/* ---- two at once ----------------------------------------------------------------------------- */

/* Both set whole states of the same objects, one of them is killed and comes again; a third looks. */
static int run_setter(unsigned seed)
{
	int pid = fork();

	if (pid == 0) {
		srandom(seed);
		reopen();
		for (;;) {
			int i = (int)(random() % OBJECTS);

			if (apply(name_of(i, false), objects[i].type,
				  (unsigned)random() % STATES) < 0)
				_exit(1);
			p->done++;
		}
	}
	return pid;
}

static void end(int pid)
{
	int status;

	kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
}

START_TEST(two_at_once)
{
	struct timespec now, start;
	unsigned long looked = 0;
	int steady, other;

	if (storedir_missing)
		return;
	make_objects();
	reopen();
	steady = run_setter(1);
	other = run_setter(2);
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		int i = (int)(looked++ % OBJECTS);
		unsigned state = state_of(name_of(i, false), objects[i].type);

		if (state >= STATES) {
			struct view v = view_of(name_of(i, false));

			show(name_of(i, false), &v);
			ck_abort_msg("object %d in no state", i);
		}
		if (looked % 500 == 0) {
			end(other);
			other = run_setter((unsigned)looked);
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec - start.tv_sec < 2);
	end(steady);
	end(other);
	reopen();
	for (int i = 0; i < OBJECTS; i++)
		ck_assert_uint_lt(state_of(name_of(i, false), objects[i].type), STATES);
	ck_assert_uint_gt(looked, 100);
	ck_assert_uint_gt(p->done, 100);
}
END_TEST

/* One counts the uid up and leaves the mode, the other the other way. */
static int run_counter(bool ids)
{
	int pid = fork();

	if (pid == 0) {
		reopen();
		for (uint32_t i = 1; i <= 1000; i++) {
			struct owner o;
			struct at a;

			store_hold(store);
			open_at(&a, "x");
			store_get(store, &a.o, &o);
			if (ids)
				o.uid = o.gid = i;
			else
				o.mode = S_IFREG | (i % 512);
			store_set(store, &a.o, &o);
			store_release(store);
			close(a.o.fd);
		}
		_exit(0);
	}
	return pid;
}

START_TEST(held)
{
	int status, pids[2];

	if (storedir_missing)
		return;
	make("x", S_IFREG, 0644);
	reopen();
	for (int i = 0; i < 2; i++)
		pids[i] = run_counter(i);
	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(waitpid(pids[i], &status, 0), pids[i]);
		ck_assert_int_eq(status, 0);
	}
	ck_assert_uint_eq(told("x").uid, 1000);
	ck_assert_uint_eq(told("x").mode, S_IFREG | 1000 % 512);
}
END_TEST

/* ---- what it costs --------------------------------------------------------------------------- */

/* Stops of a child between two getppid(2), in which it asks for the owner. */
static int count_calls(const struct at *a)
{
	int status, pid = fork(), calls = -1, inside = 0;
	struct owner o;

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		syscall(SYS_getppid);
		store_get(store, &a->o, &o);
		syscall(SYS_getppid);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
	for (;;) {
		struct __ptrace_syscall_info info;

		ptrace(PTRACE_SYSCALL, pid, 0, 0);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		if (WIFEXITED(status))
			break;
		ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);
		if (info.op != PTRACE_SYSCALL_INFO_ENTRY)
			continue;
		if (info.entry.nr == SYS_getppid)
			inside++;
		else if (inside == 1)
			calls++;
	}
	ck_assert_int_eq(inside, 2);
	return calls + 1;
}

static int count_calls_of(const char *name)
{
	struct at a;
	int calls;

	open_at(&a, name);
	calls = count_calls(&a);
	close(a.o.fd);
	return calls;
}

START_TEST(no_call_without_record)
{
	if (storedir_missing)
		return;
	make("f", S_IFREG, 0644);
	make("d", S_IFDIR, 0755);
	make("l", S_IFLNK, 0);
	make("recorded", S_IFREG, 0644);
	make("owned", S_IFLNK, 0);
	reopen();
	ck_assert_int_eq(set("recorded", 1, 1, 0600), 0);
	ck_assert_int_eq(set("owned", 1, 1, 0777), 0);
	ck_assert_int_eq(count_calls_of("f"), 0);
	ck_assert_int_eq(count_calls_of("d"), 0);
	ck_assert_int_eq(count_calls_of("l"), 0);
	/* and one where there is something to be read from the object; none where it is beside */
	ck_assert_int_eq(count_calls_of("recorded"),
			 storedir_kind == KIND_PLAIN || storedir_kind == KIND_NO_BTIME);
	ck_assert_int_eq(count_calls_of("owned"), 0);
	/* what has not been changed for long is read once */
	sleep(3);
	told("recorded");
	ck_assert_int_eq(count_calls_of("recorded"), 0);
	ck_assert_int_eq(set("recorded", 2, 2, 0600), 0);
	ck_assert_uint_eq(told("recorded").uid, 2);
}
END_TEST

/* ---- the suite ------------------------------------------------------------------------------ */

static void add(Suite *s, const char *name, const TTest *test, int n)
{
	storedir_add_everywhere(s, name, NULL, test, n);
}

static Suite *suite(void)
{
	Suite *s = suite_create("ident_store_kill");

	add(s, "every_call", every_call, ROWS(steps));
	storedir_add(s, "adoption", KIND_PLAIN, adoption, 1);
	add(s, "any_moment", any_moment, 1);
	add(s, "two_at_once", two_at_once, 1);
	add(s, "held", held, 1);
	add(s, "no_call", no_call_without_record, 1);
	return s;
}

UNIT_MAIN(suite)
