#!/bin/bash
# Namespaces and id maps on request, by the userns engine or not at all.
# needs: busybox pgrep
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
export PR_ENGINE=auto
need_userns

# Without --engine: what needs it gets it.
any() { "$PR" -r root -b /proc -w / "$@"; }
expect 0 '1' any --pid sh -c 'echo $$'
expect 0 'cat' any --pid cat /proc/1/comm
expect 4 '2' any --pid --init sh -c 'echo $$; exit 4'
expect 0 'box' any --hostname box hostname
expect 0 'lo' any --net sh -c 'ip -o link | cut -d: -f2 | tr -d " "'
expect 0 'UP' any --net=none sh -c 'ip link show lo | grep -o "[<,]UP" | tr -d ",<"'
[ "$(any --net=host ip -o link | wc -l)" = "$(ip -o link 2>/dev/null | wc -l)" ] ||
	[ "$(any --net=host cat /proc/net/dev | wc -l)" = "$(wc -l </proc/net/dev)" ] ||
	fail "--net=host is not the host's"
for n in pid uts ipc net cgroup time; do
	[ -e /proc/self/ns/$n ] || continue
	[ "$(any --unshare=$n readlink /proc/self/ns/$n)" != "$(readlink /proc/self/ns/$n)" ] ||
		fail "--unshare=$n: the host's"
	[ "$(any --uts readlink /proc/self/ns/user)" != "$(readlink /proc/self/ns/user)" ] ||
		fail "the host's user namespace"
done

# The end of process 1 is the end of all; those left can be waited for.
expect 0 '' any -b /dev/null --pid sh -c 'sleep 50 & exit 0'
mkdir -p root/tmp
expect 5 '' any -b /dev/null --pid --no-kill-on-exit sh -c '(sleep 0.3; : >/tmp/late) & exit 5'
[ -e root/tmp/late ] || fail "did not wait"

# An init passes signals on, has its command stop and go on with pr, and reaps.
state() { sed -n 's/^State:.\(.\).*/\1/p' "/proc/$1/status"; }
"$PR" --init --engine=userns -r root -b /proc -w / sh -c \
	'trap "echo got >/tmp/got; exit 9" TERM; : >/tmp/ready; while :; do sleep 0.02; done' &
front=$!
wait_for test -e root/tmp/ready
command=$(pgrep -P "$(pgrep -P "$(pgrep -P $front)")" -o)
kill -STOP "$command"
until [ "$(state $front)" = T ]; do sleep 0.02; done
kill -CONT $front
until [ "$(state "$command")" != T ]; do sleep 0.02; done
kill -TERM $front
wait $front
status=$?
[ $status = 9 ] && [ -e root/tmp/got ] || fail "--init: exit status $status"

# Maps.
expect 0 '0 0' any --map-root sh -c 'echo $(id -u) $(id -g)'
expect 0 "0 $(id -u) 1" any --map-root sh -c 'echo $(cat /proc/self/uid_map)'
expect 0 "$(id -u)" any --engine=userns --keep-id id -u
expect 0 "5 $(id -u) 1" any --map-users="5:$(id -u):1" sh -c 'echo $(cat /proc/self/uid_map)'
expect_line 125 '*INNER:OUTER:COUNT*' any --map-users=5:6 true

# What cannot be given is refused, by name.
expect_line 125 '*ptrace*--pid*' any --engine=ptrace --pid true
expect_line 125 '*ptrace*--hostname*' any --engine=ptrace --hostname x true
expect_line 125 '*userns*--sandbox*' any --pid --sandbox true
expect_line 125 '*userns*--trace*' any --engine=userns --trace true

# A network that pasta or slirp4netns connects, which ends with the session; neither: says so.
expect_line 125 '*--net=pasta*passt*' env PATH=/nowhere "$PR" --net=pasta -r root true
if { command -v pasta || command -v slirp4netns; } >/dev/null && [ -w /dev/net/tun ]; then
	expect 3 '?*' any --net=pasta sh -c 'grep -c 00000000 /proc/net/route; exit 3'
	expect 0 '' any --net=pasta --no-kill-on-exit true
fi

# --dry-run does nothing.
expect 0 'namespaces user mount pid*take *root*make mount point*mount proc on /proc*attach*pivot_root and detach' \
	any --pid -b /tmp:/x/y --dry-run true
[ ! -e root/x ] || fail "--dry-run made something"
exit 0
