/* SPDX-License-Identifier: MIT */
/*
 * Guests are known by what they cannot shed: those of the ptrace engine are traced for as long as
 * they live, those of the userns engine are in another mount namespace. So who is traced, or in
 * another user, mount or pid namespace than we are, is refused, even if it is no guest.
 *
 * A number may be another process's by the time it is looked up: where the kernel can say so
 * (SO_PEERPIDFD, Linux 6.5) the one that connected must still be there afterwards.
 */
#include "engine/sessions/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/kernfile.h"

#define AUTO_CLOSE __attribute__((cleanup(fd_cleanup)))

enum { PEERPIDFD = 77 }; /* SO_PEERPIDFD */

/* Its number, if it is the same user's, else -1. 0: no process that we can see. */
static pid_t own_peer(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != geteuid())
		return -1;
	return peer.pid > 0 ? peer.pid : -1;
}

static bool is_traced(pid_t pid)
{
	char name[64];
	int tracer = -1;

	snprintf(name, sizeof(name), "/proc/%d/status", (int)pid);
	return !kernfile_scan(name, "TracerPid: %d", &tracer) || tracer != 0;
}

enum sameness { SAME, OTHER, UNKNOWN };

static enum sameness compare_namespaces(pid_t pid, const char *kind)
{
	struct stat theirs, ours;
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/ns/%s", (int)pid, kind);
	if (stat(name, &theirs) < 0)
		return UNKNOWN;
	snprintf(name, sizeof(name), "/proc/self/ns/%s", kind);
	if (stat(name, &ours) < 0)
		return UNKNOWN;
	return theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino ? SAME : OTHER;
}

static bool same_namespace(pid_t pid, const char *kind)
{
	return compare_namespaces(pid, kind) == SAME;
}

/* -1 where the kernel does not tell. */
static int peer_pidfd(int fd)
{
	int pidfd = -1;
	socklen_t size = sizeof(pidfd);

	return getsockopt(fd, SOL_SOCKET, PEERPIDFD, &pidfd, &size) < 0 ? -1 : pidfd;
}

static bool has_ended(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	return pidfd >= 0 && poll(&p, 1, 0) != 0;
}

int peer_check_client(int fd)
{
	pid_t pid = own_peer(fd);
	AUTO_CLOSE int pidfd = peer_pidfd(fd);

	if (pid < 0)
		return -EPERM;
	if (is_traced(pid) || !same_namespace(pid, "user") || !same_namespace(pid, "mnt") ||
	    !same_namespace(pid, "pid"))
		return -EPERM;
	return has_ended(pidfd) ? -EPERM : 0;
}

/* Of a process that may not be looked into its map of ids can still be read. */
static bool same_ids(pid_t pid)
{
	char name[64], theirs[4096] = "", ours[4096] = "";
	AUTO_CLOSE int own = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	AUTO_CLOSE int other = -1;

	snprintf(name, sizeof(name), "/proc/%d/uid_map", (int)pid);
	other = open(name, O_RDONLY | O_CLOEXEC);
	return own >= 0 && other >= 0 && read(own, ours, sizeof(ours) - 1) >= 0 &&
	       read(other, theirs, sizeof(theirs) - 1) >= 0 && strcmp(ours, theirs) == 0;
}

/*
 * A session listens in the process by whose number it goes, and that one lives as long as it does.
 * A front shows its namespaces to root alone, but for a moment at its beginning.
 */
int peer_check_session(int fd, pid_t session)
{
	pid_t pid = own_peer(fd);
	AUTO_CLOSE int pidfd = peer_pidfd(fd);

	if (pid != session || is_traced(pid) || !same_ids(pid) ||
	    compare_namespaces(pid, "mnt") == OTHER)
		return -EPERM;
	return has_ended(pidfd) ? -EPERM : 0;
}
