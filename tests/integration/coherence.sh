#!/bin/bash
# What others than guests change: seen at once with --coherence=strict, else within some milliseconds.
# needs: busybox
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # for the guest's shell
. "$TOP/tests/integration/lib.sh"

mkdir -p root/bin root/d/full root/d/empty
cp "$(command -v busybox)" root/bin/busybox
touch root/d/full/f

# The guest answers each line; before each the host has made the link lead elsewhere.
ask() {
	local i said want wait=$1
	shift
	coproc GUEST_SHELL { "$PR" "$@" -r root -w / /bin/busybox sh -c \
		'while read -r x; do [ -e /d/l/f ] && echo full || echo empty; done'; }
	for i in $(seq 60); do
		want=empty
		[ $((i % 2)) = 0 ] || want=full
		ln -sfn "$want" root/d/l
		sleep "$wait"
		echo >&"${GUEST_SHELL[1]}"
		read -r -t 20 said <&"${GUEST_SHELL[0]}" || fail "$*: no answer"
		[ "$said" = "$want" ] || fail "$*: look $i said $said"
	done
	eval "exec ${GUEST_SHELL[1]}>&-"
	wait
}

ask 0 --coherence=strict
ask 0 --no-agent
ask 0.02
