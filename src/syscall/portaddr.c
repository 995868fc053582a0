/* SPDX-License-Identifier: MIT */
/* Where the port is in an address, and whether the address is one of this host's. */
#include "syscall/portaddr.h"

#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "tracee/ports.h"

#define AUTO_CLOSE __attribute__((cleanup(fd_cleanup)))

/* It lies at the same place in both. */
enum { PORT_AT = offsetof(struct sockaddr_in, sin_port) };
_Static_assert(PORT_AT == offsetof(struct sockaddr_in6, sin6_port), "one place for the port");

/* The shortest that the kernel takes: SIN6_LEN_RFC2133 lacks the scope. */
enum { IN6_MIN = offsetof(struct sockaddr_in6, sin6_scope_id) };

bool portaddr_has_port(const void *bytes, size_t len)
{
	sa_family_t family;

	if (len < sizeof(struct sockaddr_in))
		return false;
	memcpy(&family, bytes, sizeof(family));
	return family == AF_INET || (family == AF_INET6 && len >= IN6_MIN);
}

static uint16_t port_of(const void *bytes)
{
	uint16_t port;

	memcpy(&port, (const char *)bytes + PORT_AT, sizeof(port));
	return ntohs(port);
}

static void set_port(void *bytes, uint16_t port)
{
	port = htons(port);
	memcpy((char *)bytes + PORT_AT, &port, sizeof(port));
}

static bool can_bind(int type, const struct sockaddr_storage *a, socklen_t len)
{
	AUTO_CLOSE int fd = socket(a->ss_family, type | SOCK_CLOEXEC, 0);

	return fd >= 0 && bind(fd, (const struct sockaddr *)a, len) == 0;
}

/* One can bind to no address but one's own; any port will do. */
static bool is_ours(const void *bytes, size_t len)
{
	struct sockaddr_storage a = { 0 };

	memcpy(&a, bytes, len < sizeof(a) ? len : sizeof(a));
	set_port(&a, 0);
	return can_bind(SOCK_DGRAM, &a, (socklen_t)(len < sizeof(a) ? len : sizeof(a)));
}

/* One that is free for streams, and for datagrams now. 0: none. */
static uint16_t free_port(void)
{
	for (int tries = 0; tries < 16; tries++) {
		struct sockaddr_in a = { .sin_family = AF_INET };
		struct sockaddr_storage b = { 0 };
		socklen_t len = sizeof(a);
		AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0 || bind(fd, (struct sockaddr *)&a, len) < 0 ||
		    getsockname(fd, (struct sockaddr *)&a, &len) < 0)
			return 0;
		memcpy(&b, &a, sizeof(a));
		if (can_bind(SOCK_DGRAM, &b, sizeof(a)))
			return ntohs(a.sin_port);
	}
	return 0;
}

static bool replace(void *bytes, uint16_t port)
{
	if (port == port_of(bytes))
		return false;
	set_port(bytes, port);
	return true;
}

bool portaddr_bind(struct ports *p, void *bytes, size_t len)
{
	uint16_t in = portaddr_has_port(bytes, len) ? port_of(bytes) : 0;

	return in && replace(bytes, ports_to_bind(p, in, free_port));
}

bool portaddr_to_host(const struct ports *p, void *bytes, size_t len)
{
	uint16_t in = portaddr_has_port(bytes, len) ? port_of(bytes) : 0;
	uint16_t out = ports_to_host(p, in);

	return in && out != in && is_ours(bytes, len) && replace(bytes, out);
}

bool portaddr_to_guest(const struct ports *p, void *bytes, size_t len)
{
	uint16_t out = portaddr_has_port(bytes, len) ? port_of(bytes) : 0;
	uint16_t in = ports_to_guest(p, out);

	return out && in != out && is_ours(bytes, len) && replace(bytes, in);
}
