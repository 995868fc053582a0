# SPDX-License-Identifier: MIT
#
# What the test runners share: who the unprivileged user is, how a scratch tree is made, how a command
# is run in it under the oracle (a real chroot) and under pr, and how results are counted.
# Run as root, everything the guest does is done as the test user; run as a user, as that user.

import functools
import glob
import os
import re
import shutil
import struct
import subprocess
import sys
import threading

TESTS = os.path.dirname(os.path.realpath(__file__))
TOP = os.path.dirname(TESTS)
BUILD = os.path.join(TOP, os.environ.get("B", "build"), "tests")
PR = os.path.realpath(os.environ.get("PR", os.path.join(TOP, "pr")))
ENV = {"PATH": "/bin:/usr/bin", "HOME": "/tmp", "LC_ALL": "C"}
CFLAGS = ["-O2", "-g", "-Wall", "-Wextra", "-Wshadow", "-std=gnu11",
	"-Wno-stringop-overflow", "-Wno-stringop-overread", "-Wno-format-truncation"]


def as_user():
	"""The words in front of a command that must run unprivileged."""
	if os.geteuid() != 0:
		return []
	return ["setpriv", "--reuid=%d" % UID, "--regid=%d" % GID, "--clear-groups", "--"]


def enter_surroundings():
	"""Root needs a test user who can reach the checkout: as-user finds one and starts us again."""
	if os.geteuid() != 0:
		return os.getuid(), os.getgid()
	if "PR_TEST_UID" not in os.environ:
		helper_script = os.path.join(TESTS, "as-user")
		os.execv(helper_script, [helper_script, "--root", *sys.orig_argv])
	uid = int(os.environ["PR_TEST_UID"])
	return uid, uid


UID, GID = enter_surroundings()


def build(source, target, *flags):
	"""Compiles one C file if it is newer than its program; flags may hold -m32, which a machine whose
	compiler knows no such thing has a compiler of its own for."""
	heads = glob.glob(os.path.join(TESTS, "guests/*.h"))
	newest = max(os.path.getmtime(f) for f in [source] + heads)
	if os.path.exists(target) and os.path.getmtime(target) > newest:
		return target
	os.makedirs(os.path.dirname(target), exist_ok=True)
	part = "%s.%d.%d" % (target, os.getpid(), threading.get_ident())
	cc = os.environ.get("TEST_CC", "gcc").split()
	flags = [f for f in flags if f != "-m64"]
	if "-m32" in flags and "TEST_CC_32" in os.environ:
		cc = os.environ["TEST_CC_32"].split()
		flags = [f for f in flags if f != "-m32"]
	subprocess.run([*cc, *flags, *CFLAGS, "-o", part, source, "-lpthread"], check=True)
	os.rename(part, target)
	return target


@functools.cache
def machine():
	"""What programs are built for; or, where nothing is, what runs."""
	cc = os.environ.get("TEST_CC", "gcc").split()
	if not shutil.which(cc[0]):
		return os.uname().machine
	return subprocess.check_output([*cc, "-dumpmachine"], text=True).split("-")[0]


def helper(name):
	"""oracle and cage: plain host programs."""
	return build(os.path.join(TESTS, name + ".c"), os.path.join(BUILD, name), "-static")


def probe_32(place):
	return build(os.path.join(TESTS, "probe32.c"), os.path.join(place, "probe32"), "-m32", "-static")


def have_32():
	"""True where 32-bit programs can be built, or are built already, and run."""
	place = BUILD
	if not os.access(BUILD, os.W_OK) and not os.path.exists(os.path.join(BUILD, "probe32")):
		place = os.environ.get("PR_SCRATCH", BUILD) # BUILD may be root's
	try:
		return subprocess.run([probe_32(place)]).returncode == 0
	except (OSError, subprocess.CalledProcessError):
		return False


def have_oracle():
	"""True where mount namespaces can be had: root, or a user with user namespaces."""
	r = subprocess.run([helper("oracle"), "/", "-w", "/", "-u", "%d:%d" % (UID, GID), "true"],
			capture_output=True)
	return r.returncode == 0


def says(*words):
	r = subprocess.run(as_user() + [PR, *words], capture_output=True, text=True, cwd="/")
	return "" if r.returncode == 0 else (r.stdout + r.stderr).strip()


@functools.cache
def missing(*options):
	"""Why this host cannot run guests with these options on the userns engine; "" if it can."""
	if "--engine=userns" not in options:
		return ""
	# Without subordinate ids it would run, by records: that has runs of its own.
	ranges = ["--map-auto"] if "-0" in options and "--debug=no-ranges" not in options else []
	return (says("--engine=userns", "-r", "/", "true")
		or says("--dry-run", *options, *ranges, "-r", "/", "true"))


def own(path):
	"""Gives a tree that root made to the test user."""
	if os.geteuid() != 0:
		return
	for top, dirs, files in os.walk(path):
		# links to directories are among the directories
		for name in [top] + [os.path.join(top, f) for f in dirs + files]:
			os.lchown(name, UID, GID)


def write(path, text, mode=0o644):
	os.makedirs(os.path.dirname(path), exist_ok=True)
	with open(path, "w") as f:
		f.write(text)
	os.chmod(path, mode)


def interpreter(program):
	"""The string in the file that PT_INTERP leads to, of a dynamic program of 32 or 64 bits."""
	data = open(program, "rb").read()
	wide = data[4] == 2
	start, size, count = struct.unpack_from("<Q14xHH" if wide else "<L10xHH", data, 32 if wide else 28)
	for i in range(count):
		at = start + i * size
		if struct.unpack_from("<L", data, at)[0] == 3:
			begin = struct.unpack_from("<Q" if wide else "<L", data, at + (8 if wide else 4))[0]
			return data[begin:data.index(0, begin)].decode()
	return None


class Scratch:
	"""A fresh directory with root/ (the guest's tree) and the host directories that "@" names."""

	def __init__(self, name):
		base = os.environ.get("PR_SCRATCH", os.path.join(TOP, "build/scratch"))
		os.makedirs(base, exist_ok=True)
		self.dir = os.path.join(base, "scratch." + name)
		self.remove()
		os.mkdir(self.dir, 0o755)
		self.root = os.path.join(self.dir, "root")
		self.host = os.path.join(self.dir, "host")
		for d in ("bin", "proc", "tmp", "dev", "etc", "mnt", "home"):
			os.makedirs(os.path.join(self.root, d))
		for d in ("data/inner/deep", "ro/inner", "other", "empty"):
			os.makedirs(os.path.join(self.host, d))
		for f in ("data/file", "data/inner/file", "ro/file", "ro/inner/file", "other/file",
				"file", "rofile"):
			write(os.path.join(self.host, f), f + "\n")
		write(os.path.join(self.root, "etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n")

	def add_program(self, source):
		return self.add(source, "/bin")

	def add(self, source, place):
		os.makedirs(self.root + place, exist_ok=True)
		target = os.path.join(self.root + place, os.path.basename(source))
		shutil.copy(source, target)
		os.chmod(target, 0o755)
		return target

	def add_libraries(self, program):
		"""What a dynamic program needs: its interpreter and libraries, from this host."""
		text = subprocess.check_output([interpreter(program), "--list", program], text=True)
		for library in re.findall(r"(/\S+) \(0x", text):
			place = self.root + library
			os.makedirs(os.path.dirname(place), exist_ok=True)
			shutil.copy(library, place)

	def make(self, made, program):
		"""MODE:NAME: a directory if it ends in "/", a program if in "*", else a file."""
		for word in made:
			place = self.root + word.split(":")[1].rstrip("*")
			if place.endswith("/"):
				os.makedirs(place)
			elif word.endswith("*"):
				shutil.copy(program, place)
			else:
				write(place, "text\n")

	def shut(self, made):
		for word in reversed(made):
			mode, name = word.split(":")
			os.chmod(self.root + name.rstrip("*"), int(mode, 8))

	def finish(self):
		own(self.dir)

	def spec(self, bind):
		return bind.replace("@", self.host, 1) if bind.startswith("@") else bind

	def make_mount_points(self, binds):
		"""What a real mount needs and pr does not; for the oracle's throw-away tree only."""
		for bind in binds:
			words = self.spec(bind).split(":")
			place = self.root + words[min(1, len(words) - 1)]
			if os.path.isdir(words[0]):
				os.makedirs(place, exist_ok=True)
			elif not os.path.exists(place):
				write(place, "")
		own(self.root)

	def remove(self):
		subprocess.run(["chmod", "-R", "u+rwX", self.dir], capture_output=True)
		shutil.rmtree(self.dir, ignore_errors=True)
		if os.path.exists(self.dir): # of subordinate ids
			subprocess.run(["unshare", "--user", "--map-root-user", "--map-auto", "rm", "-rf", self.dir],
				capture_output=True)


def depth(bind):
	return bind.split(":")[min(1, bind.count(":"))].count("/")


def oracle_command(scratch, binds, argv, cwd="/", options=()):
	scratch.make_mount_points(sorted(binds, key=depth))
	cmd = [helper("oracle"), scratch.root, "-w", cwd, "-u", "%d:%d" % (UID, GID), *options]
	for bind in sorted(binds, key=depth):
		cmd += ["-b", scratch.spec(bind)]
	return cmd + ["--"] + argv


def pr_command(scratch, binds, argv, cwd="/", options=()):
	"""By the ptrace engine where the options name none: the kernel's own is the oracle."""
	engine = [] if any(o.startswith("--engine=") for o in options) else ["--engine=ptrace"]
	cmd = as_user() + [PR, *engine, "-r", scratch.root, "-w", cwd, *options]
	for bind in binds:
		cmd += ["-b", scratch.spec(bind)]
	return cmd + ["--"] + argv


def run(cmd, timeout, env=None):
	"""Runs it in a cage. (status, output); status 124 when its time was up (PATIENCE times that)."""
	caged = [helper("cage"), str(timeout * int(os.environ.get("PATIENCE", "1")))] + cmd
	p = subprocess.run(caged, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
			stderr=subprocess.STDOUT, env=dict(ENV, **(env or {})), cwd="/")
	return p.returncode, p.stdout.decode("utf-8", "backslashreplace")


class Tap:
	"""Result lines and their sum; safe to use from several threads."""

	def __init__(self, name):
		self.name, self.lock = name, threading.Lock()
		self.passed = self.failed = self.skipped = 0

	def line(self, ok, what, note="", detail=""):
		with self.lock:
			self.passed += ok
			self.failed += not ok
			n = self.passed + self.failed + self.skipped
			print("%s %d - %s%s" % ("ok" if ok else "not ok", n, what, note))
			for text in detail.splitlines():
				print("#   " + text)
			sys.stdout.flush()

	def skip(self, what, why):
		with self.lock:
			self.skipped += 1
			n = self.passed + self.failed + self.skipped
			print("ok %d - %s # SKIP %s" % (n, what, why), flush=True)

	def finish(self):
		print("1..%d" % (self.passed + self.failed + self.skipped))
		print("%d passed, %d failed, %d skipped"
			% (self.passed, self.failed, self.skipped), flush=True)
		return 1 if self.failed else 0
