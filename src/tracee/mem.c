/* SPDX-License-Identifier: MIT */
/*
 * Guest memory by process_vm_readv(2), which costs one call and respects protections; by
 * /proc/<tid>/mem where that call is refused (seccomp policies of containers, old Android).
 */
#include "tracee/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tracee/session.h"
#include "tracee/tracee.h"

static int mem_open(const struct tracee *t, int flags)
{
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/mem", t->tid);
	return open(name, flags | O_CLOEXEC);
}

static size_t mem_pread(const struct tracee *t, uint64_t addr, void *buf, size_t n)
{
	int fd = mem_open(t, O_RDONLY);
	ssize_t got;

	if (fd < 0)
		return 0;
	got = pread(fd, buf, n, (off_t)addr);
	close(fd);
	return got < 0 ? 0 : (size_t)got;
}

int mem_poke(const struct tracee *t, uint64_t addr, const void *buf, size_t n)
{
	int fd = mem_open(t, O_WRONLY);
	ssize_t put;

	if (fd < 0)
		return -errno;
	put = pwrite(fd, buf, n, (off_t)addr);
	close(fd);
	return put == (ssize_t)n ? 0 : -EFAULT;
}

size_t mem_read_some(const struct tracee *t, uint64_t addr, void *buf, size_t n)
{
	const struct session *s = tracee_session(t);
	struct iovec local = { buf, n }, remote = { (void *)(uintptr_t)addr, n };
	ssize_t got;

	/* A transfer that meets an unreadable page ends there: the kernel pins page by page. */
	if (s->has & HAS_PROCESS_VM) {
		got = process_vm_readv(t->tid, &local, 1, &remote, 1, 0);
		if (got >= 0)
			return (size_t)got;
		if (errno == EFAULT)
			return 0;
	}
	return mem_pread(t, addr, buf, n);
}

int mem_read(const struct tracee *t, uint64_t addr, void *buf, size_t n)
{
	return mem_read_some(t, addr, buf, n) == n ? 0 : -EFAULT;
}

int mem_write(const struct tracee *t, uint64_t addr, const void *buf, size_t n)
{
	struct iovec local = { (void *)(uintptr_t)buf, n }, remote = { (void *)(uintptr_t)addr, n };
	ssize_t put;

	if (tracee_session(t)->has & HAS_PROCESS_VM) {
		put = process_vm_writev(t->tid, &local, 1, &remote, 1, 0);
		if (put >= 0)
			return (size_t)put == n ? 0 : -EFAULT;
		if (errno == EFAULT)
			return -EFAULT;
	}
	return mem_poke(t, addr, buf, n);
}

ssize_t mem_read_str(const struct tracee *t, uint64_t addr, char *buf, size_t size)
{
	size_t got = mem_read_some(t, addr, buf, size);
	const char *nul = memchr(buf, '\0', got);

	if (nul)
		return nul - buf;
	return got == size ? -ENAMETOOLONG : -EFAULT;
}

int mem_read_word(const struct tracee *t, uint64_t addr, unsigned word_bytes, uint64_t *ret)
{
	*ret = 0; /* little endian: the low bytes come first */
	return mem_read(t, addr, ret, word_bytes);
}
