/* SPDX-License-Identifier: MIT */
/*
 * The loaders as files, carried in pr. The first is for programs of pr's own width, the second for
 * 32-bit ones; begin == end where it was not built.
 */
#ifndef PR_EXEC_BLOB_H
#define PR_EXEC_BLOB_H

extern const unsigned char blob_loader_begin[], blob_loader_end[];
extern const unsigned char blob_loader_compat_begin[], blob_loader_compat_end[];

#endif
