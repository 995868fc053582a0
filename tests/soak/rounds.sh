#!/bin/bash
# SPDX-License-Identifier: MIT
# usage: rounds.sh OUT [COUNT]     inside the guest
#
# Does every job of jobs.sh again and again, or COUNT times. The jobs of round N print to OUT/N/JOB; when
# it is over there is OUT/N/times, what all of it took, and the next begins when OUT/N/go is made. OUT/stop ends it.
set -u
out=$1
count=${2:-1000000}
# shellcheck source=tests/soak/jobs.sh
. "$(dirname "$0")/jobs.sh"

for ((n = 1; n <= count; n++)); do
	[ ! -e "$out/stop" ] || exit 0
	mkdir -p "$out/$n"
	for job in build apt git node postgres; do
		work=/tmp/soak.$job
		rm -rf "$work"
		mkdir -m 755 "$work"
		(cd "$work" && "job_$job") >"$out/$n/$job" 2>&1 </dev/null
		rm -rf "$work"
	done
	times >"$out/$n/times.new"
	mv "$out/$n/times.new" "$out/$n/times"
	until [ "$n" = "$count" ] || [ -e "$out/$n/go" ] || [ -e "$out/stop" ]; do sleep 0.2; done
done
