/* SPDX-License-Identifier: MIT */
/* Orders arrive as they were sent, descriptors with them; what is no order is refused. */
#include "engine/sessions/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "engine/sessions/environ.h"
#include "unit.h"

static const char *const words[] = { "sh", "-c", "", NULL };
static const char *const edits[] = { "+A=b", "-X*", NULL };
static const char *const none[] = { NULL };
static int ends[2], files[WIRE_FILES];
static void *ctx;

static void setup(void)
{
	ctx = talloc_new(NULL);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	for (int i = 0; i < WIRE_FILES; i++)
		files[i] = open("/dev/null", O_RDONLY);
}

static void teardown(void)
{
	talloc_free(ctx);
	close(ends[0]);
	close(ends[1]);
}

/* Sent by another process, for it may be more than a socket holds. */
static int pass(const struct order *o, struct order *ret, int got[WIRE_FILES])
{
	pid_t pid = fork();
	int r;

	if (pid == 0)
		_exit(wire_put_order(ends[0], o, files) == 0 ? 0 : 1);
	close(ends[0]);
	r = wire_get_order(ctx, ends[1], ret, got);
	waitpid(pid, NULL, 0);
	return r;
}

static void check_list(const char *const *a, const char *const *b)
{
	for (; *a && *b; a++, b++)
		ck_assert_str_eq(*a, *b);
	ck_assert(!*a && !*b);
}

START_TEST(an_order_arrives)
{
	const struct order o = { .cwd = "/tmp", .identity = IDENTITY_USER, .uid = 3, .gid = 4,
				 .user = "bob:staff", .groups = "", .terminal = true,
				 .keep_home = true, .argv = words, .edits = edits };
	int got[WIRE_FILES];
	struct order p;
	struct stat a, b;

	ck_assert_int_eq(pass(&o, &p, got), 0);
	ck_assert_str_eq(p.cwd, "/tmp");
	ck_assert_int_eq(p.identity, IDENTITY_USER);
	ck_assert_uint_eq(p.uid, 3);
	ck_assert_uint_eq(p.gid, 4);
	ck_assert_str_eq(p.user, "bob:staff");
	ck_assert_str_eq(p.groups, "");
	ck_assert(p.terminal && p.keep_home);
	check_list(p.argv, words);
	check_list(p.edits, edits);
	for (int i = 0; i < WIRE_FILES; i++) {
		ck_assert_int_eq(fcntl(got[i], F_GETFD), FD_CLOEXEC);
		ck_assert(fstat(got[i], &a) == 0 && fstat(files[i], &b) == 0);
		ck_assert(a.st_ino == b.st_ino && a.st_rdev == b.st_rdev);
	}
}
END_TEST

START_TEST(nothing_is_something)
{
	const struct order o = { .argv = none, .edits = none };
	int got[WIRE_FILES];
	struct order p;

	ck_assert_int_eq(pass(&o, &p, got), 0);
	ck_assert(!p.cwd && !p.user && !p.groups && !p.terminal);
	ck_assert_ptr_null(p.argv[0]);
	ck_assert_ptr_null(p.edits[0]);
}
END_TEST

START_TEST(much_arrives)
{
	char *big = talloc_array(ctx, char, 3 << 20);
	const char *list[] = { "x", big, "y", NULL };
	const struct order o = { .argv = list, .edits = none };
	int got[WIRE_FILES];
	struct order p;

	memset(big, 'b', (3 << 20) - 1);
	big[(3 << 20) - 1] = '\0';
	ck_assert_int_eq(pass(&o, &p, got), 0);
	check_list(p.argv, list);
}
END_TEST

/* What a program that is no pr exec might send. */
struct raw {
	char magic[8];
	uint32_t flags, identity, uid, gid, words, edits, bytes;
	char text[8];
};

static const struct {
	struct raw raw;
	size_t size;
	bool with_files;
	int want;
} raws[] = {
	{ { "pr-exec1", 0, 0, 0, 0, 1, 0, 2, "a" }, 38, true, 0 },
	{ { "pr-exec1", 0, 0, 0, 0, 1, 0, 2, "a" }, 38, false, -EPROTO },
	{ { "pr-exec2", 0, 0, 0, 0, 1, 0, 2, "a" }, 38, true, -EPROTO },
	{ { "pr-exec1", 0, 0, 0, 0, 1, 0, 2, "ab" }, 38, true, -EPROTO }, /* no end */
	{ { "pr-exec1", 0, 0, 0, 0, 2, 0, 2, "a" }, 38, true, -EPROTO },  /* too few */
	{ { "pr-exec1", 0, 0, 0, 0, 0, 0, 2, "a" }, 38, true, -EPROTO },  /* too many */
	{ { "pr-exec1", 0, 0, 0, 0, UINT32_MAX, 1, 2, "a" }, 38, true, -EPROTO },
	{ { "pr-exec1", 0, 0, 0, 0, 1, 0, UINT32_MAX, "a" }, 38, true, -EPROTO },
	{ { "pr-exec1", 0, 9, 0, 0, 1, 0, 2, "a" }, 38, true, -EPROTO },
	{ { "pr-exec1", 0, IDENTITY_USER, 0, 0, 1, 0, 2, "a" }, 38, true, -EPROTO }, /* no user */
	{ { "pr-exec1", 7, 0, 0, 0, 0, 0, 2, "a" }, 38, true, -EPROTO },
	{ { "pr-exec1", 0, 0, 0, 0, 1, 0, 2, "a" }, 20, true, -EPIPE },
	{ { "pr-exec1", 0, 0, 0, 0, 1, 0, 2, "a" }, 37, true, -EPIPE },
	{ { "pr-exec1", 0, 0, 0, 0, 1, 0, 2, "a" }, 0, false, -EPIPE },
};

static void send_raw(const struct raw *raw, size_t size, bool with_files)
{
	union {
		char room[CMSG_SPACE(sizeof(files))];
		struct cmsghdr align;
	} with = { .align = { CMSG_LEN(sizeof(files)), SOL_SOCKET, SCM_RIGHTS } };
	struct iovec iov = { (void *)(uintptr_t)raw, size };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	memcpy(CMSG_DATA(&with.align), files, sizeof(files));
	if (with_files) {
		m.msg_control = &with;
		m.msg_controllen = sizeof(with);
	}
	if (size > 0)
		ck_assert_int_eq(sendmsg(ends[0], &m, 0), (int)size);
	shutdown(ends[0], SHUT_WR);
}

static int count_open(void)
{
	int n = 0;

	for (int fd = 0; fd < 256; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

START_TEST(only_orders_are_taken)
{
	int got[WIRE_FILES], before = count_open();
	struct order p;

	send_raw(&raws[_i].raw, raws[_i].size, raws[_i].with_files);
	ck_assert_int_eq(wire_get_order(ctx, ends[1], &p, got), raws[_i].want);
	if (raws[_i].want < 0)
		ck_assert_int_eq(count_open(), before);
}
END_TEST

START_TEST(notes_and_replies)
{
	const struct note n = { .signal = 15, .group = 1 };
	struct reply r = { .status = 7 }, s;
	struct note m;

	fail_set(&r.fail, "why");
	ck_assert_int_eq(wire_put_note(ends[0], &n), 0);
	ck_assert_int_eq(wire_put_reply(ends[0], &r), 0);
	ck_assert_int_eq(wire_get_note(ends[1], &m), 0);
	ck_assert(m.signal == 15 && m.group == 1);
	ck_assert_int_eq(wire_get_reply(ends[1], &s), 0);
	ck_assert_int_eq(s.status, 7);
	ck_assert_str_eq(s.fail.text, "why");
	close(ends[0]);
	ck_assert_int_eq(wire_get_note(ends[1], &m), -EPIPE);
	ck_assert_int_eq(wire_put_note(ends[1], &n), -EPIPE);
}
END_TEST

START_TEST(environments_are_edited)
{
	char *base[] = { "A=1", "LD_X=2", "odd", "B=3", NULL };
	const char *const some[] = { "-LD_*", "+B=4", "+C=", NULL };
	const char *const fresh[] = { "+A=1", "!", "+D=x=y", NULL };
	const char *const first[] = { "A=1", "odd", "B=4", "C=", NULL };
	const char *const second[] = { "D=x=y", NULL };

	check_list((const char *const *)environ_edit(ctx, base, none), (const char *const *)base);
	check_list((const char *const *)environ_edit(ctx, base, fresh), second);
	check_list((const char *const *)environ_edit(ctx, base, some), first);
}
END_TEST

/* Control data are aligned: where three descriptors have room four have it, too. */
START_TEST(other_numbers_of_files_are_refused)
{
	struct raw raw = { "pr-exec1", 0, 0, 0, 0, 1, 0, 2, "a" };
	int got[WIRE_FILES], before = count_open(), sent[6];
	union {
		char room[CMSG_SPACE(sizeof(sent))];
		struct cmsghdr align;
	} with;
	struct iovec iov = { &raw, 38 };
	struct order p;

	for (size_t n = 1; n <= 6; n++) {
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &with,
				    .msg_controllen = CMSG_SPACE(n * sizeof(int)) };

		if (n == WIRE_FILES)
			continue;
		for (size_t i = 0; i < n; i++)
			sent[i] = files[0];
		with.align = (struct cmsghdr){ CMSG_LEN(n * sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
		memcpy(CMSG_DATA(&with.align), sent, n * sizeof(int));
		ck_assert_int_eq(sendmsg(ends[0], &m, 0), 38);
		ck_assert_int_eq(wire_get_order(ctx, ends[1], &p, got), -EPROTO);
		ck_assert_int_eq(count_open(), before);
		ck_assert_int_eq(recv(ends[1], &raw, sizeof(raw), MSG_DONTWAIT), 2);
		raw = (struct raw){ "pr-exec1", 0, 0, 0, 0, 1, 0, 2, "a" };
	}
}
END_TEST

static Suite *wire_suite(void)
{
	Suite *s = suite_create("engine_wire");
	TCase *tc = tcase_create("wire");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_order_arrives);
	tcase_add_test(tc, nothing_is_something);
	tcase_add_test(tc, much_arrives);
	tcase_add_loop_test(tc, only_orders_are_taken, 0, sizeof(raws) / sizeof(raws[0]));
	tcase_add_test(tc, other_numbers_of_files_are_refused);
	tcase_add_test(tc, notes_and_replies);
	tcase_add_test(tc, environments_are_edited);
	suite_add_tcase(s, tc);
	return s;
}

UNIT_MAIN(wire_suite)
