// SPDX-License-Identifier: MIT
/*
 * Code that says where it may be jumped to (BTI): the kernel checks it in a static program and in a
 * program's interpreter, where their notes ask for it. Small programs that jump elsewhere tell.
 *
 * machine: aarch64
 * arch: 64
 */
#include "guest.h"

#include <elf.h>
#include <stddef.h>
#include <sys/auxv.h>

#ifndef PT_GNU_PROPERTY
#define PT_GNU_PROPERTY 0x6474e553
#endif
#define FEATURE_1_AND 0xc0000000

static const uint32_t code[] = {
	0x10000061, /* adr x1, . + 12 */
	0xd63f0020, /* blr x1 */
	0xd503201f, /* nop */
	0xd28000e0, /* mov x0, 7: no place to be sent to */
	0xd2800ba8, /* mov x8, __NR_exit */
	0xd4000001, /* svc 0 */
};

struct note {
	uint32_t name_size, data_size, type;
	char name[4];
	struct {
		uint32_t type, size, bits, fill;
	} property[2];
};

struct file {
	Elf64_Ehdr header;
	Elf64_Phdr segment[3];
	struct note note;
	char interp[16];
	uint32_t code[sizeof(code) / sizeof(code[0])];
};

#define AT(member) offsetof(struct file, member)

static const struct note none;
static const struct note bti = { 4, 16, 5, "GNU", { { FEATURE_1_AND, 4, 1, 0 } } };
static const struct note pac = { 4, 16, 5, "GNU", { { FEATURE_1_AND, 4, 2, 0 } } };
static const struct note both = { 4, 16, 5, "GNU", { { FEATURE_1_AND, 4, 3, 0 } } };
static const struct note behind = {
	4, 32, 5, "GNU", { { 0xb0000000, 4, 0, 0 }, { FEATURE_1_AND, 4, 1, 0 } }
};
static const struct note unsorted = {
	4, 32, 5, "GNU", { { FEATURE_1_AND, 4, 1, 0 }, { 0xb0000000, 4, 0, 0 } }
};
static const struct note twice = {
	4, 32, 5, "GNU", { { FEATURE_1_AND, 4, 1, 0 }, { FEATURE_1_AND, 4, 1, 0 } }
};
static const struct note too_long = { 4, 16, 5, "GNU", { { FEATURE_1_AND, 8, 1, 0 } } };
static const struct note too_large = { 4, 4000, 5, "GNU", { { FEATURE_1_AND, 4, 1, 0 } } };
static const struct note of_others = { 4, 16, 5, "ABC", { { FEATURE_1_AND, 4, 1, 0 } } };
static const struct note of_other_kind = { 4, 16, 1, "GNU", { { FEATURE_1_AND, 4, 1, 0 } } };

static const struct {
	const char *name;
	const struct note *note;
} notes[] = {
	{ "none", &none },
	{ "bti", &bti },
	{ "pac", &pac },
	{ "both", &both },
	{ "behind another", &behind },
	{ "unsorted", &unsorted },
	{ "twice", &twice },
	{ "too long", &too_long },
	{ "too large", &too_large },
	{ "another's", &of_others },
	{ "of another kind", &of_other_kind },
};

static void put(const char *name, uint16_t type, const struct note *note, const char *interp)
{
	const uint64_t base = type == ET_EXEC ? 0x400000 : 0;
	struct file f = {
		.header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			    .e_type = type,
			    .e_machine = EM_AARCH64,
			    .e_version = EV_CURRENT,
			    .e_entry = base + AT(code),
			    .e_phoff = AT(segment),
			    .e_ehsize = sizeof(Elf64_Ehdr),
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 3 },
		.segment = { { .p_type = PT_LOAD,
			       .p_flags = PF_R | PF_W | PF_X,
			       .p_vaddr = base,
			       .p_filesz = sizeof(f),
			       .p_memsz = sizeof(f),
			       .p_align = 0x10000 },
			     { .p_type = note == &none ? PT_NULL : PT_GNU_PROPERTY,
			       .p_offset = AT(note),
			       .p_filesz = sizeof(struct note) },
			     { .p_type = interp ? PT_INTERP : PT_NULL,
			       .p_offset = AT(interp),
			       .p_filesz = interp ? strlen(interp) + 1 : 0 } },
		.note = *note,
	};
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0755);

	memcpy(f.code, code, sizeof(code));
	if (interp)
		snprintf(f.interp, sizeof(f.interp), "%s", interp);
	NEED(fd >= 0 && write(fd, &f, sizeof(f)) == sizeof(f));
	close(fd);
}

static void run(const char *what, const char *name)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		execl("/tmp/program", "program", NULL);
		_exit(100 + errno);
	}
	NEED(pid > 0 && waitpid(pid, &status, 0) == pid);
	if (WIFSIGNALED(status))
		printf("%s: %s: signal %d\n", what, name, WTERMSIG(status));
	else if (WEXITSTATUS(status) > 100)
		printf("%s: %s: %s\n", what, name, err_name(WEXITSTATUS(status) - 100));
	else
		printf("%s: %s: runs\n", what, name);
}

int main(void)
{
	printf("the processor checks: %d\n", !!(getauxval(AT_HWCAP2) & 1 << 17));
	for (size_t i = 0; i < sizeof(notes) / sizeof(notes[0]); i++) {
		put("/tmp/program", ET_EXEC, notes[i].note, NULL);
		run("static", notes[i].name);
		put("/tmp/program", ET_DYN, notes[i].note, NULL);
		run("static, anywhere", notes[i].name);
		put("/tmp/interp", ET_DYN, notes[i].note, NULL);
		put("/tmp/program", ET_EXEC, &none, "/tmp/interp");
		run("interpreter", notes[i].name);
		put("/tmp/interp", ET_DYN, &none, NULL);
		put("/tmp/program", ET_EXEC, notes[i].note, "/tmp/interp");
		run("has one", notes[i].name);
	}
	return 0;
}
