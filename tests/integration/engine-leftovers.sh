#!/bin/bash
# The tracer keeps nothing of a guest that is gone: 3,000 processes, threads, execs, odd ends.
# needs: guest
# timeout: 240
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

quiet() { expect 0 '' guest --debug=mem "$@"; }

quiet true
quiet bash -c 'for ((i = 0; i < 3000; i++)); do (:); done'
quiet bash -c 'for ((i = 0; i < 200; i++)); do /bin/true; cat /proc/self/maps >/dev/null; done'
quiet bash -c 'for ((i = 0; i < 50; i++)); do sleep 100 & kill -9 $!; wait $!; done 2>/dev/null; true'
quiet bash -c 'sleep 100 & sleep 100 & cd /tmp; /no/such 2>/dev/null; true'
quiet python3 -c '
import threading, os, subprocess
ts = [threading.Thread(target=os.listdir, args=("/usr",)) for i in range(200)]
for t in ts: t.start()
for t in ts: t.join()
for i in range(20): subprocess.run(["/bin/true"])
os.execv("/bin/true", ["true"])'
expect 0 'pr: [0-9]* stops*' guest --stats true
exit 0
