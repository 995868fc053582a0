/* SPDX-License-Identifier: MIT */
/*
 * Containers that run, from outside: told by a signal to the front of their session, which passes
 * it on to the command. The front is the process that status.json names only if it began when that
 * says, and is held by a descriptor before that is looked at: so no other process is ever hit.
 */
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <talloc.h>
#include <time.h>
#include <unistd.h>

#include "base/fd.h"
#include "container/container.h"
#include "container/place.h"

enum { LOOK_MS = 10, TRIES = 200 };

static void sleep_ms(long ms)
{
	const struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/*
 * A descriptor of its front; -ESRCH: it does not run. Between the lock and the status of a run that
 * just begins there is a moment.
 */
static int find_front(const struct place *p, struct fail *fail)
{
	struct run_status status;
	int fd, r;

	for (int i = 0; i < TRIES && place_is_taken(p); i++) {
		r = place_status(p, &status, fail);
		if (r < 0)
			return r;
		fd = status.state == RUN_NOW && status.pid > 0
			     ? (int)syscall(SYS_pidfd_open, status.pid, 0) : -1;
		if (fd >= 0 && place_ticks(status.pid) == status.ticks)
			return fd;
		fd_cleanup(&fd);
		sleep_ms(LOOK_MS);
	}
	fail_set(fail, "container %s is not running", p->name);
	return -ESRCH;
}

static int send(const struct place *p, int sig, struct fail *fail)
{
	int fd __attribute__((cleanup(fd_cleanup))) = find_front(p, fail);

	if (fd < 0)
		return fd;
	if (syscall(SYS_pidfd_send_signal, fd, sig, NULL, 0) == 0 || errno == ESRCH)
		return 0;
	return fail_errno(fail, errno, "cannot signal container %s", p->name);
}

/* Is it over within so many seconds? */
static bool ends_within(const struct place *p, int seconds)
{
	for (long ms = 0; ms <= seconds * 1000L; ms += LOOK_MS) {
		if (!place_is_taken(p))
			return true;
		sleep_ms(LOOK_MS);
	}
	return false;
}

static int stop_signal(const struct place *p)
{
	struct fail ignored;
	struct settings *s;
	int sig = 0;

	if (place_settings(NULL, p, &s, &ignored) == 0) {
		sig = s->stop_signal ? settings_signal(s->stop_signal) : 0;
		talloc_free(s);
	}
	return sig ? sig : SIGTERM;
}

static int stop(const struct place *p, int seconds, struct fail *fail)
{
	int r;

	if (!place_is_taken(p))
		return 0;
	r = send(p, stop_signal(p), fail);
	if (r == 0 && !ends_within(p, seconds))
		r = send(p, SIGKILL, fail);
	if (r == 0)
		r = place_wait(p, fail);
	return r == -ESRCH ? 0 : r;
}

int container_stop(struct state *s, const char *name, int seconds, struct fail *fail)
{
	struct place *p;
	int r = place_open(s, s, name, &p, fail);

	if (r < 0)
		return r;
	r = stop(p, seconds, fail);
	if (r == 0)
		fail->text[0] = '\0';
	talloc_free(p);
	return r;
}

int container_kill(struct state *s, const char *name, const char *word, struct fail *fail)
{
	int sig = settings_signal(word), r;
	struct place *p;

	if (!sig) {
		fail_set(fail, "there is no signal '%s'", word);
		return -EINVAL;
	}
	r = place_open(s, s, name, &p, fail);
	if (r < 0)
		return r;
	r = send(p, sig, fail);
	if (r == 0 && sig == SIGKILL)
		r = place_wait(p, fail);
	talloc_free(p);
	return r;
}

int container_wait(struct state *s, const char *name, int *ret_exit, struct fail *fail)
{
	struct run_status status;
	struct place *p;
	int r = place_open(s, s, name, &p, fail);

	if (r < 0)
		return r;
	r = place_wait(p, fail);
	if (r == 0)
		r = place_status(p, &status, fail);
	*ret_exit = r == 0 ? status.exit : 125;
	talloc_free(p);
	return r;
}

bool container_is_running(struct state *s, const char *name)
{
	struct fail ignored;
	struct place *p;
	bool runs = false;

	if (place_open(s, s, name, &p, &ignored) == 0) {
		runs = place_is_taken(p);
		talloc_free(p);
	}
	return runs;
}
