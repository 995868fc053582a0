/* SPDX-License-Identifier: MIT */
/*
 * libFuzzer: everything of an image that is JSON, read from an OCI layout, or the directory of a
 * docker archive, made of the input: whatever it is, it is loaded or refused with a line, and of
 * what was refused nothing is left.
 *
 * The input's first byte says which file it is: index.json, manifest.json, a config, a manifest, an
 * index within the index. What refers to it by digest is made to fit, so that it is read.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <talloc.h>
#include <unistd.h>

#include "base/rmtree.h"
#include "image/images.h"
#include "image/layout.h"
#include "image/manifest.h"

/* In memory, where there is such a place: everything is synced to disk. */
static char top[] = "/dev/shm/pr-fuzz-XXXXXX";
static int home_fd; /* libFuzzer's own directory */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void write_file(const char *name, const void *bytes, size_t len)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
		abort();
	close(fd);
}

static void write_text(const char *name, const char *text)
{
	write_file(name, text, strlen(text));
}

static void clean(void)
{
	rmtree(AT_FDCWD, top, 1000000);
}

static void begin(void)
{
	static bool begun;
	char home[80];

	if (begun)
		return;
	begun = true;
	if (access("/dev/shm", W_OK) < 0)
		memcpy(top, "/var/tmp", 8);
	home_fd = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (!mkdtemp(top) || chdir(top) < 0 || mkdir("lay", 0700) < 0 || mkdir("lay/blobs", 0700) < 0 ||
	    mkdir("lay/blobs/sha256", 0700) < 0)
		abort();
	snprintf(home, sizeof(home), "%s/state", top);
	setenv("PR_HOME", home, 1);
	atexit(clean);
}

static struct digest put_blob(const void *bytes, size_t len)
{
	struct digest d = digest_of(DIGEST_SHA256, bytes, len);
	char name[200];

	snprintf(name, sizeof(name), "lay/blobs/sha256/%s", digest_hex(&d));
	write_file(name, bytes, len);
	return d;
}

static void put_index(const struct digest *d, size_t len)
{
	char text[500];

	snprintf(text, sizeof(text), "{\"manifests\":[{\"digest\":\"%s\",\"size\":%zu}]}", d->text, len);
	write_text("lay/index.json", text);
}

/* A config: with a manifest that has it. */
static void put_config(const uint8_t *data, size_t size)
{
	struct digest d = put_blob(data, size);
	char text[500];

	snprintf(text, sizeof(text), "{\"schemaVersion\":2,\"config\":{\"digest\":\"%s\",\"size\":%zu},"
		 "\"layers\":[]}", d.text, size);
	d = put_blob(text, strlen(text));
	put_index(&d, strlen(text));
}

static void put_input(const uint8_t *data, size_t size)
{
	struct digest d;

	unlink("lay/index.json");
	unlink("lay/manifest.json");
	switch (data[0] % 4) {
	case 0:
		write_file("lay/index.json", data + 1, size - 1);
		break;
	case 1:
		write_file("lay/manifest.json", data + 1, size - 1);
		break;
	case 2:
		put_config(data + 1, size - 1);
		break;
	default:
		d = put_blob(data + 1, size - 1);
		put_index(&d, size - 1);
	}
}

/* What was loaded can be opened; and it goes again. */
static void check_loaded(void *ctx, struct state *s, const struct loaded *loaded)
{
	struct images none = { NULL, 0 };
	struct image *image;
	struct fail fail;
	uint64_t freed;

	for (size_t i = 0; i < loaded->count; i++)
		if (image_open(ctx, s, loaded->images[i].id.text, &image, &fail) < 0)
			abort();
	if (state_lock(s, STATE_EXCLUSIVE, &fail) < 0 || images_write(s, &none, &fail) < 0 ||
	    blobs_sweep(s, &none, &freed, &fail) < 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	void *ctx = talloc_new(NULL);
	struct load_request request = { .file = "lay" };
	struct fail fail = { "" };
	struct loaded *loaded;
	struct state *s;

	begin();
	if (chdir(top) < 0)
		abort();
	if (size > 0) {
		put_input(data, size);
		if (state_open(ctx, &s, &fail) < 0)
			abort();
		if (image_load(ctx, s, &request, &loaded, &fail) == 0)
			check_loaded(ctx, s, loaded);
		else if (!fail.text[0] || rmdir("state/tmp") < 0 || mkdir("state/tmp", 0700) < 0)
			abort();
		rmtree(AT_FDCWD, "lay/blobs/sha256", 100000);
		mkdir("lay/blobs/sha256", 0700);
	}
	talloc_free(ctx);
	if (fchdir(home_fd) < 0)
		abort();
	return 0;
}
