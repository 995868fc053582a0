# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# The suite of services (root-services.inc), for those who start pr as different users. Sourced.

# Ports that nobody uses now.
free_ports() {
	python3 -c '
import socket
all = [socket.socket() for _ in range(4)]
for s in all:
	s.bind(("127.0.0.1", 0))
print(*(s.getsockname()[1] for s in all))'
}

# services PR-AND-OPTIONS...: installs in one session, uses in the next.
services() {
	local out ports
	cp "$TOP/tests/integration/root-services.inc" root/tmp/services
	for step in install check; do
		ports=$(free_ports)
		# shellcheck disable=SC2086 # four words
		out=$("$@" -b /proc -b /dev -b /etc/resolv.conf -w / "${CLEAN[@]/HOME=\/tmp/HOME=\/root}" \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin /bin/sh /tmp/services $step $ports 2>&1) ||
			fail "$step: $out"
		[ "${out##*$'\n'}" = "done" ] || fail "$step: $out"
	done
}
