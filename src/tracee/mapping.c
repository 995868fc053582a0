// SPDX-License-Identifier: MIT
/* By PROCMAP_QUERY where the kernel has it (Linux 6.11), else by the text. */
#include "tracee/mapping.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "tracee/tracee.h"

/* struct procmap_query of <linux/fs.h>; its flags are enum mapping_flags. */
struct query {
	uint64_t size, query_flags, query_addr;
	uint64_t vma_start, vma_end, vma_flags, vma_page_size, vma_offset, inode;
	uint32_t dev_major, dev_minor, vma_name_size, build_id_size;
	uint64_t vma_name_addr, build_id_addr;
};

#define QUERY _IOWR('f', 17, struct query)

static bool query(int fd, uint64_t addr, struct mapping *ret)
{
	struct query q = { .size = sizeof(q), .query_addr = addr };

	if (ioctl(fd, QUERY, &q) < 0)
		return false;
	*ret = (struct mapping){ q.vma_start, q.vma_end,   q.vma_offset,	     q.inode,
				 q.dev_major, q.dev_minor, (unsigned)q.vma_flags & 0xf };
	return true;
}

static unsigned flags_of(const char text[4])
{
	return (text[0] == 'r' ? MAPPING_READ : 0) | (text[1] == 'w' ? MAPPING_WRITE : 0) |
	       (text[2] == 'x' ? MAPPING_EXEC : 0) | (text[3] == 's' ? MAPPING_SHARED : 0);
}

static bool scan(FILE *f, uint64_t addr, struct mapping *ret)
{
	char *line = NULL, flags[5];
	bool found = false;
	size_t size = 0;

	while (!found && getline(&line, &size, f) > 0)
		found = sscanf(line, "%" SCNx64 "-%" SCNx64 " %4s %" SCNx64 " %x:%x %" SCNu64,
			       &ret->begin, &ret->end, flags, &ret->offset, &ret->dev_major,
			       &ret->dev_minor, &ret->ino) == 7 &&
			addr >= ret->begin && addr < ret->end;
	if (found)
		ret->flags = flags_of(flags);
	free(line);
	return found;
}

bool mapping_at(const struct tracee *t, uint64_t addr, struct mapping *ret)
{
	char name[64];
	bool found;
	FILE *f;
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/maps", t->tid);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	found = query(fd, addr, ret);
	f = found ? NULL : fdopen(fd, "r");
	if (f) {
		found = scan(f, addr, ret);
		fclose(f);
	} else {
		close(fd);
	}
	return found;
}
