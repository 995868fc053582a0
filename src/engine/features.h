/* SPDX-License-Identifier: MIT */
/*
 * What this kernel, and what stands in front of it (a container's seccomp profile), lets us do:
 * each asked by a harmless call. 0, or -errno of that call.
 */
#ifndef PR_ENGINE_FEATURES_H
#define PR_ENGINE_FEATURES_H

/* seccomp(2): may a filter hand calls to a tracer? */
int feature_seccomp(void);
/* process_vm_readv(2). */
int feature_process_vm(void);
/* Linux 6.14: execveat(2) with AT_EXECVE_CHECK says what exec would say without doing it. */
int feature_execve_check(void);
/* System V IPC: what is asked for is refused by every kernel that has it. */
int feature_sysvipc(void);

#endif
