/* SPDX-License-Identifier: MIT */
/*
 * Texts of /proc/<pid>, from the kernel's to the guest's: proc_pid_maps(5), proc_pid_smaps(5),
 * proc_pid_numa_maps(5), proc_pid_status(5), proc_pid_stat(5), and proc_version(5). Lines of any
 * length; a line that does not look as expected is passed on as it is, names that the caller cannot
 * tell are left.
 *
 * Pure: streams in and out. 0, or -errno where the text could not be made.
 */
#ifndef PR_SYSCALL_PROCTEXT_H
#define PR_SYSCALL_PROCTEXT_H

#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct pathbuf;
struct procids;

/* Addresses that the guest is not to see. */
struct proctext_range {
	uint64_t start, end;
};

struct proctext_maps {
	/* A host name as the guest is to see it: 0, or -errno to leave it. */
	int (*show)(void *ctx, const char *host, struct pathbuf *ret);
	void *ctx;
	const struct proctext_range *hidden;
	size_t hidden_count;
};

int proctext_maps(FILE *in, FILE *out, const struct proctext_maps *p); /* smaps too */
int proctext_numa_maps(FILE *in, FILE *out, const struct proctext_maps *p);

struct proctext_status {
	char state;	 /* shown in place of 't' */
	bool hide_nnp;	 /* no_new_privs is ours */
	unsigned filters; /* how many seccomp filters are ours */
	const cpu_set_t *affinity; /* the guest's own, or NULL where the kernel's is */
	const struct procids *ids; /* NULL: as the kernel tells them */
	int tracer;	 /* a guest that traces it, or 0 */
};

int proctext_status(FILE *in, FILE *out, const struct proctext_status *p);
int proctext_stat(FILE *in, FILE *out, char state);

/* /proc/version: the names in it, and what they are to be: sysname, release and version. */
struct proctext_version {
	const char *host[3], *told[3];
};

int proctext_version(FILE *in, FILE *out, const struct proctext_version *p);

/* seq_file's way with bytes that would end a word: octal. Undone in place. */
void proctext_unescape(char *s);
void proctext_put_escaped(FILE *out, const char *s, const char *set);

#endif
