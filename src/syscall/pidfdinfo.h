/* SPDX-License-Identifier: MIT */
/* What a descriptor of a process tells of its ids. */
#ifndef PR_SYSCALL_PIDFDINFO_H
#define PR_SYSCALL_PIDFDINFO_H

#include <sys/ioctl.h>

struct call;

/* PIDFD_GET_INFO with the struct's first sizes; linux/pidfd.h may be older. */
#define PIDFD_INFO(bytes) _IOC(_IOC_READ | _IOC_WRITE, 0xff, 11, bytes)
#define PIDFD_INFO_0	  PIDFD_INFO(64)
#define PIDFD_INFO_1	  PIDFD_INFO(72)
#define PIDFD_INFO_2	  PIDFD_INFO(80)

/* In the entry stop of such an ioctl. 0. */
int pidfdinfo_get(struct call *c);

#endif
