/* SPDX-License-Identifier: MIT */
/*
 * Texts of /proc/<pid> that tell ids, in sessions with an identity: proc_pid_status(5),
 * proc_pid_uid_map(5), proc_pid_setgroups(5), proc_pid_auxv(5).
 *
 * Pure: streams in and out. 0, or -errno where the text could not be made.
 */
#ifndef PR_SYSCALL_PROCIDS_H
#define PR_SYSCALL_PROCIDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct cred;
struct exec_ids;
struct session;

/* Whose ids. */
struct procids {
	const struct cred *cred; /* a guest's; NULL: an outsider's, told of the host's by: */
	uint32_t (*uid)(const struct session *s, uint32_t host);
	uint32_t (*gid)(const struct session *s, uint32_t host);
	const struct session *session;
};

/* If the line of a status file tells ids, puts it as the guest is to see it: true. */
bool procids_put_status_line(FILE *out, const char *line, const struct procids *p);
/* The whole file, all but the ids as it is. */
int procids_status(FILE *in, FILE *out, const struct procids *p);

/* uid_map, gid_map, projid_map: those of the first user namespace. */
int procids_map(FILE *out);
/* loginuid and sessionid: a number without a newline. */
int procids_number(FILE *out, uint32_t n);
/* The entries of ids as the program was told of them. */
int procids_auxv(FILE *in, FILE *out, const struct exec_ids *told);

#endif
