/* SPDX-License-Identifier: MIT */
/*
 * The table read as a whole: every number has a row, every row makes sense on its own, and no call
 * that takes a path is forgotten.
 */
#include "syscall/table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/inotify.h>

#include "arch/every_abi.h"
#include "unit.h"

static const char *const handlers[SC_COUNT] = {
#define H_PASS			NULL
#define H_TRANSLATE		NULL
#define H_TRANSLATE_OR(handler)	NULL
#define H_DENY(err)		NULL
#define H_DENY_OR(err, handler)	NULL
#define H_EMULATE(handler)	"sys_" #handler
#define SYS(name, verdict, ...) [SC_##name] = H_##verdict,
#include "syscall/table.def"
#undef SYS
};

START_TEST(rows_are_sorted)
{
	int id;

	for (id = SC_none + 2; id < SC_COUNT; id++)
		ck_assert_msg(strcmp(sys_rows[id - 1].name, sys_rows[id].name) < 0,
			      "%s is after %s", sys_rows[id].name, sys_rows[id - 1].name);
}
END_TEST

/* Holes of the kernel's own tables; nobody can call them. */
static const struct {
	const char *abi;
	unsigned first, last;
} holes[] = {
	/* clang-format off */
	{ "x86_64", 337, 423 },
	{ "i386", 222, 223 }, { "i386", 251, 251 }, { "i386", 285, 285 }, { "i386", 387, 392 },
	{ "i386", 415, 415 },
	{ "aarch64", 244, 259 }, { "aarch64", 295, 423 },
	{ "arm", 7, 7 }, { "arm", 13, 13 }, { "arm", 17, 18 }, { "arm", 22, 22 },
	{ "arm", 25, 25 }, { "arm", 27, 28 }, { "arm", 30, 32 }, { "arm", 35, 35 },
	{ "arm", 44, 44 }, { "arm", 48, 48 }, { "arm", 53, 53 }, { "arm", 56, 56 },
	{ "arm", 58, 59 }, { "arm", 68, 69 }, { "arm", 76, 76 }, { "arm", 82, 82 },
	{ "arm", 84, 84 }, { "arm", 89, 90 }, { "arm", 98, 98 }, { "arm", 101, 102 },
	{ "arm", 109, 110 }, { "arm", 112, 113 }, { "arm", 117, 117 }, { "arm", 123, 123 },
	{ "arm", 127, 127 }, { "arm", 130, 130 }, { "arm", 137, 137 }, { "arm", 166, 167 },
	{ "arm", 188, 189 }, { "arm", 222, 223 }, { "arm", 254, 255 }, { "arm", 402, 402 },
	{ "arm", 415, 415 }, { "arm", 447, 447 },
	/* clang-format on */
};

static bool is_hole(const struct abi *abi, unsigned nr)
{
	for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++)
		if (strcmp(abi->name, holes[i].abi) == 0 && nr >= holes[i].first &&
		    nr <= holes[i].last)
			return true;
	return false;
}

START_TEST(every_number_has_a_row)
{
	const struct abi *abi;
	unsigned nr;

	for (abi = every_abi; abi->name; abi++) {
		ck_assert_uint_ge(abi->count, 472);
		for (nr = 0; nr < abi->count; nr++) {
			enum sc id = sys_id(abi, nr);

			ck_assert_msg((id == SC_none) == is_hole(abi, nr), "%s %u", abi->name, nr);
			if (id != SC_none)
				ck_assert_msg(sys_number(abi, id) == (int)nr, "%s: %u is not alone",
					      sys_rows[id].name, nr);
		}
	}
}
END_TEST

/* Calls that arm alone has, far above the others. */
START_TEST(own_numbers_have_rows)
{
	const struct abi *abi = every_abi;

	while (strcmp(abi->name, "arm") != 0)
		abi++;
	ck_assert_int_eq(sys_id(abi, 0x0f0002), SC_cacheflush);
	ck_assert_int_eq(sys_number(abi, SC_set_tls), 0x0f0005);
	ck_assert_int_eq(sys_row(abi, 0x0f0005)->verdict, V_PASS);
	ck_assert_int_eq(sys_id(abi, 0x0effff), SC_none);
	ck_assert_int_eq(sys_id(abi, 0x0f0007), SC_none);
	ck_assert_int_eq(sys_id(abi, 341), SC_sync_file_range2);
	ck_assert_int_eq(sys_id(abi, 368), SC_fanotify_mark32);
}
END_TEST

START_TEST(unknown_numbers_are_refused)
{
	static const unsigned unknown[] = { 2000, 0x40000000, 0x40000002, 0x80000000, UINT32_MAX };
	const struct sys_row *row = sys_row(abis, unknown[_i]);

	ck_assert_int_eq(sys_id(abis, unknown[_i]), SC_none);
	ck_assert_int_eq(row->verdict, V_DENY);
	ck_assert_int_eq(row->deny_errno, ENOSYS);
}
END_TEST

START_TEST(every_row_has_a_number)
{
	const struct abi *abi;
	int id;

	for (id = SC_none + 1; id < SC_COUNT; id++) {
		for (abi = every_abi; abi->name; abi++)
			if (sys_number(abi, id) >= 0)
				break;
		ck_assert_msg(abi->name != NULL, "%s has no number", sys_rows[id].name);
	}
	ck_assert_int_eq(sys_number(abis, SC_none), -1);
}
END_TEST

START_TEST(abis_are_found_by_arch)
{
	const struct abi *abi;

	for (abi = abis; abi->name; abi++) {
		ck_assert_ptr_eq(abi_by_audit_arch(abi->audit_arch), abi);
		ck_assert_ptr_nonnull(abi->regs);
		ck_assert(abi->word_bytes == 4 || abi->word_bytes == 8);
	}
	ck_assert_ptr_null(abi_by_audit_arch(0));
}
END_TEST

static int count_args(const struct sys_row *row, enum arg_kind kind)
{
	int i, n = 0;

	for (i = 0; i < 6; i++)
		n += row->args[i].kind == kind;
	return n;
}

START_TEST(verdicts_agree_with_arguments)
{
	int id;

	for (id = SC_none + 1; id < SC_COUNT; id++) {
		const struct sys_row *row = &sys_rows[id];
		int paths = count_args(row, ARG_PATH);

		ck_assert_msg(row->verdict != V_TRANSLATE || paths > 0, "%s: no path", row->name);
		ck_assert_msg(row->verdict != V_PASS || paths == 0, "%s: passes a path", row->name);
		ck_assert_msg(row->verdict != V_PASS || (row->when == WHEN_ALWAYS && !row->session),
			      "%s: passes on a condition", row->name);
		ck_assert_msg((row->verdict == V_DENY) == (row->deny_errno > 0), "%s", row->name);
		ck_assert_msg((row->verdict == V_DENY) == (row->deny_name != NULL), "%s",
			      row->name);
		ck_assert_msg((row->verdict == V_EMULATE) == (handlers[id] != NULL), "%s",
			      row->name);
		ck_assert_ptr_nonnull(row->note);
	}
}
END_TEST

START_TEST(conditions_name_an_argument)
{
	int id;

	for (id = SC_none + 1; id < SC_COUNT; id++) {
		const struct sys_row *row = &sys_rows[id];

		if (row->when == WHEN_ALWAYS)
			continue;
		ck_assert_msg(row->args[row->when_arg].kind != ARG_NONE, "%s", row->name);
		ck_assert_msg((row->when == WHEN_MASK) == (row->when_mask != 0), "%s", row->name);
		ck_assert_msg((row->when == WHEN_ONE_OF) == (row->when_count > 0), "%s", row->name);
		if (row->when == WHEN_PID || row->when == WHEN_KILL)
			ck_assert_msg(row->args[row->when_arg].kind == ARG_PID, "%s", row->name);
	}
}
END_TEST

static bool rule_asks_flags(enum path_rule rule)
{
	return rule > PATH_BY_HANDLER;
}

static void check_path_arg(const struct sys_row *row, int i)
{
	const struct sys_arg *a = &row->args[i];
	enum arg_kind flags = row->args[a->flags_arg].kind;

	if (a->rule == PATH_OPEN)
		ck_assert_msg(flags == ARG_OFLAGS, "%s: argument %d", row->name, a->flags_arg);
	else if (rule_asks_flags(a->rule))
		ck_assert_msg(flags == ARG_FLAGS, "%s: argument %d", row->name, a->flags_arg);
	else
		ck_assert_msg(a->flags_arg == 0, "%s: flags of no use", row->name);

	if (a->access == ACCESS_BY_FLAGS)
		ck_assert_msg(a->rule == PATH_OPEN || count_args(row, ARG_HOW) == 1, "%s",
			      row->name);
	if (a->access == ACCESS_BY_MODE)
		ck_assert_msg(count_args(row, ARG_MODE) == 1, "%s", row->name);
	if (a->access == ACCESS_CREATE || a->access == ACCESS_REMOVE)
		ck_assert_msg(a->rule == PATH_PARENT, "%s", row->name);
}

START_TEST(arguments_make_sense)
{
	int id, i;

	for (id = SC_none + 1; id < SC_COUNT; id++) {
		const struct sys_row *row = &sys_rows[id];

		for (i = 0; i < 6; i++) {
			if (row->args[i].kind == ARG_PATH)
				check_path_arg(row, i);
			if (row->args[i].kind == ARG_DIRFD && row->verdict != V_DENY)
				ck_assert_msg(i < 5 && row->args[i + 1].kind == ARG_PATH,
					      "%s: a directory without a path", row->name);
			if (i > 0 && row->args[i].kind != ARG_NONE)
				ck_assert_msg(row->args[i - 1].kind != ARG_NONE, "%s", row->name);
		}
	}
}
END_TEST

/* "stat" and "creat" end so without being *at calls. */
static bool is_at_call(const char *name)
{
	size_t len = strlen(name);

	return len > 3 && strcmp(name + len - 2, "at") == 0 && strcmp(name, "creat") != 0 &&
	       (strcmp(name + len - 4, "stat") != 0 || strcmp(name, "newfstatat") == 0);
}

/* By name, so that a row that lacks its directory does not hide itself. */
START_TEST(at_calls_have_a_directory)
{
	int id;

	for (id = SC_none + 1; id < SC_COUNT; id++)
		if (is_at_call(sys_rows[id].name) && sys_rows[id].verdict == V_TRANSLATE)
			ck_assert_msg(count_args(&sys_rows[id], ARG_DIRFD) == 1, "%s",
				      sys_rows[id].name);
}
END_TEST

/* Every call that a guest could reach a file with by name, from the kernel's manual and source. */
static const enum sc path_calls[] = {
	SC_access,
	SC_acct,
	SC_chdir,
	SC_chmod,
	SC_chown,
	SC_chown32,
	SC_chroot,
	SC_creat,
	SC_execve,
	SC_execveat,
	SC_faccessat,
	SC_faccessat2,
	SC_fanotify_mark,
	SC_fanotify_mark32,
	SC_fchmodat,
	SC_fchmodat2,
	SC_fchownat,
	SC_file_getattr,
	SC_file_setattr,
	SC_fsconfig,
	SC_fspick,
	SC_fstatat64,
	SC_futimesat,
	SC_getcwd,
	SC_getxattr,
	SC_getxattrat,
	SC_inotify_add_watch,
	SC_io_uring_enter,
	SC_io_uring_setup,
	SC_lchown,
	SC_lchown32,
	SC_lgetxattr,
	SC_link,
	SC_linkat,
	SC_listmount,
	SC_listxattr,
	SC_listxattrat,
	SC_llistxattr,
	SC_lookup_dcookie,
	SC_lremovexattr,
	SC_lsetxattr,
	SC_lstat,
	SC_lstat64,
	SC_mkdir,
	SC_mkdirat,
	SC_mknod,
	SC_mknodat,
	SC_mount,
	SC_mount_setattr,
	SC_move_mount,
	SC_name_to_handle_at,
	SC_newfstatat,
	SC_oldlstat,
	SC_oldstat,
	SC_open,
	SC_open_by_handle_at,
	SC_open_tree,
	SC_open_tree_attr,
	SC_openat,
	SC_openat2,
	SC_pivot_root,
	SC_quotactl,
	SC_readlink,
	SC_readlinkat,
	SC_removexattr,
	SC_removexattrat,
	SC_rename,
	SC_renameat,
	SC_renameat2,
	SC_rmdir,
	SC_setxattr,
	SC_setxattrat,
	SC_stat,
	SC_stat64,
	SC_statfs,
	SC_statfs64,
	SC_statmount,
	SC_statx,
	SC_swapoff,
	SC_swapon,
	SC_symlink,
	SC_symlinkat,
	SC_truncate,
	SC_truncate64,
	SC_umount,
	SC_umount2,
	SC_unlink,
	SC_unlinkat,
	SC_uselib,
	SC_utime,
	SC_utimensat,
	SC_utimensat_time64,
	SC_utimes,
	/* unix addresses; those that bring one back are stopped only if it is asked for */
	SC_bind,
	SC_connect,
	SC_sendmsg,
	SC_sendmmsg,
	SC_recvmsg,
	SC_recvmmsg,
	SC_recvmmsg_time64,
	SC_getsockname,
	SC_getpeername,
	/* births out of our sight */
	SC_clone3,
	SC_setns,
	SC_ptrace,
};

START_TEST(path_calls_never_pass)
{
	const struct sys_row *row = &sys_rows[path_calls[_i]];

	ck_assert_msg(row->verdict != V_PASS && row->when == WHEN_ALWAYS && !row->session, "%s",
		      row->name);
}
END_TEST

static const struct {
	enum sc id;
	uint64_t flags;
	enum path_rule rule;
} rule_rows[] = {
	{ SC_openat, O_RDONLY, PATH_FOLLOW },
	{ SC_openat, O_RDONLY | O_NOFOLLOW, PATH_NOFOLLOW },
	{ SC_openat, O_CREAT | O_WRONLY, PATH_FOLLOW },
	{ SC_openat, O_EXCL | O_WRONLY, PATH_FOLLOW },
	{ SC_openat, O_CREAT | O_EXCL | O_WRONLY, PATH_NOFOLLOW },
	{ SC_openat, O_PATH | O_CREAT | O_EXCL, PATH_FOLLOW },
	{ SC_openat, O_PATH | O_NOFOLLOW, PATH_NOFOLLOW },
	{ SC_openat2, 0, PATH_BY_HANDLER },
	{ SC_statx, AT_EMPTY_PATH, PATH_FOLLOW },
	{ SC_statx, AT_SYMLINK_NOFOLLOW, PATH_NOFOLLOW },
	{ SC_linkat, 0, PATH_NOFOLLOW },
	{ SC_linkat, AT_SYMLINK_FOLLOW, PATH_FOLLOW },
	{ SC_name_to_handle_at, 0, PATH_NOFOLLOW },
	{ SC_inotify_add_watch, IN_ALL_EVENTS, PATH_FOLLOW },
	{ SC_inotify_add_watch, IN_DONT_FOLLOW | IN_MODIFY, PATH_NOFOLLOW },
	{ SC_fanotify_mark, FAN_MARK_ADD, PATH_FOLLOW },
	{ SC_fanotify_mark32, FAN_MARK_ADD | FAN_MARK_DONT_FOLLOW, PATH_NOFOLLOW },
	{ SC_lstat, ~0ull, PATH_NOFOLLOW },
	{ SC_unlink, ~0ull, PATH_PARENT },
};

START_TEST(path_rules)
{
	const struct sys_row *row = &sys_rows[rule_rows[_i].id];
	uint64_t args[6] = { 0 };
	int i;

	for (i = 0; row->args[i].kind != ARG_PATH; i++)
		;
	args[row->args[i].flags_arg] = rule_rows[_i].flags;
	ck_assert_int_eq(sys_path_rule(&row->args[i], args), rule_rows[_i].rule);
}
END_TEST

static Suite *syscall_table_suite(void)
{
	Suite *s = suite_create("syscall_table");

	unit_add(s, "sorted", rows_are_sorted);
	unit_add(s, "numbers", every_number_has_a_row);
	unit_add(s, "own", own_numbers_have_rows);
	unit_add_rows(s, "unknown", unknown_numbers_are_refused, 5);
	unit_add(s, "rows", every_row_has_a_number);
	unit_add(s, "abis", abis_are_found_by_arch);
	unit_add(s, "verdicts", verdicts_agree_with_arguments);
	unit_add(s, "conditions", conditions_name_an_argument);
	unit_add(s, "arguments", arguments_make_sense);
	unit_add(s, "at", at_calls_have_a_directory);
	unit_add_rows(s, "paths", path_calls_never_pass, ROWS(path_calls));
	unit_add_rows(s, "rules", path_rules, ROWS(rule_rows));
	return s;
}

UNIT_MAIN(syscall_table_suite)
