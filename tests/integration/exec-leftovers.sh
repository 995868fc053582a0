#!/bin/bash
# What an exec needs for a moment is gone after it, whether it worked or not.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"
export PR_ENGINE=ptrace # its directory is looked into

mkdir session
cat >script.py <<'EOF'
import ctypes, os, sys, time

def run(f):
	pid = os.fork()
	if pid == 0:
		try:
			f()
		except OSError as e:
			os._exit(e.errno)
		os._exit(200)
	return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

def expect(want, f):
	got = run(f)
	if got != want:
		sys.exit("%r: %d, not %d" % (f.__code__.co_firstlineno, got, want))

def copy(to):
	os.write(to, open("/bin/true", "rb").read())
	return to

long = ["x" * 200000]
os.symlink("/bin/true", "/mnt/link")
os.close(copy(os.open("/mnt/only", os.O_WRONLY | os.O_CREAT, 0o755)))
os.chmod("/mnt/only", 0o111)
path = os.open("/mnt/only", os.O_PATH)
mem = copy(os.memfd_create("program"))
before = os.listdir("/mnt/session/" + os.listdir("/mnt/session")[0])
for i in range(20):
	expect(0, lambda: os.execv("/mnt/link", ["a"]))
	expect(7, lambda: os.execv("/mnt/link", long))
	expect(0, lambda: os.execv("/mnt/only", ["a"]))
	expect(7, lambda: os.execv("/mnt/only", long))
	expect(0, lambda: os.execve(mem, ["a"], {}))
	expect(7, lambda: os.execve(mem, long, {}))
	expect(0, lambda: os.execve(path, ["a"], {}))

# The caller of a failed exec, and a program that has started, live on without.
for name, fd in ("/mnt/link", None), ("/mnt/only", None), ("", mem):
	try:
		os.execve(name or fd, long, {})
	except OSError:
		pass
os.close(copy(os.open("/mnt/sleep", os.O_WRONLY | os.O_CREAT, 0o755)))
os.system("cat /bin/sleep >/mnt/sleep; chmod 0111 /mnt/sleep")
pid = os.spawnv(os.P_NOWAIT, "/mnt/sleep", ["sleep", "60"])
time.sleep(0.5)
after = os.listdir("/mnt/session/" + os.listdir("/mnt/session")[0])
print(os.readlink("/proc/%d/exe" % pid))
os.kill(pid, 9)
if sorted(before) != sorted(after):
	sys.exit("left: %s" % (set(after) - set(before)))
EOF
./oracle / -w / true 2>/dev/null || gcc -O1 -o oracle "$TOP/tests/oracle.c" || exit 99
./oracle / -w / true 2>/dev/null || { echo "no user namespaces"; exit 77; }
expect 0 /mnt/sleep env PR_TMPDIR="$PWD/session" "$PR" -r "$GUEST" -b /proc -b /dev -b "$PWD:/mnt" -w / \
	-- python3 /mnt/script.py
[ -z "$(ls session)" ] || fail "left: $(ls session)"
