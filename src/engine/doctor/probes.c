/* SPDX-License-Identifier: MIT */
/* The table. A row that needs another stands behind it. */
#include "engine/doctor/probes.h"

#include <sched.h>
#include <stddef.h>

#include "engine/engine.h"
#include "engine/userns/ops.h"

#define NEWTIME	     0x80ul /* CLONE_NEWTIME */
#define OP(kind)     (1u << OP_##kind)
#define OPS_ROOT     (OP(ISOLATE) | OP(TAKE) | OP(ROOT))
#define NO_NEED	     PROBE_COUNT

const struct probe probes[PROBE_COUNT] = {
	[PROBE_USERNS_ENGINE] = { "engine-userns", "native speed, namespaces", try_engine,
				  .arg = ENGINE_USERNS, .needs = NO_NEED },
	[PROBE_PTRACE_ENGINE] = { "engine-ptrace", "records of owners, --sandbox, --trace",
				  try_engine, .arg = ENGINE_PTRACE, .needs = NO_NEED },

	[PROBE_PROCFS] = { "procfs", "both engines", try_procfs, .areas = AREA_PROCFS,
			   .engines = FOR_USERNS | FOR_PTRACE, .needs = NO_NEED },
	[PROBE_PTRACE] = { "ptrace", "the ptrace engine", try_ptrace, .areas = AREA_PTRACE,
			   .engines = FOR_PTRACE, .needs = NO_NEED },
	[PROBE_SECCOMP] = { "seccomp-trace", "speed: every call stops", try_seccomp,
			    .areas = AREA_CALL, .needs = PROBE_PTRACE, .since = 408 },
	[PROBE_SYSCALL_INFO] = { "ptrace-get-syscall-info", "the ptrace engine",
				 try_syscall_info, .areas = AREA_CALL, .engines = FOR_PTRACE,
				 .needs = PROBE_SECCOMP, .since = 503 },
	[PROBE_SET_SYSCALL_INFO] = { "ptrace-set-syscall-info", "a little speed",
				     try_set_syscall_info, .areas = AREA_CALL,
				     .needs = PROBE_SECCOMP, .since = 616 },
	[PROBE_PROCESS_VM] = { "process-vm-readv", "a little speed", try_process_vm,
			       .areas = AREA_PTRACE, .needs = PROBE_PTRACE },
	[PROBE_SESSION_DIR] = { "session-directory", "the ptrace engine", try_session_dir,
				.areas = AREA_EXEC, .engines = FOR_PTRACE, .needs = NO_NEED },

	[PROBE_USER] = { "user-namespace", "the userns engine, but for root", try_spaces,
			 .arg = CLONE_NEWUSER, .areas = AREA_USERNS, .engines = FOR_USERNS,
			 .needs = NO_NEED },
	[PROBE_MAP] = { "uid-map", "the userns engine, but for root", try_spaces,
			.arg = CLONE_NEWUSER, .ops = OP(MAP), .areas = AREA_USERNS,
			.engines = FOR_USERNS, .needs = PROBE_USER },
	[PROBE_RANGES] = { "id-ranges", "real ids with -0", try_ranges,
			   .arg = CLONE_NEWUSER, .areas = AREA_RANGES, .needs = PROBE_USER },
	[PROBE_MOUNT] = { "mount-namespace", "the userns engine", try_spaces,
			  .arg = CLONE_NEWNS, .ops = OP(ISOLATE), .areas = AREA_SPACES | AREA_MOUNT,
			  .engines = FOR_USERNS, .needs = PROBE_MAP },
	[PROBE_BIND] = { "bind-mount", "the userns engine", try_spaces, .arg = CLONE_NEWNS,
			 .ops = OPS_ROOT, .areas = AREA_MOUNT, .engines = FOR_USERNS,
			 .needs = PROBE_MOUNT },
	[PROBE_READ_ONLY] = { "read-only-bind", ":ro binds in the userns engine",
			      try_spaces, .arg = CLONE_NEWNS, .ops = OPS_ROOT | OP(RESTRICT),
			      .areas = AREA_MOUNT, .needs = PROBE_BIND },
	[PROBE_PIVOT] = { "pivot-root", "the userns engine", try_spaces, .arg = CLONE_NEWNS,
			  .ops = OPS_ROOT | OP(PIVOT), .areas = AREA_MOUNT,
			  .engines = FOR_USERNS, .needs = PROBE_BIND },
	[PROBE_PID] = { "pid-namespace", "--pid", try_spaces, .arg = CLONE_NEWPID,
			.areas = AREA_SPACES, .needs = PROBE_MAP },
	[PROBE_PROC] = { "mount-proc", "--pid with a /proc of its own", try_spaces,
			 .arg = CLONE_NEWNS | CLONE_NEWPID, .ops = OPS_ROOT | OP(PROC),
			 .areas = AREA_PROC | AREA_MOUNT, .needs = PROBE_BIND },
	[PROBE_UTS] = { "uts-namespace", "--uts, --hostname", try_spaces,
			.arg = CLONE_NEWUTS, .ops = OP(HOSTNAME), .areas = AREA_SPACES,
			.needs = PROBE_MAP },
	[PROBE_IPC] = { "ipc-namespace", "--ipc", try_spaces, .arg = CLONE_NEWIPC,
			.areas = AREA_SPACES, .needs = PROBE_MAP },
	[PROBE_NET] = { "net-namespace", "--net=none", try_spaces, .arg = CLONE_NEWNET,
			.ops = OP(LOOPBACK), .areas = AREA_SPACES, .needs = PROBE_MAP },
	[PROBE_CGROUP] = { "cgroup-namespace", "--cgroup", try_spaces,
			   .arg = CLONE_NEWCGROUP, .areas = AREA_SPACES, .needs = PROBE_MAP,
			   .since = 406 },
	[PROBE_TIME] = { "time-namespace", "--time", try_spaces, .arg = NEWTIME,
			 .areas = AREA_SPACES, .needs = PROBE_MAP, .since = 506 },
	[PROBE_OVERLAY] = { "overlay", "layers by the kernel", try_overlay,
			    .arg = CLONE_NEWNS, .areas = AREA_OVERLAY | AREA_MOUNT,
			    .needs = PROBE_MOUNT, .since = 511 },

	[PROBE_XATTR] = { "user-xattrs", "records on the files: they go beside the root",
			  try_xattr, .areas = AREA_XATTR, .needs = NO_NEED },
	[PROBE_LANDLOCK] = { "landlock", "--sandbox", try_landlock, .areas = AREA_LANDLOCK,
			     .needs = NO_NEED, .since = 519 },
	[PROBE_OPENAT2] = { "openat2", "a little speed", try_openat2, .areas = AREA_CALL,
			    .needs = NO_NEED, .since = 506 },
	[PROBE_EXECVE_CHECK] = { "execveat-check", "a little exactness", try_execve_check,
				 .areas = AREA_CALL, .needs = NO_NEED, .since = 614 },
	[PROBE_SET_MM] = { "set-mm-map", "speed: no agent in the guest", try_set_mm,
			   .areas = AREA_SET_MM, .needs = NO_NEED, .since = 318 },
	[PROBE_MEMFD] = { "memfd-exec", "programs that run from memory", try_memfd,
			  .areas = AREA_MEMFD, .needs = NO_NEED, .since = 317 },
	[PROBE_MSEAL] = { "mseal", "nothing of ours: guests see it missing", try_mseal,
			  .areas = AREA_CALL, .needs = NO_NEED, .since = 610 },
	[PROBE_IO_URING] = { "io-uring", "it in guests of the userns engine", try_io_uring,
			     .areas = AREA_URING, .needs = NO_NEED, .since = 501 },
};
