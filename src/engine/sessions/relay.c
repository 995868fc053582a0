/* SPDX-License-Identifier: MIT */
/*
 * In the background the caller's terminal is not ours to read or to change: then it is left as it
 * is, and only what the command prints is passed on.
 */
#include "engine/sessions/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* The 64 KiB that a terminal keeps at most come in fewer reads, and with fewer pauses. */
enum { LAST_WORDS_MS = 100, LAST_BYTES = 65536, LAST_PAUSES = 64 };

static int open_other_end(int master)
{
	const int flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
	int fd = ioctl(master, TIOCGPTPEER, flags);
	const char *name = fd < 0 ? ptsname(master) : NULL; /* before Linux 4.13 */

	return name ? open(name, flags) : fd;
}

int relay_open(struct relay *r, struct fail *fail)
{
	int other = -1;

	*r = (struct relay){ .master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC) };
	if (r->master >= 0 && grantpt(r->master) == 0 && unlockpt(r->master) == 0)
		other = open_other_end(r->master);
	if (other < 0) {
		fail_errno(fail, errno, "cannot make a terminal for the command");
		return -1;
	}
	if (tcgetattr(STDIN_FILENO, &r->saved) == 0)
		tcsetattr(other, TCSANOW, &r->saved);
	relay_resize(r);
	fcntl(r->master, F_SETFL, O_NONBLOCK);
	return other;
}

void relay_resize(const struct relay *r)
{
	struct winsize w;

	if (r->master >= 0 && ioctl(STDIN_FILENO, TIOCGWINSZ, &w) == 0)
		ioctl(r->master, TIOCSWINSZ, &w);
}

/* Output is as the command's terminal made it already. */
void relay_settle(struct relay *r)
{
	bool foreground = tcgetpgrp(STDIN_FILENO) == getpgrp();
	struct termios raw = r->saved;

	if (foreground == r->raw)
		return;
	cfmakeraw(&raw);
	if (foreground)
		tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	r->raw = foreground;
}

void relay_let_go(struct relay *r)
{
	if (r->raw && tcgetpgrp(STDIN_FILENO) == getpgrp())
		tcsetattr(STDIN_FILENO, TCSADRAIN, &r->saved);
	r->raw = false;
}

void relay_prepare(const struct relay *r, struct pollfd p[RELAY_POLLS])
{
	bool reads = r->master >= 0 && r->raw && !r->input_ended && r->typed == 0;

	p[0] = (struct pollfd){ .fd = reads ? STDIN_FILENO : -1, .events = POLLIN };
	p[1] = (struct pollfd){ .fd = r->master,
				.events = (short)(POLLIN | (r->typed ? POLLOUT : 0)) };
}

static void put_all(const char *bytes, size_t n)
{
	while (n > 0) {
		struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };
		ssize_t put = write(STDOUT_FILENO, bytes, n);

		if (put < 0 && errno != EINTR && errno != EAGAIN)
			return; /* who reads it is gone */
		if (put < 0)
			poll(&p, 1, -1); /* the caller's does not block */
		if (put > 0) {
			bytes += put;
			n -= (size_t)put;
		}
	}
}

static void close_master(struct relay *r)
{
	close(r->master);
	r->master = -1;
}

/* How much came; 0 or less: there is nothing any more. */
static ssize_t take_output(struct relay *r)
{
	char bytes[4096];
	ssize_t n = read(r->master, bytes, sizeof(bytes));

	if (n > 0)
		put_all(bytes, (size_t)n);
	else if (n == 0 || errno != EAGAIN)
		close_master(r); /* EIO: nobody has the other end */
	return n;
}

static void take_input(struct relay *r)
{
	ssize_t n = read(STDIN_FILENO, r->typed_bytes, sizeof(r->typed_bytes));

	if (n > 0)
		r->typed = (size_t)n;
	else if (n == 0 || errno == EBADF)
		r->input_ended = true;
	else if (errno == EIO && tcgetpgrp(STDIN_FILENO) == getpgrp())
		r->input_ended = true; /* the terminal is gone */
}

static void pass_input(struct relay *r)
{
	ssize_t n = write(r->master, r->typed_bytes, r->typed);

	if (n <= 0)
		return;
	r->typed -= (size_t)n;
	memmove(r->typed_bytes, r->typed_bytes + n, r->typed);
}

void relay_move(struct relay *r, const struct pollfd p[RELAY_POLLS])
{
	if (p[0].revents)
		take_input(r);
	if (r->typed && r->master >= 0)
		pass_input(r);
	if (p[1].fd >= 0 && (p[1].revents & (POLLIN | POLLHUP | POLLERR)))
		take_output(r);
}

/*
 * What it has left in the background may hold the other end for long, and print for ever. Of its
 * own there are no more bytes than the kernel keeps: 8 KiB, and as many in the line discipline
 * (pty_common_install, drivers/tty/pty.c).
 */
static void take_last_output(struct relay *r)
{
	ssize_t left = LAST_BYTES;
	int pauses = 0;

	while (left > 0 && pauses < LAST_PAUSES && r->master >= 0) {
		struct pollfd p = { .fd = r->master, .events = POLLIN };
		bool waits = poll(&p, 1, 0) == 0;
		ssize_t n;

		if (waits && poll(&p, 1, LAST_WORDS_MS) <= 0)
			return;
		n = take_output(r);
		if (n <= 0)
			return;
		left -= n;
		pauses += waits;
	}
}

void relay_end(struct relay *r)
{
	take_last_output(r);
	relay_let_go(r);
	if (r->master >= 0)
		close_master(r);
}
