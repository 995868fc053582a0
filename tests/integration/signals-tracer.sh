#!/bin/bash
# Alarms at the tracer, as pr exec sends them, end no session, however early; who kills it is told of.
# needs: busybox python3
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
. "$TOP/tests/integration/userns.inc"
tree root

cat >alarms.py <<'END'
import os, signal, subprocess, sys

def children(pid):
	try:
		with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
			return [int(word) for word in f.read().split()]
	except OSError:
		return []

def find_tracer(pid):
	"""The front's child that leads a session of its own."""
	for child in children(pid):
		try:
			if os.getsid(child) == child:
				return child
		except OSError:
			pass

def session(*command):
	return subprocess.Popen([os.environ["PR"], "--engine=ptrace", *sys.argv[1:], "-r", "root", *command],
		stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

def alarmed():
	"""Alarms from the tracer's birth to the session's end; how many."""
	p, sent = session("true"), 0
	while p.poll() is None:
		tracer = find_tracer(p.pid)
		try:
			if tracer:
				os.kill(tracer, signal.SIGALRM)
				sent += 1
		except ProcessLookupError:
			pass
	said = p.communicate()[1]
	assert p.returncode == 0 and not said, "exit status %d: %s" % (p.returncode, said)
	return sent

def killed():
	p = session("sh", "-c", "echo; exec sleep 10")
	p.stdout.readline()
	os.kill(find_tracer(p.pid), signal.SIGKILL)
	said = p.communicate()[1]
	assert p.returncode == 137, "exit status %d: %s" % (p.returncode, said)
	assert "the tracer was killed by signal 9" in said and said.count("\n") == 1, said

sent = sum(alarmed() for i in range(40))
assert sent > 100, sent
killed()
END
for options in --kill-on-exit -0 --debug=no-seccomp; do
	IFS=, read -r -a words <<<"$options"
	python3 alarms.py "${words[@]}" || fail "$options"
done
exit 0
