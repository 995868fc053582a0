#!/bin/bash
# Debian for arm64, armhf and riscv64: bootstrapped under -0 -q auto, then apt installs a package.
# needs: debootstrap qemu-aarch64-static qemu-arm-static qemu-riscv64-static
# timeout: 5400
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

# LONG=1 runs it; MACHINES="arm64" one of them.
[ "${LONG-}" = 1 ] || { echo "takes a quarter of an hour and the network: LONG=1"; exit 77; }
export DEBIAN_FRONTEND=noninteractive LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
mirror=${MIRROR:-http://deb.debian.org/debian}

# step ARCH NAME COMMAND...: its output is kept; says how long it took.
step() {
	local log=$1.log what="$1 $2" began=$SECONDS
	shift 2
	"$@" >"$log" 2>&1 </dev/null || { tail -20 "$log"; fail "$what"; }
	echo "$what: $((SECONDS - began)) s"
}

# try ARCH SUITE MACHINE
try() {
	[[ " ${MACHINES-$1} " = *" $1 "* ]] || return 0
	local root=$PWD/$1
	local under=("$PR" -0 -q auto -r "$root" -b /proc -b /dev -b /etc/resolv.conf -w / --)

	step "$1" "first stage" "$PR" -0 -r / debootstrap --foreign --variant=minbase "--arch=$1" "$2" "$root" "$mirror"
	# In a container debootstrap makes it a link, which would lead to itself in there.
	[ ! -L "$root/proc" ] || { rm "$root/proc"; mkdir "$root/proc"; }
	step "$1" "second stage" "${under[@]}" /debootstrap/debootstrap --second-stage
	step "$1" "apt-get update" "${under[@]}" apt-get update
	step "$1" "apt-get install" "${under[@]}" apt-get install -y --no-install-recommends hello
	expect 0 'Hello, world!' "${under[@]}" hello
	expect 0 "$3" "${under[@]}" uname -m
	# shellcheck disable=SC2016 # dpkg-query's
	expect 0 'ii*' "${under[@]}" dpkg-query -W -f '${db:Status-Abbrev}' hello
	# shellcheck disable=SC2016 # for the guest's shell
	expect 0 '/usr/bin/dash' "${under[@]}" sh -c 'readlink -f /proc/$$/exe'
	chmod -R u+rwx "$root"
	rm -rf "$root"
}

try arm64 bookworm aarch64
try armhf bookworm armv7l
try riscv64 trixie riscv64
