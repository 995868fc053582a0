/* SPDX-License-Identifier: MIT */
/* Only reads: nothing here says whether a thing works, only why it may not. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/kernfile.h"
#include "engine/doctor/causes.h"

static int number(const char *file)
{
	int value = -1;

	kernfile_scan(file, "%d", &value);
	return value;
}

static int status_number(const char *format)
{
	int value = -1;

	kernfile_scan("/proc/self/status", format, &value);
	return value;
}

static void look_at_kernel(struct host *h)
{
	unsigned major = 0, minor = 0;
	struct utsname u;

	if (uname(&u) < 0)
		return;
	snprintf(h->release, sizeof(h->release), "%s", u.release);
	snprintf(h->machine, sizeof(h->machine), "%s", u.machine);
	sscanf(u.release, "%u.%u", &major, &minor);
	h->version = major * 100 + minor;
}

/* "docker-default (enforce)"; "unconfined" is none. */
static void look_at_apparmor(struct host *h)
{
	if (!kernfile_scan("/proc/self/attr/apparmor/current", "%95s", h->apparmor) &&
	    access("/sys/module/apparmor", F_OK) == 0)
		kernfile_scan("/proc/self/attr/current", "%95s", h->apparmor);
	if (strcmp(h->apparmor, "unconfined") == 0)
		h->apparmor[0] = '\0';
}

/* The fifth field of a line is where the mount is: proc_pid_mountinfo(5). */
static void look_at_mounts(struct host *h)
{
	FILE *f = fopen("/proc/self/mountinfo", "re");
	bool has_root = false;
	char line[512], point[128];

	while (f && fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%*s %*s %*s %*s %127s", point) != 1)
			continue;
		has_root |= strcmp(point, "/") == 0;
		if (strncmp(point, "/proc/", 6) == 0 && strncmp(point, "/proc/sys/fs/", 13) != 0)
			snprintf(h->covered, sizeof(h->covered), "%s", point);
	}
	h->in_chroot = f && !has_root;
	if (f)
		fclose(f);
}

static void look_at_container(struct host *h)
{
	static const struct {
		const char *file, *name;
	} marks[] = {
		{ "/.dockerenv", "docker" },
		{ "/run/.containerenv", "podman" },
		{ "/.singularity.d", "apptainer" },
		{ "/system/bin/app_process", "android" },
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (access(marks[i].file, F_OK) == 0)
			snprintf(h->container, sizeof(h->container), "%s", marks[i].name);
	if (!h->container[0])
		kernfile_scan("/run/systemd/container", "%31s", h->container);
}

void host_look(struct host *h)
{
	unsigned long long caps = 0;
	unsigned count = UINT32_MAX;

	*h = (struct host){ .version = 0 };
	look_at_kernel(h);
	h->ptrace_scope = number("/proc/sys/kernel/yama/ptrace_scope");
	h->userns_clone = number("/proc/sys/kernel/unprivileged_userns_clone");
	h->max_user = number("/proc/sys/user/max_user_namespaces");
	h->apparmor_userns = number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
	h->deny_ptrace = number("/sys/fs/selinux/booleans/deny_ptrace");
	h->selinux = number("/sys/fs/selinux/enforce");
	h->memfd_noexec = number("/proc/sys/vm/memfd_noexec");
	h->io_uring = number("/proc/sys/kernel/io_uring_disabled");
	h->seccomp = status_number("Seccomp: %d");
	h->no_new_privs = status_number("NoNewPrivs: %d");
	h->traced_by = status_number("TracerPid: %d");
	kernfile_scan("/proc/self/status", "CapEff: %llx", &caps);
	kernfile_scan("/proc/self/uid_map", "%*u %*u %u", &count);
	h->in_user_ns = count != UINT32_MAX;
	h->is_root = geteuid() == 0;
	h->admin = caps & UINT64_C(1) << 21; /* CAP_SYS_ADMIN */
	h->no_user_ns = access("/proc/self/ns", F_OK) == 0 &&
			access("/proc/self/ns/user", F_OK) < 0;
	look_at_apparmor(h);
	look_at_mounts(h);
	look_at_container(h);
}
