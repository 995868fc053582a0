# SPDX-License-Identifier: MIT
#
# Drives an interactive bash of the guest on a pty and reads what it answers. Run by jobs-bash.sh.

import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import fcntl
import time

PROMPT = "prompt> "
PR, GUEST = os.environ["PR"], os.environ["GUEST"]
MARK = "JOBS_MARK=%d" % os.getpid()  # in the environment of all that we run


class Terminal:
	"""A program on a pty of its own; what it prints is kept until expected."""

	def __init__(self, argv):
		self.text = ""
		self.pid, self.fd = pty.fork()
		if self.pid == 0:
			os.environ.update([MARK.split("=")], PS1=PROMPT, TERM="dumb", HISTFILE="", LC_ALL="C")
			os.execv(argv[0], argv)

	def expect(self, pattern, seconds=10):
		deadline = time.monotonic() + seconds
		while True:
			found = re.search(pattern, self.text)
			if found:
				self.text = self.text[found.end():]
				return found
			left = deadline - time.monotonic()
			if left <= 0 or not self.read(left):
				fail("no %r; there is: %r" % (pattern, self.text))

	def read(self, seconds):
		if not select.select([self.fd], [], [], seconds)[0]:
			return False
		try:
			data = os.read(self.fd, 4096)
		except OSError:
			return False
		self.text += data.decode("utf-8", "replace").replace("\r", "")
		return bool(data)

	def send(self, text):
		os.write(self.fd, text.encode())

	def line(self, text, pattern):
		"""A command, and what its output must match; its echo is skipped."""
		self.type(text)
		found = self.expect(pattern)
		self.expect(PROMPT)
		return found

	def type(self, text):
		"""The prompt must be there, or the echo comes twice."""
		self.send(text + "\n")
		self.expect(re.escape(text) + r"\n")

	def status(self):
		while self.read(5):
			pass
		return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def fail(why):
	print("FAILED: " + why)
	sys.exit(1)


def wait_state(t, program, state):
	"""ps in the guest must come to show that state."""
	for _ in range(100):
		found = t.line("ps --ppid $$ -o stat= -o comm= | grep %s; echo end" % program, r"(?s)(.*?)end\n")
		if found.group(1).startswith(state):
			return
		time.sleep(0.05)
	fail("ps shows %r for %s, not %s" % (found.group(1), program, state))


def foreground(pid):
	"""Its name, if it is ours, not stopped, and in the foreground of its terminal."""
	try:
		with open("/proc/%s/stat" % pid) as f:
			name, rest = re.fullmatch(r"\d+ \((.*)\) (.*)\n", f.read(), re.S).groups()
		state, _, group, _, _, front = rest.split()[:6]
		if group != front or state in "Tt":
			return None
		with open("/proc/%s/environ" % pid, "rb") as f:
			return name if MARK.encode() in f.read().split(b"\0") else None
	except (OSError, AttributeError):
		return None


def wait_foreground(*programs):
	"""What is in the foreground, of whichever terminal of ours, must come to be these."""
	for _ in range(500):
		them = filter(None, map(foreground, filter(str.isdigit, os.listdir("/proc"))))
		if sorted(name for name in them if name not in ("pr", "python3")) == sorted(programs):
			return
		time.sleep(0.02)
	fail("not in the foreground: %r" % (programs,))


def interrupt(t):
	t.type("sleep 50")
	wait_foreground("sleep")
	t.send("\x03")
	t.expect(PROMPT)
	t.line("echo status $?", "status 130\n")


def stop_and_go(t):
	t.type("sleep 51")
	wait_foreground("sleep")
	t.send("\x1a")
	t.expect(r"\[1\]\+ +Stopped +sleep 51")
	t.expect(PROMPT)
	wait_state(t, "sleep", "T")
	t.line("jobs", r"Stopped +sleep 51\n")
	t.line("bg", r"sleep 51 &\n")
	wait_state(t, "sleep", "S")
	t.line("jobs", r"Running +sleep 51 &\n")
	t.type("fg")
	wait_foreground("sleep")
	t.send("\x1a")
	t.expect(r"Stopped +sleep 51")
	t.expect(PROMPT)
	t.line("kill %1; fg; echo status $?", r"status 143\n")


def pipeline(t):
	"""A whole group stops and continues."""
	t.type("sleep 52 | cat | cat")
	wait_foreground("sleep", "cat", "cat")
	t.send("\x1a")
	t.expect(r"Stopped +sleep 52 \| cat \| cat")
	t.expect(PROMPT)
	wait_state(t, "cat", "T")
	t.type("fg")
	t.expect(r"sleep 52")
	wait_foreground("sleep", "cat", "cat")
	t.send("\x03")
	t.expect(PROMPT)
	t.line("echo ${PIPESTATUS[@]} end", r"130 .*end\n|148 .*end\n")


def stopped_by_kill(t):
	t.line("sleep 53 & sleep 0.3; echo started", "started\n")
	t.line("kill -STOP %1; sleep 0.2; jobs", r"Stopped +sleep 53\n")
	wait_state(t, "sleep", "T")
	t.line("kill -CONT %1; sleep 0.2; jobs", r"Running +sleep 53 &\n")
	t.line("kill -9 %1; wait; echo gone", "gone\n")


def reads_in_background(t):
	t.line("cat & sleep 0.3; jobs", r"Stopped +cat\n")
	wait_state(t, "cat", "T")
	t.line("kill -9 %1; wait; echo gone", "gone\n")


def quits_and_sizes(t):
	t.type("sleep 54")
	wait_foreground("sleep")
	t.send("\x1c")
	t.expect(r"Quit")
	t.expect(PROMPT)
	t.line("trap 'echo size $(stty size)' WINCH; echo set", "set\n")
	fcntl.ioctl(t.fd, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 111, 0, 0))
	t.send("\n")
	t.expect("size 33 111\n")
	t.line("trap - WINCH; echo ok", "ok\n")


def from_outside(t):
	"""pr itself is stopped and continued like any job of the shell around it."""
	t.line("echo before", "before\n")
	os.kill(t.pid, signal.SIGCONT)
	t.line("echo after", "after\n")


def hung_up():
	"""The terminal goes: the shell is told, and what it has in the foreground."""
	t = Terminal([PR, "-r", GUEST, "-b", "/proc", "-b", "/dev", "-w", "/", "--", "/bin/bash", "--norc", "-i"])
	t.expect(PROMPT)
	t.type("sleep 55")
	wait_foreground("sleep")
	os.close(t.fd)
	for _ in range(100):
		if os.waitpid(t.pid, os.WNOHANG)[0]:
			return
		time.sleep(0.1)
	os.kill(t.pid, signal.SIGKILL)
	fail("a terminal's end is not told")


def main():
	t = Terminal([PR, "-r", GUEST, "-b", "/proc", "-b", "/dev", "-w", "/", "--", "/bin/bash", "--norc", "-i"])
	t.expect(PROMPT)
	for step in (interrupt, stop_and_go, pipeline, stopped_by_kill, reads_in_background, quits_and_sizes,
			from_outside):
		step(t)
	t.send("exit 7\n")
	status = t.status()
	if status != 7:
		fail("exit status %d" % status)
	t = Terminal([PR, "-r", GUEST, "-b", "/proc", "-b", "/dev", "-w", "/", "--", "/bin/cat"])
	time.sleep(0.3)
	t.send("\x03")
	if t.status() != 130:
		fail("^C of a plain command is not 130")
	hung_up()


if __name__ == "__main__":
	main()
