/* SPDX-License-Identifier: MIT */
/*
 * Keeps a static pr free of libxml2 and of ciphers. libarchive's writer of tar needs one function
 * of a file that otherwise holds the table of all its formats, xar and zip with what they need
 * included. With this one in its place that file is not linked. No entry gets as far as here: what
 * tar cannot hold is not given to it.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>

void __archive_write_entry_filetype_unsupported(struct archive *a, struct archive_entry *e,
						const char *format);

void __archive_write_entry_filetype_unsupported(struct archive *a, struct archive_entry *e,
						const char *format)
{
	archive_set_error(a, EINVAL, "%s: %s cannot hold such a file",
			  archive_entry_pathname(e), format);
}
