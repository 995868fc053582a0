#!/bin/bash
# pr pull calls skopeo or curl if they are there, and loads what they bring; the progress line is a terminal's alone.
# needs: python3
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

export PR_HOME=$PWD/state
python3 "$TOP/tests/integration/images.py" nested nested.tar || exit 99
mkdir lay bin none && tar -xf nested.tar -C lay

# ---- what stands for the network -------------------------------------------------------------------

cat >bin/skopeo <<END
#!/bin/sh
echo "skopeo \$*" >>"$PWD/asked"
echo "Getting image source signatures"
for last; do :; done
to=\${last#oci:}
case \$* in *docker://docker.io/library/gone*) echo "manifest unknown" >&2; exit 1 ;; esac
cp -r "$PWD/lay" "\${to%:*}"
END
cat >bin/curl <<END
#!/bin/sh
echo "curl \$*" >>"$PWD/asked"
while [ "\$1" != --output ]; do shift; done
cp "$PWD/nested.tar" "\$2"
END
chmod +x bin/*
with() { PATH=$PWD/bin:$PATH "$@"; }

got=$(with "$PR" pull debian:12 2>said) || fail "pull: $(cat said)"
[ "$(echo $got)" = 'multi:1 debian:12' ] || fail "pull: $got"
grep -q 'Getting image' said || fail "skopeo's words went elsewhere"
grep -qx 'skopeo copy docker://docker.io/library/debian:12 oci:.*/pulled:latest' asked || fail "$(cat asked)"
with "$PR" pull --platform=arm quay.io/x/y >/dev/null 2>&1 || fail "pull --platform"
grep -q -- '--override-os linux --override-arch arm --override-variant v7 docker://quay.io/x/y:latest' asked ||
	fail "$(cat asked)"
"$PR" inspect quay.io/x/y | grep -q '"architecture": "arm"' || fail "another platform"
expect 1 '*manifest unknown*skopeo could not fetch it*' with "$PR" pull gone
with "$PR" pull https://example.com/x.tar >/dev/null 2>&1 || fail "pull a URL"
grep -q 'curl .* https://example.com/x.tar' asked || fail "$(cat asked)"
expect_line 1 '*skopeo is not installed*pr load*' env PATH=none "$PR" pull debian
expect_line 1 '*curl is not installed*' env PATH=none "$PR" pull https://x/y
expect_line 1 "*'Debian'*" "$PR" pull Debian
[ -z "$(ls state/tmp)" ] || fail "work is left: $(ls state/tmp)"

# ---- progress --------------------------------------------------------------------------------------

# What is printed at a terminal of so many columns while a slow pipe is loaded.
at_terminal() {
	python3 - "$PR" "$@" <<'END'
import fcntl, os, pty, struct, sys, termios, threading, time
pr, columns, term = sys.argv[1], int(sys.argv[2]), sys.argv[3]
r, w = os.pipe()
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(2, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    os.dup2(r, 0)
    os.closerange(3, 64)
    os.environ['TERM'] = term
    os.execv(pr, [pr, 'load', '-'])
os.close(r)

def feed():
    data = open('slow.tar', 'rb').read()
    for i in range(16):
        os.write(w, data[len(data) * i // 16:len(data) * (i + 1) // 16])
        time.sleep(0.1)
    os.close(w)

threading.Thread(target=feed).start()
said = b''
try:
    while data := os.read(fd, 4096):
        said += data
except OSError:
    pass
os.waitpid(pid, 0)
sys.stdout.buffer.write(said)
END
}
python3 - <<'END'
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/integration')
import images
t = images.Tar('slow.tar')
images.finish(t, [images.named(images.image(t, (images.layer({'f': os.urandom(8 << 20)}),)), 'slow:1')])
END
at_terminal 80 xterm >said
grep -q 'standard input\|-: .*MB, .*MB/s' said || fail "no progress: $(cat -v said)"
grep -q 'slow:1' said || fail "not loaded: $(cat -v said)"
at_terminal 20 xterm | tr '\r' '\n' | sed 's/\x1b\[K//g' >said
[ "$(awk '{ if (length > m) m = length } END { print m }' said)" -lt 20 ] || fail "too long: $(cat -v said)"
at_terminal 80 dumb >said
[ "$(tr -d '\r' <said)" = slow:1 ] || fail "progress at a dumb terminal: $(cat -v said)"
expect 0 slow:1 "$PR" load slow.tar
exit 0
