/* SPDX-License-Identifier: MIT */
/* Who is entered, who is found, what a killed session leaves, and directories that will not do. */
#include "engine/sessions/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "base/rmtree.h"
#include "engine/engine.h"
#include "engine/sessions/peer.h"
#include "unit.h"

static char dir[64];
static void *ctx;
static struct fail fail;
static char *argv[] = { "sleep", "1 2\n", NULL };
static const struct run_by by = { "ptrace", "/srv/deb" };

static void setup(void)
{
	sigset_t set;

	ctx = talloc_new(NULL);
	fail.text[0] = '\0';
	snprintf(dir, sizeof(dir), "/tmp/registry-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	setenv("XDG_RUNTIME_DIR", dir, 1);
	unsetenv("TMPDIR");
	sigemptyset(&set);
	sigaddset(&set, SIGIO);
	sigprocmask(SIG_BLOCK, &set, NULL);
}

static void teardown(void)
{
	ck_assert(rmtree(AT_FDCWD, dir, 1000));
	talloc_free(ctx);
}

static struct registration enter(const char *name)
{
	struct session_config c = { .name = name, .argv = argv };
	struct registration r;

	ck_assert_msg(registry_enter(&c, &by, &r, &fail) == 0, "%s", fail.text);
	return r;
}

static struct registry all(void)
{
	struct registry r;

	ck_assert_msg(registry_read(ctx, &r, &fail) == 0, "%s", fail.text);
	return r;
}

static bool is_there(const char *name)
{
	return access(talloc_asprintf(ctx, "%s/pr/%s", dir, name), F_OK) == 0;
}

START_TEST(nobody_and_no_directory)
{
	struct registry r = all();

	ck_assert_uint_eq(r.count, 0);
	ck_assert_ptr_null(registry_find(&r, "x"));
	ck_assert(!is_there(""));
	ck_assert_str_eq(r.dir, talloc_asprintf(ctx, "%s/pr", dir));
}
END_TEST

START_TEST(entered_and_found)
{
	struct registration mine = enter("web");
	struct registry r = all();
	const struct registry_entry *e = registry_find(&r, "web");
	struct stat st;

	ck_assert_int_eq(stat(talloc_asprintf(ctx, "%s/pr", dir), &st), 0);
	ck_assert_int_eq(st.st_mode & 07777, 0700);
	ck_assert_uint_eq(r.count, 1);
	ck_assert_ptr_eq(e, registry_find(&r, talloc_asprintf(ctx, "%d", getpid())));
	ck_assert_int_eq(e->pid, getpid());
	ck_assert_str_eq(e->name, "web");
	ck_assert_str_eq(e->engine, "ptrace");
	ck_assert_str_eq(e->rootfs, "/srv/deb");
	ck_assert_str_eq(e->argv[1], "1 2\n");
	ck_assert_ptr_null(e->argv[2]);
	ck_assert_ptr_null(registry_find(&r, "we"));
	registry_leave(&mine);
	ck_assert_uint_eq(all().count, 0);
	ck_assert(!is_there(talloc_asprintf(ctx, "%d.sock", getpid())));
}
END_TEST

/* A connection is told by SIGIO. */
START_TEST(connections_are_told)
{
	struct registration mine = enter(NULL);
	struct registry r = all();
	sigset_t pending;

	ck_assert_int_ge(registry_connect(&r, &r.entries[0]), 0);
	sigpending(&pending);
	ck_assert_int_eq(sigismember(&pending, SIGIO), 1);
	ck_assert_int_ge(accept(mine.socket_fd, NULL, NULL), 0);
	ck_assert_int_lt(accept(mine.socket_fd, NULL, NULL), 0);
}
END_TEST

static pid_t in_child(const char *name, int *ret_status)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct session_config c = { .name = name, .argv = argv };
		struct registration r;

		_exit(registry_enter(&c, &by, &r, &fail) == 0 ? 0 : strstr(fail.text, "web") ? 7 : 8);
	}
	ck_assert_int_eq(waitpid(pid, ret_status, 0), pid);
	return pid;
}

START_TEST(the_dead_are_swept)
{
	int status;
	pid_t pid = in_child("web", &status);

	ck_assert_int_eq(status, 0);
	ck_assert(is_there(talloc_asprintf(ctx, "%d", (int)pid)));
	ck_assert_uint_eq(all().count, 0);
	ck_assert(!is_there(talloc_asprintf(ctx, "%d", (int)pid)));
	ck_assert(!is_there(talloc_asprintf(ctx, "%d.sock", (int)pid)));
}
END_TEST

START_TEST(a_name_is_given_once)
{
	struct registration mine;
	int status;

	in_child("web", &status); /* dead by now */
	mine = enter("web");
	in_child("web", &status);
	ck_assert_int_eq(WEXITSTATUS(status), 7);
	in_child("other", &status);
	ck_assert_int_eq(WEXITSTATUS(status), 0);
	registry_leave(&mine);
}
END_TEST

/* Not 0700, or no directory: it is left alone, and the next will do. */
START_TEST(no_directory_of_others)
{
	struct session_config c = { .name = "web", .argv = argv };
	char *name = talloc_asprintf(ctx, "%s/pr", dir), *next = talloc_asprintf(ctx, "%s/next", dir);
	struct registration r;

	ck_assert_int_eq(mkdir(name, 0700), 0);
	ck_assert_int_eq(chmod(name, 0750), 0);
	ck_assert_int_eq(mkdir(next, 0700), 0);
	setenv("TMPDIR", next, 1);
	ck_assert_int_eq(registry_enter(&c, &by, &r, &fail), 0);
	ck_assert_int_eq(access(talloc_asprintf(ctx, "%s/pr-%u", next, geteuid()), F_OK), 0);
	registry_leave(&r);
	ck_assert_int_eq(rmdir(name), 0);
	ck_assert_int_eq(symlink(next, name), 0);
	ck_assert_int_eq(registry_enter(&c, &by, &r, &fail), 0);
	ck_assert_int_lt(access(talloc_asprintf(ctx, "%s/%d", next, getpid()), F_OK), 0);
	registry_leave(&r);
}
END_TEST

START_TEST(a_broken_entry_is_passed_over)
{
	struct registration mine = enter(NULL);
	char *name = talloc_asprintf(ctx, "%s/pr/%d", dir, getpid());
	int fd = open(name, O_WRONLY | O_TRUNC);

	ck_assert_int_eq(write(fd, "x", 1), 1);
	ck_assert_uint_eq(all().count, 0);
	registry_leave(&mine);
}
END_TEST

START_TEST(a_fifo_is_not_waited_for)
{
	struct registration mine = enter(NULL);

	ck_assert_int_eq(mkfifo(talloc_asprintf(ctx, "%s/pr/1", dir), 0600), 0);
	alarm(3);
	ck_assert_uint_eq(all().count, 1);
	alarm(0);
	registry_leave(&mine);
}
END_TEST

/* The number may be a new session's by then: who enters holds the lock of the directory. */
START_TEST(nothing_is_swept_while_somebody_enters)
{
	int status, lock;
	pid_t pid = in_child("web", &status);

	lock = open(talloc_asprintf(ctx, "%s/pr", dir), O_RDONLY);
	ck_assert_int_eq(flock(lock, LOCK_EX), 0);
	ck_assert_uint_eq(all().count, 0);
	ck_assert(is_there(talloc_asprintf(ctx, "%d", (int)pid)));
	close(lock);
	ck_assert_uint_eq(all().count, 0);
	ck_assert(!is_there(talloc_asprintf(ctx, "%d", (int)pid)));
}
END_TEST

/* A guest may keep it: then a session runs unlisted, but not under a name. */
START_TEST(a_kept_lock_is_not_waited_for)
{
	struct session_config c = { .argv = argv };
	struct registration r = enter(NULL);
	int lock = open(talloc_asprintf(ctx, "%s/pr", dir), O_RDONLY);

	registry_leave(&r);
	ck_assert_int_eq(flock(lock, LOCK_EX), 0);
	alarm(3);
	ck_assert_int_eq(registry_enter(&c, &by, &r, &fail), 0);
	ck_assert_int_lt(r.dir_fd, 0);
	c.name = "web";
	ck_assert_int_lt(registry_enter(&c, &by, &r, &fail), 0);
	alarm(0);
	close(lock);
}
END_TEST

START_TEST(what_a_killed_one_half_made_goes)
{
	struct registration mine = enter(NULL);
	char *half = talloc_asprintf(ctx, "%s/pr/.new", dir);

	registry_leave(&mine);
	ck_assert_int_eq(symlink("elsewhere", half), 0);
	mine = enter("web");
	ck_assert_uint_eq(all().count, 1);
	ck_assert(!is_there(".new") && !is_there("elsewhere"));
	registry_leave(&mine);
}
END_TEST

/* Whoever else listens, here another session, is given nothing. */
START_TEST(a_link_is_no_socket)
{
	struct registration mine = enter(NULL);
	char *sock = talloc_asprintf(ctx, "%s/pr/%d.sock", dir, getpid());
	char *away = talloc_asprintf(ctx, "%s/pr/away", dir);
	struct registry r = all();

	ck_assert_int_eq(rename(sock, away), 0);
	ck_assert_int_eq(registry_connect(&r, &r.entries[0]), -ECONNREFUSED);
	ck_assert_int_eq(symlink(away, sock), 0);
	ck_assert_int_eq(registry_connect(&r, &r.entries[0]), -EPERM);
	ck_assert_int_eq(unlink(sock), 0);
	ck_assert_int_eq(rename(away, sock), 0);
	ck_assert_int_ge(registry_connect(&r, &r.entries[0]), 0);
	registry_leave(&mine);
}
END_TEST

/* The number is part of what a client asks for. */
START_TEST(another_one_answers)
{
	struct registration mine = enter(NULL);
	struct registry r = all();
	int conn = registry_connect(&r, &r.entries[0]);

	ck_assert_int_ge(conn, 0);
	ck_assert_int_eq(peer_check_session(conn, getppid()), -EPERM);
	ck_assert_int_eq(peer_check_session(conn, getpid()), 0);
	registry_leave(&mine);
}
END_TEST

static Suite *registry_suite(void)
{
	Suite *s = suite_create("engine_registry");
	TCase *tc = tcase_create("registry");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nobody_and_no_directory);
	tcase_add_test(tc, entered_and_found);
	tcase_add_test(tc, connections_are_told);
	tcase_add_test(tc, the_dead_are_swept);
	tcase_add_test(tc, a_name_is_given_once);
	tcase_add_test(tc, no_directory_of_others);
	tcase_add_test(tc, a_broken_entry_is_passed_over);
	tcase_add_test(tc, a_fifo_is_not_waited_for);
	tcase_add_test(tc, nothing_is_swept_while_somebody_enters);
	tcase_add_test(tc, a_kept_lock_is_not_waited_for);
	tcase_add_test(tc, what_a_killed_one_half_made_goes);
	tcase_add_test(tc, a_link_is_no_socket);
	tcase_add_test(tc, another_one_answers);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(registry_suite)
