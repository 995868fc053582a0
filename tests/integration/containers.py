# SPDX-License-Identifier: MIT
#
# Drives containers on a pty: run -it, -t, -i, login. Run by containers-pty.sh; the container is c.

import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.environ["TOP"], "tests/integration"))
from jobs import PR, Terminal, fail

PROMPT = "guest> "
SHELL = [PR, "run", "-it", "-e", "PS1=" + PROMPT, "c", "/bin/sh"]


def resize(t, rows, columns):
	fcntl.ioctl(t.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def begin(argv=SHELL):
	t = Terminal(argv)
	t.expect(PROMPT)
	return t


def line(t, text, pattern):
	t.type(text)
	found = t.expect(pattern)
	t.expect(PROMPT)
	return found


def interactive():
	t = begin()
	if line(t, "tty", r"(/dev/pts/\d+)\n").group(1) == os.readlink("/proc/%d/fd/0" % t.pid):
		fail("its terminal is the caller's own")
	line(t, "echo $TERM", "dumb\n")
	resize(t, 44, 122)
	time.sleep(0.2)
	line(t, "stty size", "44 122\n")
	t.type("sleep 50")
	time.sleep(0.5)
	t.send("\x03")
	t.expect(PROMPT)
	line(t, "echo status $?", "status 130\n")
	t.type("sleep 51")
	time.sleep(0.5)
	t.send("\x1a")
	t.expect(PROMPT)
	line(t, "jobs", r"Stopped +sleep 51")
	t.send("kill %1; exit 9\n")
	if t.status() != 9:
		fail("exit status of run -it")


def signals():
	"""TERM is the command's; with the front goes all of it."""
	t = Terminal([PR, "run", "-it", "c", "sh", "-c", "trap 'echo got; exit 4' TERM; echo up; while :; do sleep 0.05; done"])
	t.expect("up\n")
	os.kill(t.pid, signal.SIGTERM)
	t.expect("got\n")
	if t.status() != 4:
		fail("exit status after TERM")
	t = Terminal([PR, "run", "-t", "c", "sh", "-c", "trap 'echo int; exit 5' INT; echo up; while :; do sleep 0.05; done"])
	t.expect("up\n")
	t.send("\x03")
	t.expect("int\n")
	if t.status() != 5:
		fail("^C of run -t")
	t = Terminal([PR, "run", "-it", "c", "sh", "-c", "trap '' HUP; echo up; sleep 100"])
	t.expect("up\n")
	os.kill(t.pid, signal.SIGKILL)
	if subprocess.run([PR, "wait", "c"], capture_output=True, timeout=20).stdout != b"137\n":
		fail("it outlives its front")
	os.waitpid(t.pid, 0)


def in_a_shell():
	"""The caller's terminal is as it was, whatever happens."""
	t = Terminal(["/bin/bash", "--norc", "-i"])
	t.expect("prompt> ")
	t.line("stty -a >before; echo ok", "ok\n")
	t.line("$PR run -it c sh -c 'stty raw; exit 4'; echo status $?", "status 4\n")
	t.line("stty -a | cmp - before && echo same", "same\n")
	# A stop of what runs there, or of its front, is one for the shell; fg goes on.
	t.line("$PR run -it c sh -c 'kill -STOP $$; echo on'; echo status $?", "Stopped")
	t.line("stty -a | cmp - before && echo same", "same\n")
	t.line("fg", "on\n")
	t.line("stty -a | cmp - before && echo same", "same\n")
	t.line("$PR run c cat; echo status $?", "status 0\n")
	t.line("$PR run c tty; echo status $?", "not a tty\nstatus 1\n")
	t.line("$PR run -i c tty", "/dev/pts/")
	t.line("$PR run -t c tty </dev/null", "/dev/pts/")
	t.line("$PR run -it c nothere; echo status $?", "nothere.*\nstatus 127\n")
	t.line("$PR run -t c sh -c 'test -t 0 && test -t 1 && echo both' | cat", "both")
	t.send("exit\n")
	t.status()


def much():
	t = Terminal([PR, "run", "-it", "c", "seq", "20000"])
	while t.read(5):
		pass
	if t.text.split() != [str(n) for n in range(1, 20001)]:
		fail("of 20000 lines %d came" % len(t.text.split()))


def login():
	t = begin([PR, "login", "-e", "PS1=" + PROMPT, "c"])
	line(t, "tty; echo $0 $PWD", r"/dev/pts/\d+\n-sh /root\n")
	t.send("exit 3\n")
	if t.status() != 3:
		fail("exit status of login")


for step in (interactive, signals, in_a_shell, much, login):
	step()
