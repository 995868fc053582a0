/* SPDX-License-Identifier: MIT */
/* Makes control characters visible. Bytes of UTF-8 pass, but for the C1 controls. */
#include "base/quote.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_c1(const unsigned char *p)
{
	return p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f;
}

/* The byte at p, which stands in a text that begins at `text`. */
static bool is_control(const unsigned char *text, const unsigned char *p)
{
	return *p < 0x20 || *p == 0x7f || is_c1(p) || (p > text && is_c1(p - 1));
}

const char *quote_text(const char *text, char *ret, size_t size)
{
	const unsigned char *p = (const unsigned char *)text;
	char *out = ret, *end = ret + size - 1;
	char escape[5];

	for (; *p; p++) {
		size_t len;

		if (!is_control((const unsigned char *)text, p))
			snprintf(escape, sizeof(escape), "%c", *p);
		else if (*p == '\n' || *p == '\t')
			snprintf(escape, sizeof(escape), "\\%c", *p == '\n' ? 'n' : 't');
		else
			snprintf(escape, sizeof(escape), "\\%03o", *p);
		len = strlen(escape);
		if (len > (size_t)(end - out))
			break;
		memcpy(out, escape, len);
		out += len;
	}
	*out = '\0';
	return ret;
}
