#!/bin/bash
# Ten thousand processes one after another, a thousand at once with 1024 descriptors, and no slower.
# needs: guest
# timeout: 200
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

cat >many.py <<'P'
import os, time
def births(n):
	begin = time.monotonic()
	for i in range(n):
		pid = os.fork()
		if pid == 0:
			os._exit(0 if os.access("/usr", os.R_OK) else 1)
		assert os.waitpid(pid, 0)[1] == 0
	return time.monotonic() - begin
first = births(1000)
births(8000)
last = births(1000)
# Not a measure of speed: ten thousand lookups in a list would make it a hundred times slower.
print("steady" if last < 10 * first + 5 else "first thousand %.1f s, last %.1f s" % (first, last))
r, w = os.pipe()
alive = []
for i in range(1000):
	pid = os.fork()
	if pid == 0:
		os.close(w)
		os.read(r, 1)
		os._exit(0 if os.access("/usr/bin/env", os.X_OK) else 1)
	alive.append(pid)
os.close(w)
print(len(alive), sum(os.waitpid(p, 0)[1] == 0 for p in alive))
P
ulimit -n 1024
# The mark is in a file, so that pr's own growth can be measured from outside.
out=$(under_pr python3 many.py 2>&1) || fail "$out"
[ "$out" = "steady
1000 1000" ] || fail "said: $out"
exit 0
