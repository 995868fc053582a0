/* SPDX-License-Identifier: MIT */
/*
 * qemu's user mode on the host. One without an interpreter is run as it lies there, by its host
 * name. One with shared libraries has its own dynamic linker run it, which is told where they are:
 * in the guest they lie below EMULATOR_DIR, read-only.
 *
 * "-L /" says that names are to be looked up as they are: the guest's root is the whole root.
 */
#include "engine/ptrace/emulators.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <talloc.h>
#include <unistd.h>

#include "base/pathbuf.h"
#include "engine/engine.h"
#include "exec/elf.h"
#include "exec/foreign.h"
#include "tracee/session.h"

#define EMULATOR_DIR  "/.pr-emulator"
#define EMULATOR_HELP "Debian's package is qemu-user-static"

struct search {
	struct session_config *own;
	struct emulators *all; /* everything is its child */
	char **words; /* what the user wrote; [0] is the emulator */
	char *library_path; /* of those with libraries; NULL: none came yet */
};

/* ---- the list ------------------------------------------------------------------------------- */

static int add_bind(struct search *f, const char *host, const char *guest)
{
	size_t n = f->own->bind_count;
	struct bind_request *list = talloc_array(f->all, struct bind_request, n + 1);

	if (!list || !host || !guest)
		return -ENOMEM;
	if (n)
		memcpy(list, f->own->binds, n * sizeof(*list));
	list[n] = (struct bind_request){ .host = host, .guest = guest, .read_only = true };
	f->own->binds = list;
	f->own->bind_count = n + 1;
	return 0;
}

/* `head` begins its argv, and ends with NULL. */
static int add(struct search *f, const char *arch, const char *host, const char *const *head)
{
	static const char *const rooted[] = { "-L", "/" };
	struct emulators *all = f->all;
	struct emulator *e;
	size_t heads = 0, users = 0, n = 0;

	while (head[heads])
		heads++;
	while (f->words[1 + users])
		users++;
	all->list = talloc_realloc(all, all->list, struct emulator, all->count + 1);
	if (!all->list)
		return -ENOMEM;
	e = &all->list[all->count];
	*e = (struct emulator){ .arch = arch, .host = host };
	e->words = talloc_array(all, const char *, heads + users + 3);
	if (!e->words)
		return -ENOMEM;
	for (size_t i = 0; i < heads; i++)
		e->words[n++] = head[i];
	for (size_t i = 0; i < 2; i++)
		e->words[n++] = rooted[i];
	for (size_t i = 0; i < users; i++)
		e->words[n++] = f->words[1 + i];
	e->words[n++] = "-0";
	e->word_count = n;
	all->count++;
	return 0;
}

/* ---- one with libraries --------------------------------------------------------------------- */

/* The directory of a line's "name => /directory/file (address)"; NULL: it says none. */
static char *library_dir(void *ctx, const char *line)
{
	const char *name = strstr(line, "=> /"), *end, *slash;

	if (!name)
		return NULL;
	name += strlen("=> ");
	end = strstr(name, " (");
	if (!end)
		end = strchrnul(name, '\n');
	slash = memrchr(name, '/', (size_t)(end - name));
	return slash > name ? talloc_strndup(ctx, name, (size_t)(slash - name)) : NULL;
}

static bool is_bound(const struct search *f, const char *dir)
{
	for (size_t i = 0; i < f->own->bind_count; i++)
		if (strcmp(f->own->binds[i].host, dir) == 0 && f->own->binds[i].guest &&
		    path_under(f->own->binds[i].guest, EMULATOR_DIR))
			return true;
	return false;
}

static int bind_libraries(struct search *f, FILE *lines)
{
	char *line = NULL, *dir;
	size_t size = 0;
	int n = 0, r = 0;

	f->library_path = talloc_strdup(f->all, "");
	while (r == 0 && getline(&line, &size, lines) >= 0) {
		dir = library_dir(f->all, line);
		if (!dir || is_bound(f, dir))
			continue;
		r = add_bind(f, dir, talloc_asprintf(f->all, EMULATOR_DIR "/lib%d", n));
		f->library_path = talloc_asprintf_append(
			f->library_path, "%s" EMULATOR_DIR "/lib%d", n ? ":" : "", n);
		n++;
	}
	free(line);
	return r < 0 || !f->library_path ? -ENOMEM : 0;
}

/* As ldd(1) asks. */
static _Noreturn void list_child(const char *linker, const char *emulator, int out)
{
	char *const argv[] = { (char *)(uintptr_t)linker, (char *)(uintptr_t) "--list",
			       (char *)(uintptr_t)emulator, NULL };
	char *const envp[] = { NULL };

	dup2(out, STDOUT_FILENO);
	execve(linker, argv, envp);
	_exit(127);
}

static int find_libraries(struct search *f, const char *linker, const char *emulator)
{
	int out[2], status, r;
	FILE *lines;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	pid = fork();
	if (pid == 0)
		list_child(linker, emulator, out[1]);
	close(out[1]);
	lines = fdopen(out[0], "r");
	r = pid < 0 || !lines ? -EIO : bind_libraries(f, lines);
	if (lines)
		fclose(lines);
	if (pid > 0 && (waitpid(pid, &status, 0) != pid || status != 0) && r == 0)
		r = -ENOEXEC;
	return r;
}

static int add_dynamic(struct search *f, const char *arch, char *host, const char *interp)
{
	char *linker = talloc_strdup(f->all, interp);
	char *shown = talloc_asprintf(f->all, EMULATOR_DIR "/%s", strrchr(host, '/') + 1);
	int r = linker && shown ? 0 : -ENOMEM;

	if (r == 0 && !f->library_path)
		r = find_libraries(f, linker, host);
	if (r == 0)
		r = add_bind(f, host, shown);
	if (r < 0)
		return r;
	return add(f, arch, linker,
		   (const char *const[]){ linker, "--library-path", f->library_path, shown, NULL });
}

/* ---- looking for them ----------------------------------------------------------------------- */

/* A program of the host's, absolute, a child of ctx; NULL: there is none. */
static char *find_in_path(void *ctx, const char *name)
{
	const char *path = getenv("PATH"), *end;
	char *found = NULL, *real;

	if (strchr(name, '/'))
		path = NULL;
	for (;; path = end + 1) {
		end = path ? strchrnul(path, ':') : "";
		found = path ? talloc_asprintf(ctx, "%.*s/%s", (int)(end - path), path, name)
			     : talloc_strdup(ctx, name);
		if (found && access(found, X_OK) == 0)
			break;
		TALLOC_FREE(found);
		if (!*end)
			return NULL;
	}
	real = realpath(found, NULL);
	talloc_free(found);
	found = real ? talloc_strdup(ctx, real) : NULL;
	free(real);
	return found;
}

/* -ENOEXEC: no program, or none of this machine's. */
static int add_found(struct search *f, const char *arch, char *host)
{
	struct exec_file file = { .read = exec_file_read_fd };
	struct elf_info *info = NULL;
	int r;

	file.fd = open(host, O_RDONLY | O_CLOEXEC);
	if (file.fd < 0)
		return -errno;
	r = elf_read_program(f->all, &file, &info);
	close(file.fd);
	if (r == 0 && info->interp)
		r = add_dynamic(f, arch, host, info->interp);
	else if (r == 0)
		r = add(f, arch, host, (const char *const[]){ host, NULL });
	talloc_free(info);
	return r;
}

/* Each machine's by its name, first the one that is sure to need nothing. */
static int find_all(struct search *f)
{
	const char *arch;
	int r = 0;

	for (size_t i = 0; r != -ENOMEM && (arch = foreign_arch(i)); i++) {
		char *name = talloc_asprintf(f->all, "qemu-%s-static", arch);
		char *host = name ? find_in_path(f->all, name) : NULL;

		if (name && !host) {
			name[strlen(name) - strlen("-static")] = '\0';
			host = find_in_path(f->all, name);
		}
		r = host ? add_found(f, arch, host) : name ? 0 : -ENOMEM;
	}
	return r == -ENOMEM ? r : 0;
}

static int find_one(struct search *f, struct fail *fail)
{
	const char *name = f->words[0];
	char *host = name ? find_in_path(f->all, name) : NULL;
	int r;

	if (!name)
		return fail_set(fail, "-q is empty: name an emulator, or auto");
	if (!host)
		return fail_set(fail, "-q: there is no emulator '%s'%s (" EMULATOR_HELP ")", name,
				strchr(name, '/') ? "" : " in PATH");
	r = add_found(f, NULL, host);
	return r < 0 ? fail_errno(fail, -r, "-q: cannot use '%s' as an emulator", host) : 0;
}

/* At blanks. */
static char **split(void *ctx, const char *text)
{
	size_t n = 0;
	char **words = talloc_zero_array(ctx, char *, strlen(text) + 1);

	while (words && *(text += strspn(text, " "))) {
		size_t len = strcspn(text, " ");

		words[n] = talloc_strndup(words, text, len);
		if (!words[n++])
			return NULL;
		text += len;
	}
	return words;
}

int emulators_open(struct session *s, struct session_config *own, struct fail *fail)
{
	struct search f = { .own = own };

	if (!own->emulator)
		return 0;
	f.all = talloc_zero(s, struct emulators);
	f.words = f.all ? split(f.all, own->emulator) : NULL;
	if (!f.words)
		return fail_errno(fail, ENOMEM, "cannot look for emulators");
	s->emulators = f.all;
	if (f.words[0] && strcmp(f.words[0], "auto") == 0)
		return find_all(&f) < 0 ? fail_errno(fail, ENOMEM, "cannot look for emulators") : 0;
	return find_one(&f, fail) < 0 ? -1 : 0;
}
