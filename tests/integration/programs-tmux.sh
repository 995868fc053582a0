#!/bin/bash
# tmux: a server that leaves its terminal, sessions, a pane that runs a shell, a socket in /tmp.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

cat >script <<'S'
set -e
T="tmux -S /mnt/socket -f /dev/null"
$T new-session -d -s one -x 80 -y 24 'sh'
$T list-sessions -F '#{session_name} #{session_windows}'
$T send-keys -t one 'cd /usr; echo $((6*7)) >/mnt/answer; tty >/dev/null && pwd >>/mnt/answer' Enter
i=0; while [ $(cat /mnt/answer 2>/dev/null | wc -l) -lt 2 ] && [ $i -lt 500 ]; do sleep 0.02; i=$((i+1)); done
cat /mnt/answer
$T new-window -t one 'exec sleep 100'
i=0; while ! $T list-windows -t one -F '#{pane_current_command}' | grep -q sleep && [ $i -lt 500 ]; do i=$((i+1)); done
$T list-windows -t one -F '#{window_index} #{pane_current_command}'
$T display-message -p -t one:0 '#{pane_current_path}'
$T kill-server
i=0; while $T list-sessions 2>/dev/null && [ $i -lt 200 ]; do sleep 0.02; i=$((i+1)); done
echo done
S
under_pr sh script >output 2>&1 || { cat output; fail "exit status $?"; }
printf '%s\n' 'one 1' 42 /usr '0 sh' '1 sleep' /usr 'done' | diff - output || fail "another answer"
exit 0
