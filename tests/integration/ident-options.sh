#!/bin/bash
# -0, -i, --user, --groups, -S: who the guest is told it is, by the guest's own passwd and group.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

printf '%s\n' 'root:x:0:0:root:/root:/bin/sh' 'bob:x:1000:100::/home/bob:/bin/sh' \
	'nohome:x:1001:100:::/bin/sh' >passwd
printf '%s\n' 'root:x:0:' 'users:x:100:' 'adm:x:4:bob,root' 'sudo:x:27:bob' >group
ln -s passwd passwd.link

# ids OPTION...: all four ids, the groups, HOME.
# shellcheck disable=SC2317 # expect calls it
ids() {
	HOME=/host/home guest -b "$PWD/passwd:/etc/passwd" -b "$PWD/group:/etc/group" "$@" \
		/bin/sh -c 'grep -E "^(Uid|Gid|Groups):" /proc/self/status | tr "\t\n" "  "; echo "$HOME"'
}

expect 0 'Uid: 0 0 0 0 Gid: 0 0 0 0 Groups:   /host/home' ids -0
expect 0 'Uid: 5 5 5 5 Gid: 6 6 6 6 Groups:   /host/home' ids -i 5:6
expect 0 'Uid: 1000 1000 1000 1000 Gid: 100 100 100 100 Groups: 4 27  /home/bob' ids --user bob
expect 0 'Uid: 1000 * Gid: 100 * Groups: 4 27  /home/bob' ids -u 1000
expect 0 'Uid: 1000 * Gid: 27 * Groups:   /home/bob' ids -u bob:sudo
expect 0 'Uid: 1000 * Gid: 77 * Groups:   /home/bob' ids -u bob:77
expect 0 'Uid: 2000 * Gid: 0 * Groups:   /' ids -u 2000
expect 0 'Uid: 1001 * Gid: 100 * Groups:   /' ids -u nohome
expect 0 'Uid: 0 * Gid: 0 * Groups: 4  /root' ids -u root
expect 0 'Uid: 1000 * Groups: 4 9  /home/bob' ids -u bob --groups 9,adm
expect 0 'Uid: 1000 * Groups:   /home/bob' ids -u bob --groups ''
expect 0 'Uid: 0 * Groups: 27  /host/home' ids -0 --groups sudo
expect 0 '*/x' ids -u bob --env HOME=/x
expect 0 'Uid: 5 * /host/home' ids -u bob -i 5:6
expect 0 'Uid: 0 * Gid: 0 *' ids -i 5:6 -0

# Mistakes: one line each.
expect_line 125 "*no user 'eve'*/etc/passwd" ids --user eve
expect_line 125 "*no group 'none'*/etc/group" ids --user bob:none
expect_line 125 "*no group 'none'*/etc/group" ids -0 --groups 4,none
expect_line 125 '*--groups*' ids --groups 4
expect_line 125 "*'4294967295'*" ids --user 4294967295
mkdir -p empty
expect_line 125 "*no user 'bob'*no /etc/passwd*" "$PR" -r empty --user bob /bin/true

# The files are the guest's: links in them lead inside, and a bind over them counts.
mkdir -p root/etc root/data
cp passwd group root/data
ln -s /data/passwd root/etc/passwd
ln -s ../data/group root/etc/group
expect_line 127 '*' "$PR" -r root --user bob /bin/true
ln -sf /no/such/file root/etc/passwd
expect_line 125 "*no user 'bob'*" "$PR" -r root --user bob /bin/true

# Without an identity nothing is told otherwise; root drops to a user for good.
expect 0 "$(id -u)" "$PR" -r "$GUEST" -w / id -u
expect 0 '5 6 6 2' guest -0 setpriv --reuid 5 --regid 6 --groups 2 \
	sh -c 'echo $(id -u) $(id -g) $(id -G)'
expect 127 '*Operation not permitted*' guest -0 setpriv --reuid 5 --regid 6 --clear-groups \
	setpriv --reuid 0 true
expect 0 0 "$PR" -S "$GUEST" sh -c 'test -d /proc/self -a -d "$HOME" && id -u'
exit 0
