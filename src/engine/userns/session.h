/* SPDX-License-Identifier: MIT */
/*
 * The three processes of a session:
 *
 *   front     the one the caller started: keeps its process group, waits, passes signals on
 *   keeper    its child, in a session of its own, outside the guest's namespaces: parent of all
 *             guests, those that lose their own too. Whichever of the two goes, the other ends
 *             every guest that is left
 *   main      the keeper's child, in the caller's group: sets up, becomes the guest's first; or,
 *             where pr keeps the owners, the front of a session of the ptrace engine's
 */
#ifndef PR_ENGINE_USERNS_SESSION_H
#define PR_ENGINE_USERNS_SESSION_H

#include <signal.h>
#include <stdbool.h>
#include <sys/types.h>

#include "base/fail.h"
#include "engine/command.h"
#include "engine/sessions/registry.h"
#include "engine/userns/points.h"

struct plan;
struct session_config;

/* How far main came. PHASE_REFUSED: it cannot be traced. */
enum main_phase { PHASE_SETUP, PHASE_ENTER, PHASE_EXEC, PHASE_TRACED, PHASE_REFUSED };

/* Shared by the three, written by one side, read by another after it was told or that ended. */
struct shared {
	pid_t main_pid;	 /* as the front knows it; 0: none yet */
	int main_status; /* wait status */
	bool main_ended, over;
	enum main_phase phase;
	unsigned failed; /* PHASE_SETUP: the operation */
	int error;	 /* errno of what failed, of an op or behind; 0: nothing did */
	struct command_tried tried; /* PHASE_EXEC */
	struct fail why; /* of OP_TRACE, of PHASE_TRACED, PHASE_REFUSED */
};

struct userns {
	const struct session_config *config;
	const struct plan *plan;
	struct points points;
	struct shared *shared;
	pid_t front_pid, keeper_pid;
	pid_t net_pid;	       /* the keeper's: who connects the network; 0: nobody */
	int ready[2];	       /* pipe: a byte from main when the set-up stands */
	int stops[2];	       /* pipe: an init tells the keeper of the command's stops */
	int ask[2], answer[2]; /* pipes between main and keeper: the id maps */
	int user_fd;	       /* the guest's user namespace, or -1 */
	struct registration place; /* where pr exec finds the session */
	int inner[2];	       /* sockets: the keeper passes who comes on to a traced session */
	sigset_t caller_mask;
};

/* keeper.c. Never returns. */
_Noreturn void keeper_main(struct userns *u);
/* Ends every process below this one that can be found, until none is left. */
void keeper_kill_all(void);
/* Takes away what the session made; in its own user namespace, where it has one. */
void keeper_clean_up(struct userns *u);
/* Is that one of our descendants by way of the keeper? */
bool keeper_is_guest(const struct userns *u, pid_t pid);

/* join.c: serves who waits for a command in this session. */
void join_serve(struct userns *u);

/* main.c: from its birth to the guest's exec. Never returns. */
_Noreturn void main_process(struct userns *u);
/* Is main a process 1, or one that reaps, and the command its child? It is never stopped. */
bool main_is_init(const struct userns *u);

/* init.c: runs `command` in a child and reaps until it is gone; the exit status. */
int init_run(struct userns *u, int (*command)(struct userns *u));

#endif
