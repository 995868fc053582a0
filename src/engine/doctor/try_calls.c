/* SPDX-License-Identifier: MIT */
/* Single calls of newer kernels, and those that some hosts forbid. */
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "engine/doctor/probes.h"
#include "engine/doctor/trial.h"
#include "engine/features.h"
#include "engine/ptrace/landlock.h"

/* The same on every machine; older headers lack them. */
enum { NR_MSEAL = 462, NR_IO_URING_SETUP = 425 };

struct landlock_request {
	uint64_t fs;
};

/* A ruleset that forbids making devices, entered: as --sandbox does with a longer one. */
int try_landlock(struct trial *t)
{
	const struct landlock_request request = { 1 << 11 }; /* LANDLOCK_ACCESS_FS_MAKE_BLOCK */
	int abi, fd, r;

	trial_step(t, "landlock_create_ruleset");
	abi = landlock_abi();
	if (abi < 0)
		return abi;
	if (abi < LANDLOCK_ABI_MIN)
		return trial_say(t, "ABI %d, and %d is needed", abi, LANDLOCK_ABI_MIN);
	fd = (int)syscall(SYS_landlock_create_ruleset, &request, sizeof(request), 0);
	if (fd < 0)
		return -errno;
	trial_step(t, "landlock_restrict_self");
	r = landlock_enter(fd);
	if (r == 0)
		trial_say(t, "ABI %d", abi);
	return r;
}

int try_openat2(struct trial *t)
{
	const struct open_how how = { .flags = O_PATH | O_CLOEXEC,
				      .resolve = RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS };

	trial_step(t, "openat2");
	return syscall(SYS_openat2, AT_FDCWD, "/", &how, sizeof(how)) < 0 ? -errno : 0;
}

int try_execve_check(struct trial *t)
{
	trial_step(t, "execveat with AT_EXECVE_CHECK");
	return feature_execve_check();
}

/* From start_code (26) on, in proc_pid_stat(5), by their order in struct prctl_mm_map. */
static int read_map(struct prctl_mm_map *ret)
{
	char text[2048], *at;
	unsigned long long v[53] = { 0 };
	FILE *f = fopen("/proc/self/stat", "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		fclose(f);
	text[n] = '\0';
	at = strrchr(text, ')'); /* field 2 may hold anything */
	for (int i = 3; at && i < 53 && (at = strchr(at, ' ')); i++)
		sscanf(++at, "%llu", &v[i]);
	if (!at)
		return -EIO;
	*ret = (struct prctl_mm_map){
		.start_code = v[26], .end_code = v[27], .start_stack = v[28],
		.start_data = v[45], .end_data = v[46], .start_brk = v[47],
		.brk = (uintptr_t)sbrk(0), .arg_start = v[48], .arg_end = v[49],
		.env_start = v[50], .env_end = v[51], .exe_fd = (uint32_t)-1,
	};
	return 0;
}

/* Sets what is so already. */
int try_set_mm(struct trial *t)
{
	struct prctl_mm_map map;
	int r;

	trial_step(t, "read /proc/self/stat");
	r = read_map(&map);
	if (r < 0)
		return r;
	trial_step(t, "prctl PR_SET_MM_MAP");
	return prctl(PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map), 0) < 0 ? -errno : 0;
}

int try_mseal(struct trial *t)
{
	size_t size = (size_t)sysconf(_SC_PAGESIZE);
	void *page = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	trial_step(t, "mseal");
	if (page == MAP_FAILED || syscall(NR_MSEAL, page, size, 0) < 0)
		return -errno;
	return munmap(page, size) < 0 ? 0 : trial_say(t, "what is sealed can be unmapped");
}

/* struct io_uring_params is 120 bytes of zeroes for us. */
int try_io_uring(struct trial *t)
{
	uint64_t params[15] = { 0 };

	trial_step(t, "io_uring_setup");
	return syscall(NR_IO_URING_SETUP, 1, params) < 0 ? -errno : 0;
}
