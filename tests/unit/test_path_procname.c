// SPDX-License-Identifier: MIT
/* Names below /proc. */
#include "path/procname.h"

#include "unit.h"

static const struct row {
	const char *name;
	enum proc_what what;
	int pid, tid, fd;
	const char *rest;
} rows[] = {
	{ "/", PROC_NOTHING, 0, 0, 0, "/" },
	{ "/proc", PROC_NOTHING, 0, 0, 0, "/proc" },
	{ "/proc/", PROC_NOTHING, 0, 0, 0, "/proc/" },
	{ "/process/1", PROC_NOTHING, 0, 0, 0, "/process/1" },
	{ "/x/proc/1", PROC_NOTHING, 0, 0, 0, "/x/proc/1" },
	{ "/proc/cpuinfo", PROC_NOTHING, 0, 0, 0, "/proc/cpuinfo" },
	{ "/proc/sys/kernel", PROC_NOTHING, 0, 0, 0, "/proc/sys/kernel" },
	{ "/proc/12x/exe", PROC_NOTHING, 0, 0, 0, "/proc/12x/exe" },
	{ "/proc/012/exe", PROC_NOTHING, 0, 0, 0, "/proc/012/exe" },
	{ "/proc/0/exe", PROC_NOTHING, 0, 0, 0, "/proc/0/exe" },
	{ "/proc/99999999999/exe", PROC_NOTHING, 0, 0, 0, "/proc/99999999999/exe" },
	{ "/proc/-1/exe", PROC_NOTHING, 0, 0, 0, "/proc/-1/exe" },
	{ "/proc/self", PROC_SELF, 0, 0, 0, "" },
	{ "/proc/self/", PROC_SELF, 0, 0, 0, "/" },
	{ "/proc/selfish", PROC_NOTHING, 0, 0, 0, "/proc/selfish" },
	{ "/proc/thread-self", PROC_THREAD_SELF, 0, PROC_TID_SELF, 0, "" },
	{ "/proc/self/fd/0", PROC_FD, PROC_PID_SELF, 0, 0, "" },
	{ "/proc/self/fd", PROC_OTHER, PROC_PID_SELF, 0, 0, "/fd" },
	{ "/proc/self/task/9/cwd", PROC_CWD, PROC_PID_SELF, 9, 0, "" },
	{ "/proc/thread-self/exe", PROC_EXE, PROC_PID_SELF, PROC_TID_SELF, 0, "" },
	{ "/proc/thread-self/task/9", PROC_OTHER, PROC_PID_SELF, PROC_TID_SELF, 0, "/task/9" },
	{ "/proc/12", PROC_DIR, 12, 0, 0, "" },
	{ "/proc/12/", PROC_DIR, 12, 0, 0, "/" },
	{ "/proc/12/exe", PROC_EXE, 12, 0, 0, "" },
	{ "/proc/12/exe/x", PROC_EXE, 12, 0, 0, "/x" },
	{ "/proc/12/exec", PROC_OTHER, 12, 0, 0, "/exec" },
	{ "/proc/12/cwd/a/b", PROC_CWD, 12, 0, 0, "/a/b" },
	{ "/proc/12/root", PROC_ROOT, 12, 0, 0, "" },
	{ "/proc/12/fd", PROC_OTHER, 12, 0, 0, "/fd" },
	{ "/proc/12/fd/0", PROC_FD, 12, 0, 0, "" },
	{ "/proc/12/fd/345/dir", PROC_FD, 12, 0, 345, "/dir" },
	{ "/proc/12/fd/x", PROC_OTHER, 12, 0, 0, "/fd/x" },
	{ "/proc/12/fdinfo/3", PROC_OTHER, 12, 0, 0, "/fdinfo/3" },
	{ "/proc/12/map_files", PROC_OTHER, 12, 0, 0, "/map_files" },
	{ "/proc/12/map_files/400000-401000", PROC_MAP_FILES, 12, 0, 0, "" },
	{ "/proc/12/maps", PROC_MAPS, 12, 0, 0, "" },
	{ "/proc/12/smaps", PROC_SMAPS, 12, 0, 0, "" },
	{ "/proc/12/smaps_rollup", PROC_OTHER, 12, 0, 0, "/smaps_rollup" },
	{ "/proc/12/numa_maps", PROC_NUMA_MAPS, 12, 0, 0, "" },
	{ "/proc/12/mounts", PROC_MOUNTS, 12, 0, 0, "" },
	{ "/proc/12/mountinfo", PROC_MOUNTINFO, 12, 0, 0, "" },
	{ "/proc/12/mountstats", PROC_MOUNTSTATS, 12, 0, 0, "" },
	{ "/proc/12/status", PROC_STATUS, 12, 0, 0, "" },
	{ "/proc/12/stat", PROC_STAT, 12, 0, 0, "" },
	{ "/proc/12/statm", PROC_OTHER, 12, 0, 0, "/statm" },
	{ "/proc/12/auxv", PROC_AUXV, 12, 0, 0, "" },
	{ "/proc/12/uid_map", PROC_UID_MAP, 12, 0, 0, "" },
	{ "/proc/self/task/9/gid_map", PROC_GID_MAP, 0, 9, 0, "" },
	{ "/proc/12/projid_map", PROC_PROJID_MAP, 12, 0, 0, "" },
	{ "/proc/12/setgroups", PROC_SETGROUPS, 12, 0, 0, "" },
	{ "/proc/12/loginuid", PROC_LOGINUID, 12, 0, 0, "" },
	{ "/proc/version", PROC_VERSION, 0, 0, 0, "" },
	{ "/proc/versions", PROC_NOTHING, 0, 0, 0, "/proc/versions" },
	{ "/proc/sys/kernel/ostype", PROC_OSTYPE, 0, 0, 0, "" },
	{ "/proc/sys/kernel/hostname", PROC_HOSTNAME, 0, 0, 0, "" },
	{ "/proc/sys/kernel/osrelease", PROC_OSRELEASE, 0, 0, 0, "" },
	{ "/proc/sys/kernel/version", PROC_OSVERSION, 0, 0, 0, "" },
	{ "/proc/sys/kernel/arch", PROC_ARCH, 0, 0, 0, "" },
	{ "/proc/sysvipc/shm", PROC_SYSV_SHM, 0, 0, 0, "" },
	{ "/proc/sysvipc/msg", PROC_SYSV_MSG, 0, 0, 0, "" },
	{ "/proc/sysvipc/shms", PROC_NOTHING, 0, 0, 0, "/proc/sysvipc/shms" },
	{ "/proc/sysvipc", PROC_NOTHING, 0, 0, 0, "/proc/sysvipc" },
	{ "/proc/12/sessionid", PROC_SESSIONID, 12, 0, 0, "" },
	{ "/proc/12/ns/mnt", PROC_OTHER, 12, 0, 0, "/ns/mnt" },
	{ "/proc/12/task", PROC_OTHER, 12, 0, 0, "/task" },
	{ "/proc/12/task/13", PROC_DIR, 12, 13, 0, "" },
	{ "/proc/12/task/13/fd/7", PROC_FD, 12, 13, 7, "" },
	{ "/proc/12/task/13/maps", PROC_MAPS, 12, 13, 0, "" },
	{ "/proc/12/task/x/maps", PROC_OTHER, 12, 0, 0, "/task/x/maps" },
};

START_TEST(parse)
{
	const struct row *row = &rows[_i];
	struct procname n = proc_parse(HPATH(row->name));

	ck_assert_msg(n.what == row->what, "%s: what %d", row->name, n.what);
	ck_assert_msg(n.pid == row->pid, "%s: pid %d", row->name, n.pid);
	ck_assert_msg(n.tid == row->tid, "%s: tid %d", row->name, n.tid);
	ck_assert_msg(n.fd == row->fd, "%s: fd %d", row->name, n.fd);
	ck_assert_str_eq(n.rest, row->rest);
}
END_TEST

START_TEST(deleted)
{
	ck_assert_uint_eq(proc_deleted_suffix("/a (deleted)", 12), 10);
	ck_assert_uint_eq(proc_deleted_suffix("/a", 2), 0);
	ck_assert_uint_eq(proc_deleted_suffix(" (deleted)", 10), 0);
	ck_assert(proc_says_name("/a", "/a"));
	ck_assert(proc_says_name("/a (deleted)", "/a"));
	ck_assert(proc_says_name("/a (deleted)", "/a (deleted)"));
	ck_assert(proc_says_name("/a (deleted) (deleted)", "/a (deleted)"));
	ck_assert(!proc_says_name("/a (deleted) (deleted)", "/a"));
	ck_assert(!proc_says_name("/ab (deleted)", "/a"));
	ck_assert(!proc_says_name("/a", "/ab"));
}
END_TEST

static Suite *suite(void)
{
	Suite *s = suite_create("path_procname");

	unit_add_rows(s, "parse", parse, ROWS(rows));
	unit_add(s, "deleted", deleted);
	return s;
}

UNIT_MAIN(suite)
