#!/bin/bash
# C++ with the host for its root runs as without pr: cancellation and exceptions unwind out of sleeping calls.
# needs: g++
# timeout: 250
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

cat >prog.cc <<'C'
#include <atomic>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <cxxabi.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdexcept>
#include <string>
#include <sys/stat.h>
#include <sys/time.h>
#include <thread>
#include <time.h>
#include <unistd.h>
#include <vector>

static thread_local int depth;
static std::atomic<int> destroyed, forced, wrong;

/* All calls in this file are made again and again: their places are known, and served. */
static void calls()
{
	struct stat st;
	char buf[64];
	int fd = open("file", O_RDONLY | O_CLOEXEC);

	wrong += fd < 0 || read(fd, buf, 4) != 4 || memcmp(buf, "text", 4) != 0;
	wrong += close(fd) != 0;
	wrong += stat("link", &st) != 0 || !S_ISREG(st.st_mode);
	wrong += readlink("link", buf, sizeof(buf)) != 4 || memcmp(buf, "file", 4) != 0;
	wrong += access("missing", F_OK) == 0 || errno != ENOENT;
}

struct guard {
	guard() { depth++; }
	~guard()
	{
		depth--;
		destroyed++;
		calls();
	}
};

/* Frames with destructors and catches above a call that sleeps. */
static int sleeps(int n)
{
	guard g;

	try {
		std::string s(n + 1, 'x');

		return n ? sleeps(n - 1) + (s[0] == 'y') : open("fifo", O_RDONLY | O_CLOEXEC);
	} catch (abi::__forced_unwind &) {
		forced++;
		throw;
	} catch (std::runtime_error &e) {
		throw std::runtime_error(e.what() + std::string("+"));
	}
}

static void *thread_sleeps(void *)
{
	for (;;) {
		calls();
		close(sleeps(5));
	}
}

static void nap(long ns)
{
	timespec t = { 0, ns };

	nanosleep(&t, nullptr);
}

static bool cancel_after(long ns)
{
	pthread_t t;
	void *result = nullptr;

	if (pthread_create(&t, nullptr, thread_sleeps, nullptr) != 0)
		return false;
	nap(ns);
	pthread_cancel(t);
	pthread_join(t, &result);
	return result == PTHREAD_CANCELED;
}

/* Some sleep, some are on their way there; more time for them where too few had begun. */
static void cancelled(int n)
{
	int wanted = 3 * n, kept = forced, gone = destroyed, failed = 0;

	for (int i = 0; i < n || (forced - kept < wanted && i < 10 * n); i++)
		failed += !cancel_after(i * 100000);
	printf("not cancelled: %d, as many catches as destructors: %d, enough: %d\n", failed,
	       forced - kept == destroyed - gone, forced - kept >= wanted);
}

/* Out of the handler, out of the call that it interrupted, up to who catches it. */
static void throws(int)
{
	throw std::runtime_error("thrown");
}

static void thrown(int n)
{
	struct sigaction act = {};
	int right = 0;

	act.sa_handler = throws;
	act.sa_flags = SA_NODEFER;
	sigaction(SIGALRM, &act, nullptr);
	for (int i = 0; i < n; i++) {
		itimerval t = { { 0, 0 }, { 0, 3000 } };

		setitimer(ITIMER_REAL, &t, nullptr);
		try {
			calls();
			close(sleeps(i % 8));
		} catch (std::runtime_error &e) {
			right += strlen(e.what()) == 6u + i % 8 + 1 && depth == 0;
		}
	}
	printf("thrown: %d\n", right);
}

/* In many threads at once, by a signal of their own. */
static void thrown_in_threads(int n)
{
	std::vector<std::thread> all;
	std::atomic<int> right(0);

	signal(SIGALRM, SIG_IGN);
	for (int i = 0; i < n; i++)
		all.emplace_back([&right] {
			for (int k = 0; k < 20; k++) {
				try {
					calls();
					throw std::runtime_error(k % 2 ? "a" : "b");
				} catch (std::runtime_error &e) {
					calls();
					right++;
				}
			}
		});
	for (auto &t : all)
		t.join();
	printf("in threads: %d\n", (int)right);
}

int main()
{
	FILE *f = fopen("file", "w");

	fputs("text\n", f);
	fclose(f);
	if (symlink("file", "link") != 0 || mkfifo("fifo", 0600) != 0)
		return 1;
	for (int i = 0; i < 300; i++)
		calls();
	cancelled(40);
	thrown(60);
	thrown_in_threads(16);
	cancelled(20);
	printf("%d wrong\n", (int)wrong);
	return 0;
}
C
flags='-O1 -g -fnon-call-exceptions -pthread'
# shellcheck disable=SC2086 # a list of words
g++ $flags -o linked prog.cc && g++ $flags -static -o static prog.cc || exit 99
for p in linked static; do
	same_program $p 60 ./$p
	grep -q '^0 wrong' native.out || fail "$(cat native.out)"
	mv native.out "native.$p"
	rm -rf native.dir pr.dir
done
exit 0
