# SPDX-License-Identifier: MIT
#
# Drives pr exec on a pty. Run by sessions-pty.sh, in a session called s.

import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
import time

sys.path.insert(0, os.path.join(os.environ["TOP"], "tests/integration"))
from jobs import MARK, PROMPT, PR, Terminal, fail, interrupt, stop_and_go, stopped_by_kill, quits_and_sizes

BASH = [PR, "exec", "--env", "PS1=" + PROMPT, "--env", "HISTFILE=", "--env", "LC_ALL=C", "--env", MARK, "s",
	"/bin/bash", "--norc", "-i"]


def resize(t, rows, columns):
	fcntl.ioctl(t.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


def interactive():
	t = Terminal(BASH)
	t.expect(PROMPT)
	t.line("tty | sed 's/[0-9]*$//'; echo $TERM", r"/dev/pts/\ndumb\n")
	mine = os.readlink("/proc/%d/fd/0" % t.pid)
	if t.line("tty", r"(/dev/pts/\d+)\n").group(1) == mine:
		fail("its terminal is the caller's own")
	for step in (interrupt, stop_and_go, stopped_by_kill, quits_and_sizes):
		step(t)
	resize(t, 44, 122)
	time.sleep(0.2)
	t.line("stty size", "44 122\n")
	t.line("sleep 55 & echo", "\n")
	t.send("exit 9\n")
	if t.status() != 9:
		fail("exit status of bash")


def settings_come_back():
	t = Terminal(["/bin/bash", "--norc", "-i"])
	t.expect(PROMPT)
	t.line("stty -a >before; echo ok", "ok\n")
	t.line("$PR exec s sh -c 'stty raw; exit 4'; echo status $?", "status 4\n")
	t.line("stty -a | cmp - before && echo same", "same\n")
	# Killed by TERM it gives the terminal back, too.
	t.line("pkill() { sleep 0.5; command pkill -TERM -P $$ -x pr; }; echo", "\n")
	t.line("pkill & $PR exec s sleep 60; echo status $?", "status 143\n")
	t.line("stty -a | cmp - before && echo same", "same\n")
	# In the background it leaves the terminal alone, in the foreground it takes it.
	t.line("$PR exec s sh -c 'sleep 1; echo came back' & wait; echo waited", "(?s)came back.*waited\n")
	t.line("stty -a | cmp - before && echo same", "same\n")
	t.line("$PR exec s sh -c 'tty >/dev/null && echo one' | cat", "one\n")
	t.line("echo typed | $PR exec s cat", "typed\n")
	t.send("exit\n")
	t.status()


def much():
	"""All of it, in order, though the command ends at once."""
	t = Terminal([PR, "exec", "s", "seq", "100000"])
	while t.read(5):
		pass
	got = t.text.split()
	if got != [str(n) for n in range(1, 100001)]:
		fail("of 100000 lines %d came" % len(got))


def prints_for_ever():
	"""What the command leaves behind holds the terminal, and does not keep us."""
	for left in "yes", "while sleep 0.05; do echo a; done":
		began = time.time()
		t = Terminal([PR, "exec", "s", "sh", "-c", "trap '' HUP; (%s) & exit 3" % left])
		while t.read(5) and time.time() - began < 30:
			t.text = ""
		if time.time() - began >= 30 or t.status() != 3:
			fail("waits for %s" % left)


def hung_up():
	"""The caller's terminal goes, and pr exec by kill -9: the command gets HUP."""
	for how in ("close", "kill"):
		if os.path.exists("got"):
			os.unlink("got")
		t = Terminal([PR, "exec", "s", "sh", "-c", "trap 'echo HUP >/mnt/got; exit' HUP; echo ready; while :; do sleep 0.05; done"])
		t.expect("ready")
		if how == "kill":
			os.kill(t.pid, signal.SIGKILL)
		else:
			os.close(t.fd)
		for _ in range(200):
			if os.path.exists("got"):
				break
			time.sleep(0.05)
		else:
			fail("no HUP after " + how)
		os.waitpid(t.pid, 0)


def signals():
	"""From kill(2) they reach the command, at a terminal as well."""
	t = Terminal([PR, "exec", "s", "sh", "-c", "trap 'echo usr1' USR1; trap 'echo winch' WINCH; echo ready; while :; do sleep 0.05; done"])
	t.expect("ready")
	os.kill(t.pid, signal.SIGUSR1)
	t.expect("usr1")
	os.kill(t.pid, signal.SIGWINCH)
	t.expect("winch")
	resize(t, 20, 40)
	t.expect("winch")
	t.send("\x03")
	if t.status() != 130:
		fail("^C of a command is not 130")


def no_terminal():
	r = subprocess.run([PR, "exec", "s", "sh", "-c", "tty; [ -t 1 ] || echo no"], stdin=subprocess.DEVNULL,
		stdout=subprocess.PIPE, universal_newlines=True)
	if r.stdout != "not a tty\nno\n":
		fail("without a terminal there is one: %r" % r.stdout)


for step in (interactive, settings_come_back, much, prints_for_ever, hung_up, signals, no_terminal):
	step()
