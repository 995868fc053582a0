/* SPDX-License-Identifier: MIT */
/*
 * -k: which kernel the guests are told that they run on. "RELEASE", or as Termux's PRoot has it
 * "\SYSNAME\NODENAME\RELEASE\VERSION\MACHINE\DOMAINNAME\HWCAP\", where what is empty or left out
 * at the end is the host's, as is a HWCAP of -1. HWCAP may be two numbers with a comma between.
 */
#ifndef PR_TRACEE_KERNELSPEC_H
#define PR_TRACEE_KERNELSPEC_H

#include "base/fail.h"
#include "exec/ids.h"
#include "tracee/uts.h"

struct kernel_spec {
	struct uts_name names[UTS_FIELDS];
	struct exec_machine machine; /* its platform is names[UTS_MACHINE], or NULL */
};

/* 0, or -1 and why not. */
int kernelspec_parse(const char *text, struct kernel_spec *ret, struct fail *fail);

#endif
