/* SPDX-License-Identifier: MIT */
/*
 * Which of its names the guest opened a file by, where a file has several because a host directory
 * is visible at two places (view_has_aliases). The kernel remembers the mount with every open file;
 * we remember, per file and not per descriptor, the name of the last open. Views without such
 * directories pay nothing.
 */
#ifndef PR_SYSCALL_OPENNAMES_H
#define PR_SYSCALL_OPENNAMES_H

struct session;

/* The file that was walked to is about to be opened. Uses session->text and shown. */
void opennames_note(struct session *s);

/*
 * A guest name for this host name, or NULL; good until the next note. A hint for view_to_guest,
 * which sees whether it still leads there.
 */
const char *opennames_find(const struct session *s, const char *host);

void opennames_forget_all(struct session *s);

#endif
