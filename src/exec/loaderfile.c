/* SPDX-License-Identifier: MIT */
/* What is written and what is compared with are the same bytes. */
#include "exec/loaderfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "arch/loader.h"
#include "base/fail.h"
#include "base/fd.h"
#include "exec/blob.h"
#include "exec/place.h"

#define AUTO_CLOSE __attribute__((cleanup(fd_cleanup)))

static const struct {
	const unsigned char *begin, *end;
	const char *variables[2];
	const char *suffix; /* behind the name of the first */
} loaders[] = {
	[LOADER_NATIVE] = { blob_loader_begin, blob_loader_end,
			    { "PR_LOADER", "PROOT_LOADER" }, "" },
	[LOADER_COMPAT] = { blob_loader_compat_begin, blob_loader_compat_end,
			    { "PR_LOADER_32", "PROOT_LOADER_32" }, ".32" },
};

static const char *variable_of(enum loader_kind which, const char **ret)
{
	for (unsigned i = 0; i < 2; i++) {
		*ret = getenv(loaders[which].variables[i]);
		if (*ret && **ret)
			return loaders[which].variables[i];
	}
	*ret = NULL;
	return NULL;
}

bool loaderfile_is_given(void)
{
	const char *name;

	return variable_of(LOADER_NATIVE, &name);
}

static size_t size_of(enum loader_kind which)
{
	return (size_t)(loaders[which].end - loaders[which].begin);
}

bool loaderfile_is_built(enum loader_kind which)
{
	return size_of(which) > 0;
}

/* The bytes of the file: child of ctx, or NULL. */
static unsigned char *bytes_of(void *ctx, enum loader_kind which, uint64_t window)
{
	size_t size = size_of(which);
	unsigned char *file = talloc_memdup(ctx, loaders[which].begin, size);

	if (file && window)
		place_fix(file, size, window);
	else if (file)
		place_trim(file, size, LOADER_SPAN);
	return file;
}

/* 1: it is; 0: it is another; or -errno. */
static int is_ours(enum loader_kind which, const char *path)
{
	size_t size = size_of(which);
	unsigned char *ours = bytes_of(NULL, which, 0), *theirs = talloc_size(ours, size + 1);
	AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
	int r = -ENOMEM;

	if (fd < 0)
		r = -errno;
	else if (ours && theirs)
		r = read(fd, theirs, size + 1) == (ssize_t)size && memcmp(ours, theirs, size) == 0;
	talloc_free(ours);
	return r;
}

int loaderfile_given(void *ctx, enum loader_kind which, const char **ret, struct fail *fail)
{
	const char *path, *variable = variable_of(which, &path);
	int r;

	*ret = NULL;
	if (!variable || size_of(which) == 0)
		return 0;
	r = is_ours(which, path);
	if (r < 0)
		return fail_errno(fail, -r, "%s: cannot read '%s'", variable, path);
	if (r == 0)
		return fail_set(fail, "%s: '%s' is not the loader of this pr: make it by pr "
				"--write-loader", variable, path);
	if (access(path, X_OK) < 0)
		return fail_errno(fail, errno, "%s: '%s' cannot be run", variable, path);
	*ret = realpath(path, NULL);
	if (*ret) {
		char *real = (char *)*ret;

		*ret = talloc_strdup(ctx, real);
		free(real);
	}
	return *ret ? 0 : fail_errno(fail, errno, "%s: '%s'", variable, path);
}

int loaderfile_write(enum loader_kind which, const char *path, uint64_t window)
{
	size_t size = size_of(which);
	unsigned char *file = bytes_of(NULL, which, window);
	AUTO_CLOSE int fd = file ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700) : -1;
	int r = 0;

	if (!file)
		r = -ENOMEM;
	else if (fd < 0)
		r = -errno;
	else if (write(fd, file, size) != (ssize_t)size || fchmod(fd, 0500) < 0)
		r = -EIO;
	talloc_free(file);
	return r;
}

int loaderfile_export(const char *path, struct fail *fail)
{
	for (enum loader_kind which = LOADER_NATIVE; which <= LOADER_COMPAT; which++) {
		char *name;
		int r;

		if (size_of(which) == 0)
			continue;
		name = talloc_asprintf(NULL, "%s%s", path, loaders[which].suffix);
		r = name ? loaderfile_write(which, name, 0) : -ENOMEM;
		if (r < 0)
			fail_errno(fail, -r, "cannot write the loader to '%s'", name ? name : path);
		talloc_free(name);
		if (r < 0)
			return -1;
	}
	return 0;
}
