/* SPDX-License-Identifier: MIT */
/*
 * Who is at the other end of a session's socket. The same user is not enough: a guest is that, too,
 * and could leave its own session, or be given files, by way of another one's.
 */
#ifndef PR_ENGINE_SESSIONS_PEER_H
#define PR_ENGINE_SESSIONS_PEER_H

#include <sys/types.h>

/* For the session: may whoever connected give it orders? For both 0, or -EPERM. */
int peer_check_client(int fd);
/* For the client: is it the session of that number, one of ours, that listened? */
int peer_check_session(int fd, pid_t session);

#endif
