/* SPDX-License-Identifier: MIT */
/* What the sub-commands of images share. */
#ifndef PR_CLI_VERBS_IMAGE_VERBS_H
#define PR_CLI_VERBS_IMAGE_VERBS_H

#include <stdio.h>

#include "image/layout.h"

struct request;

/*
 * The exit status for what image/ returned: 0; EXIT_FAILED where what was asked for is not there,
 * is in the way, or is no good; EXIT_OURS.
 */
int verb_status(int r);
/* The state directory, a child of the request's, locked so. 0, or what EXIT_OURS stands for. */
int verb_state(struct request *r, enum state_lock lock, struct state **ret, struct fail *fail);
/* Prints the loaded images as *load* and *pull* do. */
void print_loaded(const struct request *r, const struct loaded *loaded);
/* ["a","b"]; NULL ends the list. */
void print_json_list(FILE *out, const char *const *list);
/* "3 days ago"; "" where the text is no time. */
enum { AGO_TEXT = 32 };
const char *ago_text(const char *created, char ret[AGO_TEXT]);

/* -o, or standard output: a file has its name when it is whole. Both 0 or -errno. */
struct output {
	const char *name;
	char *temporary; /* NULL: written to at once, as a device or a pipe */
	bool is_nameless; /* has not even that name yet: a kill leaves nothing */
	int fd;
};
int open_output(void *ctx, const char *name, struct output *ret, struct fail *fail);
/* `r`: what has become of it so far. */
int close_output(struct output *o, int r, struct fail *fail);

#endif
