#!/bin/bash
# A guest that can reach sockets of sessions, its own or another's, gains nothing by them.
# needs: busybox gcc
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
. "$TOP/tests/integration/sessions.inc"

# order FILE SOCKET: has pr exec's order to touch FILE sent; says what came back.
# order play DIR: enters itself there as session 999999, "fake"; says so where it is given files.
cat >order.c <<'C'
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/un.h>
#include <unistd.h>

static int play(const char *dir)
{
	static const char text[] = "pr-session-1\0" "1\0ptrace\0fake\0/";
	char bytes[64], room[256];
	struct iovec iov = { bytes, sizeof(bytes) };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = room,
			    .msg_controllen = sizeof(room) };
	struct sockaddr_un at = { .sun_family = AF_UNIX, .sun_path = "999999.sock" };
	int s = socket(AF_UNIX, SOCK_STREAM, 0), f;

	if (chdir(dir) < 0 || bind(s, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(s, 5) < 0)
		return 4;
	f = open("new", O_WRONLY | O_CREAT, 0600);
	if (flock(f, LOCK_EX) < 0 || write(f, text, sizeof(text)) < 0 || rename("new", "999999") < 0)
		return 5;
	if (recvmsg(accept(s, NULL, NULL), &h, 0) > 0 && h.msg_controllen)
		creat("/tmp/given", 0600);
	unlink("999999");
	unlink("999999.sock");
	return 0;
}

int main(int argc, char **argv)
{
	struct { char magic[8]; uint32_t flags, identity, uid, gid, words, edits, bytes; char text[64]; } m =
		{ "pr-exec1", 0, 0, 0, 0, 2, 0, 0, "" };
	union { char room[CMSG_SPACE(3 * sizeof(int))]; struct cmsghdr c; } with =
		{ .c = { CMSG_LEN(3 * sizeof(int)), SOL_SOCKET, SCM_RIGHTS } };
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int s = socket(AF_UNIX, SOCK_STREAM, 0), files[3] = { 0, 1, 2 };
	struct iovec iov = { &m, 36 };
	struct msghdr h = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &with,
			    .msg_controllen = sizeof(with) };
	char back[2000] = "";

	if (argc < 3)
		return 2;
	if (strcmp(argv[1], "play") == 0)
		return play(argv[2]);
	m.bytes = 6 + sprintf(m.text + 6, "%s", argv[1]) + 1;
	memcpy(m.text, "touch", 6);
	iov.iov_len += m.bytes;
	memcpy(CMSG_DATA(&with.c), files, sizeof(files));
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", argv[2]);
	if (connect(s, (struct sockaddr *)&to, sizeof(to)) < 0) {
		puts("not reached");
		return 0;
	}
	sendmsg(s, &h, MSG_NOSIGNAL);
	alarm(5);
	while (recv(s, back, 4 + 1024, MSG_WAITALL) == 4 + 1024) /* it begins; the end */
		if (back[4])
			puts(back + 4);
	return 0;
}
C
gcc -static -o order order.c 2>/dev/null || { echo "no static libc"; exit 77; }
cp order root/bin/order
cp -a root other
export PATH=$PATH:$PWD

"$PR" --name other -r other sleep 100 &
wait_for runs other
# The order is one: from outside it is carried out.
expect 0 '*' ./order /tmp/outside "$(echo runtime/pr/*.sock)"
wait_for test -e other/tmp/outside

mapfile -t all < <(ways)
for one in "${all[@]}"; do
	way=${one%%:*}
	IFS=, read -r -a options <<<"${one#*:}"
	echo "-- $way"
	start s "${options[@]}" -b "$PWD/runtime/pr:/sockets"
	for sock in runtime/pr/*.sock; do
		sock=/sockets/${sock##*/}
		expect 0 '*@(refuses|not reached)*' "$PR" exec s order /tmp/inside "$sock"
	done
	# Nor is one given files that plays session.
	"$PR" exec s order play /sockets &
	wait_for runs fake
	expect_line 125 '*no session of yours*' "$PR" exec fake true
	wait $! || fail "$way: cannot play: $?"
	[ ! -e root/tmp/given ] || fail "$way: files were given to a guest"
	stop s
	[ ! -e root/tmp/inside ] && [ ! -e other/tmp/inside ] || fail "$way: a guest's order was carried out"
done

# Nor can guests of --sandbox, or of a pid namespace, see or signal who serves pr exec.
for one in "${all[@]}"; do
	way=${one%%:*}
	IFS=, read -r -a options <<<"${one#*:}"
	case $way in
	*sandbox | pid) ;;
	*) continue ;;
	esac
	start s "${options[@]}"
	"$PR" exec s sleep 100 &
	client=$!
	wait_for sh -c "'$PR' exec s true"
	# All of pr's: the front's descendants that are no guests.
	ours=$(pgrep -P "$session")
	# shellcheck disable=SC2086 # several
	for pid in $session $ours $(pgrep -P "$(echo $ours | tr ' ' ,)"); do
		grep -q '^TracerPid:.0$' "/proc/$pid/status" || continue
		# But for a namespace's own, which the guest may kill.
		readlink "/proc/$pid/exe" >/dev/null 2>&1 && continue
		echo "looking for $pid"
		expect 1 '*' "$PR" exec s kill -KILL "$pid"
		expect 1 '*' "$PR" exec s ls "/proc/$pid/"
	done
	expect 0 'alive' "$PR" exec s echo alive
	kill $client
	wait $client
	stop s || fail "$way: the session's exit status"
done
kill %1
wait
exit 0
