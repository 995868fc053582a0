#!/bin/bash
# Hosts that refuse or hide something: each engine runs or says why in one line; nothing is left behind.
# needs: busybox setpriv
# timeout: 300
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
export PR_ENGINE=auto
need_userns
[ "$(uname -m)" = x86_64 ] || { echo "knows the numbers of x86_64 only"; exit 77; }
gcc -o refuse "$TOP/tests/refuse.c" || exit 99
mkdir temp run home noexec
export TMPDIR=$PWD/temp XDG_RUNTIME_DIR=$PWD/run HOME=$PWD/home

# What is there besides the tree: files of ours but for the owners', mount points, session directories.
left() {
	(cd root && echo *)
	find . -maxdepth 1 -name '.pr-*' ! -name '.pr-owners-*'
	find temp run home noexec -mindepth 1 ! -path run/pr ! -name "pr-$(id -u)"
}
left >before

# HOST WORD...: runs them where the host is as it is to be.
no_userns() { ./refuse '56,0&0x10000000' 1 "$@"; }
no_map() { ./refuse 1,2=4 1 "$@"; }
no_mount() { ./refuse 165 13 "$@"; }
no_ptrace() { ./refuse 101 1 "$@"; }
no_engine() { ./refuse 101 1 ./refuse '56,0&0x10000000' 1 "$@"; }
no_helpers() { "${@:1:4}" env PATH=/nowhere "${@:5}"; } # behind timeout and its words: no newuidmap

# In mounts of its own, as the ordinary user still: mounted 'MOUNT COMMANDS' WORD...
mounted() {
	local commands=$1
	shift
	unshare --map-current-user --keep-caps --mount bash -c "$commands || exit 99
		exec setpriv --inh-caps=-all --ambient-caps=-all -- \"\$@\"" - "$@"
}
proc_masked() { mounted 'mount -t tmpfs none /proc/sys && mount --bind /dev/null /proc/keys' "$@"; }
proc_hidden() { mounted 'mount -t tmpfs none /proc' "$@"; }
temp_noexec() { TMPDIR=$PWD/noexec mounted "mount -t tmpfs -o noexec,mode=1777 none '$PWD/noexec'" "$@"; }
home_read_only() { mounted "mount --bind '$HOME' '$HOME' && mount -o remount,bind,ro '$HOME'" "$@"; }
all_read_only() {
	# The tree, and what is beside it; sessions' own directories stay.
	mounted "mount --bind '$PWD' '$PWD' && mount -o remount,bind,ro '$PWD' &&
		mount -t tmpfs none '$XDG_RUNTIME_DIR' && mount -t tmpfs none '$TMPDIR'" "$@"
}

# session HOST ENGINE WANT OPTION...: WANT is "runs", or the pattern of the one line in which it ends.
session() {
	local host=$1 engine=$2 want=$3 status lines
	shift 3
	"$host" timeout -k 5 30 "$PR" --engine="$engine" -r root "$@" /bin/busybox echo in the guest >out 2>err </dev/null
	status=$?
	lines=$(wc -l <err)
	if [ "$want" = runs ]; then
		[ $status = 0 ] && [ "$(cat out)" = "in the guest" ] && [ "$lines" = 0 ] ||
			fail "$host, $engine $*: $status, $(cat out err)"
	else
		# shellcheck disable=SC2053 # the right side is a pattern
		[ $status = 125 ] && [ ! -s out ] && [ "$lines" = 1 ] && [[ $(cat err) = $want ]] ||
			fail "$host, $engine $*: $status, $(cat out err), not $want"
	fi
	left | diff before - || fail "$host, $engine $*: left behind"
	nobody_left "$PR --engine=[a-z]* -r root"
}

# each HOST AUTO USERNS PTRACE OPTION...; then the doctor has the same opinion.
each() {
	local host=$1 auto=$2 userns=$3 ptrace=$4 works=0
	shift 4
	session "$host" auto "$auto" "$@"
	session "$host" userns "$userns" "$@"
	session "$host" ptrace "$ptrace" "$@"
	[ "$auto" = runs ] || works=1
	"$host" timeout -k 5 60 "$PR" doctor >out 2>err </dev/null
	[ $? = $works ] && [ ! -s err ] || fail "$host: doctor says $(cat out err)"
	left | diff before - || fail "$host: the doctor leaves something"
}

over_nothing=(-b /tmp:/a/b)
each no_userns runs '*engine userns*namespaces*' runs "${over_nothing[@]}"
each no_map runs '*engine userns*map*' runs "${over_nothing[@]}"
each no_mount runs '*engine userns*isolate*' runs "${over_nothing[@]}"
each no_ptrace runs runs '*ptrace*' "${over_nothing[@]}"
each no_engine '*ptrace is forbidden*' '*engine userns*' '*ptrace*' "${over_nothing[@]}"
each no_helpers runs runs runs "${over_nothing[@]}"
session no_helpers auto runs -0
session no_helpers ptrace runs -0
each proc_masked runs runs runs "${over_nothing[@]}"
for engine in auto userns ptrace; do
	session proc_hidden $engine '*/proc is not mounted here*' "${over_nothing[@]}"
done
each temp_noexec runs runs runs "${over_nothing[@]}"
each home_read_only runs runs runs "${over_nothing[@]}"

# A tree that cannot be written to has no mount points: the other engine needs none.
each all_read_only runs '*engine userns*' runs "${over_nothing[@]}"
each all_read_only runs runs runs
