/* SPDX-License-Identifier: MIT */
/*
 * Guest memory by process_vm_readv(2), which costs one call and respects protections; by
 * /proc/<tid>/mem where that call is refused (seccomp policies of containers, old Android). What
 * the guest handed to a call may be tagged: the kernel ignores that here, always.
 */
#include "tracee/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "arch/regs.h"
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

int mem_poke_open(const struct tracee *t)
{
	int fd = mem_open(t, O_WRONLY);

	return fd < 0 ? -errno : fd;
}

int mem_poke_piece(int fd, uint64_t addr, const void *buf, size_t n)
{
	return pwrite(fd, buf, n, (off_t)addr) == (ssize_t)n ? 0 : -EFAULT;
}

int mem_poke(const struct tracee *t, uint64_t addr, const void *buf, size_t n)
{
	int fd = mem_poke_open(t), r;

	if (fd < 0)
		return fd;
	r = mem_poke_piece(fd, addr, buf, n);
	close(fd);
	return r;
}

static size_t read_plainly(const struct tracee *t, uint64_t addr, void *buf, size_t n)
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

/* Where addr's mapping ends, if it may be written or run but not read; else 0. proc_pid_maps(5) */
static uint64_t unreadable_until(const struct tracee *t, uint64_t addr)
{
	uint64_t begin, end, ret = 0;
	char name[64], line[512], perms[5];
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/maps", t->tid);
	f = fopen(name, "re");
	if (!f)
		return 0;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s", &begin, &end, perms) != 3 ||
		    end <= addr)
			continue;
		if (begin <= addr && perms[0] != 'r' && (perms[1] == 'w' || perms[2] == 'x'))
			ret = end;
		break;
	}
	fclose(f);
	return ret;
}

/*
 * Memory that is PROT_WRITE or PROT_EXEC alone is readable to processors, and so to the kernel, but
 * process_vm_readv goes by the letter. What we take for unreadable the kernel would read
 * untranslated.
 */
static size_t read_by_force(const struct tracee *t, uint64_t addr, char *buf, size_t got, size_t n)
{
	uint64_t end;
	size_t part;

	while (got < n && (end = unreadable_until(t, addr + got))) {
		part = n - got < end - addr - got ? n - got : (size_t)(end - addr - got);
		if (mem_pread(t, addr + got, buf + got, part) != part)
			break;
		got += part;
		got += read_plainly(t, addr + got, buf + got, n - got);
	}
	return got;
}

size_t mem_read_some(const struct tracee *t, uint64_t addr, void *buf, size_t n)
{
	size_t got;

	addr = regset_address(t->tid, addr);
	got = read_plainly(t, addr, buf, n);
	/* Something must come where the kernel would find something. */
	return got ? got : read_by_force(t, addr, buf, 0, n);
}

int mem_read(const struct tracee *t, uint64_t addr, void *buf, size_t n)
{
	size_t got;

	addr = regset_address(t->tid, addr);
	got = read_plainly(t, addr, buf, n);
	return got == n || read_by_force(t, addr, buf, got, n) == n ? 0 : -EFAULT;
}

int mem_write(const struct tracee *t, uint64_t addr, const void *buf, size_t n)
{
	struct iovec local = { (void *)(uintptr_t)buf, n }, remote = { .iov_len = n };
	ssize_t put;

	addr = regset_address(t->tid, addr);
	remote.iov_base = (void *)(uintptr_t)addr;
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
	const char *nul;
	size_t got;

	addr = regset_address(t->tid, addr);
	got = read_plainly(t, addr, buf, size);
	nul = memchr(buf, '\0', got);
	if (!nul) {
		got = read_by_force(t, addr, buf, got, size);
		nul = memchr(buf, '\0', got);
	}
	if (nul)
		return nul - buf;
	return got == size ? -ENAMETOOLONG : -EFAULT;
}

int mem_read_word(const struct tracee *t, uint64_t addr, unsigned word_bytes, uint64_t *ret)
{
	*ret = 0; /* little endian: the low bytes come first */
	return mem_read(t, addr, ret, word_bytes);
}
