/* SPDX-License-Identifier: MIT */
/* pr load, and pr pull: images from outside. */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "cli/parse.h"
#include "cli/progress.h"
#include "cli/verbs.h"
#include "cli/verbs/image_verbs.h"
#include "image/reference.h"
#include "image/state.h"

int verb_status(int r)
{
	switch (-r) {
	case 0:
		return 0;
	case ENOENT:
	case ENOTDIR:
	case EEXIST:
	case EBUSY:
	case EBADMSG:
	case EFBIG:
	case EINVAL:
		return EXIT_FAILED;
	default:
		return EXIT_OURS;
	}
}

int verb_state(struct request *r, enum state_lock lock, struct state **ret, struct fail *fail)
{
	int done = state_open(r->env.ctx, ret, fail);

	if (done == 0)
		done = state_lock(*ret, lock, fail);
	return done < 0 ? -EIO : 0;
}

void print_json_list(FILE *out, const char *const *list)
{
	fputc('[', out);
	for (size_t i = 0; list[i]; i++) {
		fputs(i ? "," : "", out);
		json_put_string(out, list[i]);
	}
	fputc(']', out);
}

static void print_loaded_json(const struct loaded *loaded)
{
	puts("[");
	for (size_t i = 0; i < loaded->count; i++) {
		printf(" {\"id\": \"%s\", \"names\": ", loaded->images[i].id.text);
		print_json_list(stdout, loaded->images[i].names);
		puts(i + 1 < loaded->count ? "}," : "}");
	}
	puts("]");
}

void print_loaded(const struct request *r, const struct loaded *loaded)
{
	if (r->json) {
		print_loaded_json(loaded);
		return;
	}
	for (size_t i = 0; i < loaded->count; i++) {
		const struct loaded_image *image = &loaded->images[i];

		if (r->numbers || !image->names[0])
			puts(image->id.text);
		for (size_t k = 0; image->names[k] && !r->numbers; k++)
			puts(reference_short(image->names[k]));
	}
}

int verb_load(struct request *r, struct fail *fail)
{
	struct load_request request = { .platform = r->platform, .name = r->tag };
	struct progress_line progress;
	struct loaded *loaded;
	struct state *s;
	int done;

	if (r->input && r->arg_count) {
		fail_set(fail, "load: '%s' and '%s': one file at a time", r->input, r->args[0]);
		return EXIT_OURS;
	}
	request.file = r->input ? r->input : r->arg_count ? r->args[0] : "-";
	if (verb_state(r, STATE_UNLOCKED, &s, fail) < 0)
		return EXIT_OURS;
	progress_begin(&progress, strcmp(request.file, "-") == 0 ? "standard input" : request.file);
	request.progress = &progress.progress;
	done = image_load(r->env.ctx, s, &request, &loaded, fail);
	progress_end(&progress);
	if (done == 0)
		print_loaded(r, loaded);
	return verb_status(done);
}
