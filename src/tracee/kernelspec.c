/* SPDX-License-Identifier: MIT */
/* Fields between backslashes, which no name has. */
#include "tracee/kernelspec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const field_names[UTS_FIELDS] = {
	"system name", "node name", "release", "version", "machine", "domain name",
};

static int take_name(struct kernel_spec *k, enum uts_field field, const char *text, size_t len,
		     struct fail *fail)
{
	struct uts_name *name = &k->names[field];

	if (len >= UTS_NAME_BYTES)
		return fail_set(fail, "-k: the %s '%.*s' is too long: 64 bytes at most",
				field_names[field], (int)len, text);
	name->is_set = len > 0;
	memcpy(name->text, text, len);
	return 0;
}

/* A number, decimal or 0x and hexadecimal; none or -1 is the host's. */
static bool take_number(const char **text, bool *ret_has, uint64_t *ret)
{
	char *end;

	errno = 0;
	*ret = strtoull(*text, &end, 0);
	if (errno || (end == *text && *end && *end != ',' && *end != '\\'))
		return false;
	*ret_has = end != *text && strncmp(*text, "-1", 2) != 0;
	*text = end;
	return true;
}

static int take_hwcap(struct kernel_spec *k, const char *text, struct fail *fail)
{
	struct exec_machine *m = &k->machine;
	const char *at = text;
	bool ok = take_number(&at, &m->has_hwcap, &m->hwcap);

	if (ok && *at == ',') {
		at++;
		ok = take_number(&at, &m->has_hwcap2, &m->hwcap2);
	}
	if (!ok || strcmp(at + (*at == '\\'), "") != 0)
		return fail_set(fail, "-k: '%s' is no number of hardware capabilities", text);
	return 0;
}

int kernelspec_parse(const char *text, struct kernel_spec *ret, struct fail *fail)
{
	const char *at = text;
	int r = 0;

	*ret = (struct kernel_spec){ .machine = { .platform = NULL } };
	if (!*text)
		return fail_set(fail, "-k is empty: name a kernel release, for example 6.1.0");
	if (*text != '\\')
		return take_name(ret, UTS_RELEASE, text, strlen(text), fail);
	for (unsigned i = 0; i < UTS_FIELDS && *at && r == 0; i++) {
		size_t len = strcspn(++at, "\\");

		r = take_name(ret, i, at, len, fail);
		at += len;
	}
	if (ret->names[UTS_MACHINE].is_set)
		ret->machine.platform = ret->names[UTS_MACHINE].text;
	return r == 0 && *at ? take_hwcap(ret, at + 1, fail) : r;
}
