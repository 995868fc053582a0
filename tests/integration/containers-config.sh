#!/bin/bash
# What an image says of command, user, directory, volumes and signals is done as docker does it.
# needs: busybox python3
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

export PR_HOME=$PWD/state
mkdir -p t/bin t/etc t/srv t/real
cp "$(command -v busybox)" t/bin/busybox
! ldd t/bin/busybox >/dev/null 2>&1 || { echo "busybox is not static"; exit 77; }
for a in sh id pwd echo ls sleep; do ln -s busybox "t/bin/$a"; done
ln -s real t/link
printf 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:33::/srv:/bin/sh\n' >t/etc/passwd
printf 'root:x:0:\nweb:x:33:\nmail:x:8:web\nextra:x:77:web\n' >t/etc/group
tar -C t --owner=0 --group=0 -cf root.tar .
python3 - <<'END' || exit 99
import os, sys
sys.path.insert(0, os.environ['TOP'] + '/tests/integration')
import images
root = open('root.tar', 'rb').read()
for name, config in {
        'full': {'Entrypoint': ['/bin/echo', 'E'], 'Cmd': ['c1', 'c2'], 'WorkingDir': '/not/there',
                 'User': 'web:mail', 'Volumes': {'/vol/a': {}, '/vol/b/': {}}},
        'cmd': {'Cmd': ['id'], 'User': '33'},
        'bare': None,
        'nobody': {'Cmd': ['id'], 'User': 'nobodyhere'},
        'link': {'Cmd': ['pwd'], 'WorkingDir': '/link/sub'},
        'up': {'Cmd': ['pwd'], 'WorkingDir': '/../../../../tmp/pr-config-outside'},
        'stop': {'Cmd': ['/bin/sh', '-c', 'trap "exit 9" USR1; echo up; while :; do sleep 0.05; done'],
                 'StopSignal': 'SIGUSR1'}}.items():
    t = images.Tar(name + '.tar')
    images.finish(t, [images.named(images.image(t, [root], config=config), name + ':1')])
END
for f in full cmd bare nobody link up stop; do "$PR" load -q $f.tar >/dev/null || fail "load $f"; done
run() { "$PR" run --rm "$@"; }

# ---- the command
expect_line 0 'E c1 c2' run full:1
expect_line 0 'E x y' run full:1 x y
expect_line 0 /not/there run --entrypoint /bin/pwd full:1
expect_line 0 'a b' run --entrypoint '' full:1 /bin/echo a b
expect_line 0 '' run bare:1 # a shell, whose input is empty
expect_line 0 x run bare:1 echo x
expect_line 127 '*/none*' run bare:1 /none
expect_line 126 '*/etc*' run bare:1 /etc
expect_line 143 '' run bare:1 sh -c 'kill $$'

# ---- the user
expect_line 0 'uid=33(web) gid=8(mail)' run --entrypoint '' full:1 id
expect_line 0 'uid=33(web) gid=33(web) groups=8(mail),77(extra)' run cmd:1
expect_line 0 'uid=33(web) gid=77(extra)' run -u web:77 cmd:1
expect_line 0 'uid=1234 gid=0(root)' run -u 1234 cmd:1
expect_line 0 'uid=1234 gid=33(web)' run -u 1234:web cmd:1
expect_line 0 'uid=0(root) gid=0(root)' run -u 0:0 cmd:1
expect_line 125 "*'nobodyhere'*" run nobody:1
expect_line 125 "*'nogroup'*" run -u web:nogroup cmd:1

# ---- directories that are not there: root's, and in the container
expect 0 $'drwxr-xr-x * root *root * /not/there\ndrwxr-xr-x * root *root * /vol/a\ndrwxr-xr-x * root *root * /vol/b' \
	run --entrypoint '' full:1 ls -ld /not/there /vol/a /vol/b
expect_line 0 /real/sub run link:1
expect_line 0 /tmp/pr-config-outside run up:1
[ ! -e /tmp/pr-config-outside ] || fail "a WorkingDir outside"
expect_line 0 /new/one run -w /new/one cmd:1 pwd
expect_line 125 '*from the root on*' run -w new cmd:1 pwd

# ---- the signal to stop
expect_line 0 s "$PR" run -d --name s stop:1
wait_for eval '"$PR" logs s | grep -q up'
expect_line 0 s "$PR" stop s
expect_line 0 9 "$PR" wait s
"$PR" commit s kept:1 >/dev/null || fail "commit"
"$PR" inspect kept:1 | grep -q '"stop_signal": "SIGUSR1"' || fail "commit loses the StopSignal"
expect_line 0 s "$PR" list -q
exit 0
