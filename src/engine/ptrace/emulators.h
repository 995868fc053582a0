/* SPDX-License-Identifier: MIT */
/* -q: which emulators of the host run programs of other machines. */
#ifndef PR_ENGINE_PTRACE_EMULATORS_H
#define PR_ENGINE_PTRACE_EMULATORS_H

#include "base/fail.h"

struct session;
struct session_config;

/*
 * Fills session->emulators in, if any are asked for. An emulator that needs libraries is shown to
 * the guest, with the directories of these: *own, a copy of the configuration that is the
 * session's, then has more binds. 0, or -1 and why.
 */
int emulators_open(struct session *s, struct session_config *own, struct fail *fail);

#endif
