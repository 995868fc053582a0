/* SPDX-License-Identifier: MIT */
/* /proc/sysvipc/shm, sem and msg: proc_sysvipc(5), and the limits in /proc/sys/kernel. */
#ifndef PR_IPC_TEXT_H
#define PR_IPC_TEXT_H

#include <stdio.h>

#include "ipc/ipc.h"

void ipc_write(struct ipc *ipc, enum ipc_kind kind, FILE *out);

/* The text of /proc/sys/kernel/<name>, or NULL for a name that is no limit of ours. */
const char *ipc_limit_text(const char *name);

#endif
