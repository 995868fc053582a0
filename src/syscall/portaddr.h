/* SPDX-License-Identifier: MIT */
/*
 * Ports in addresses of AF_INET and AF_INET6, as bytes: ip(7), ipv6(7). What is bound is translated
 * always; what is connected to, sent to or told only where the address is this host's: the
 * same number elsewhere is another's.
 */
#ifndef PR_SYSCALL_PORTADDR_H
#define PR_SYSCALL_PORTADDR_H

#include <stdbool.h>
#include <stddef.h>

struct ports;

/* Is it of such a family, and long enough to have a port? */
bool portaddr_has_port(const void *bytes, size_t len);

/* Changes the port in the bytes. Does another stand there now? False for all that has none. */
bool portaddr_bind(struct ports *p, void *bytes, size_t len);
bool portaddr_to_host(const struct ports *p, void *bytes, size_t len);
bool portaddr_to_guest(const struct ports *p, void *bytes, size_t len);

#endif
