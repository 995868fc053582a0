/* SPDX-License-Identifier: MIT */
/*
 * Texts in which owners are written down beside a file. Pure: bytes to struct owner and back.
 *
 * user.containers.override_stat: "uid:gid:0mode[:type]", the mode octal. The type is what
 * containers/storage, fuse-overlayfs and libkrun write: file, dir, symlink, pipe, socket,
 * block-MAJOR-MINOR, char-MAJOR-MINOR. Read: with or without it, with S_IFMT's bits in the mode
 * (libkrun), with anything behind (storage: "option_from_the_future"), with a NUL at the end.
 *
 * user.fuseoverlayfs.override_stat: the same, of three fields; what fuse-overlayfs
 * 1.10 writes for who changes a file through it.
 *
 * user.rootlesscontainers: protobuf, message Resource { uint32 uid = 1; uint32 gid = 2; }, where
 * 2^32-1 means "as it is"; umoci, runrootless.
 *
 * .proot-meta-file.NAME of PRoot's fake_id0 fork: "mode uid gid", the mode's digits octal.
 */
#ifndef PR_IDENT_RECORD_H
#define PR_IDENT_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "ident/owner.h"

#define RECORD_XATTR	      "user.containers.override_stat"
#define RECORD_FUSE_XATTR     "user.fuseoverlayfs.override_stat"
#define RECORD_ROOTLESS_XATTR "user.rootlesscontainers"

/* The longest text that is written, and more than any that is read. */
enum { RECORD_LIMIT = 128 };

/* A number in a record that changes nothing. */
#define RECORD_KEEP UINT32_MAX

/*
 * Each 0 and *ret, or -EINVAL and *ret as it was. A type that the text does not name is taken from
 * host_mode, the file's st_mode; so are ids that are to be kept as they are in *ret.
 */
int record_parse(const char *text, size_t len, uint32_t host_mode, struct owner *ret);
int record_parse_rootless(const void *bytes, size_t len, struct owner *ret);
int record_parse_proot(const char *text, size_t len, uint32_t host_mode, struct owner *ret);

/*
 * Writes the text without a NUL, and returns its length. The type is named where it is not that of
 * host_mode, so that old readers, which know three fields, have what they know.
 */
size_t record_print(const struct owner *o, uint32_t host_mode, char ret[RECORD_LIMIT]);

#endif
