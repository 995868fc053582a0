#!/bin/bash
# Sub-commands: help, mistakes, and completions that their shells take.
# needs:
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

expect 0 '*exec SESSION*doctor*' "$PR" help
expect 0 'usage: pr exec *--cwd*' "$PR" help exec
expect 0 'usage: pr exec *--cwd*' "$PR" exec -w / --help
expect_line 125 '*nothing-like-it*pr help*' "$PR" help nothing-like-it
expect_line 125 '*exec*something is missing*SESSION*' "$PR" exec
expect_line 125 '*--josn*--json*' "$PR" doctor --josn
expect_line 125 '*doctor takes no --sandbox*' "$PR" doctor --sandbox
expect_line 125 '*belongs to a sub-command: pr convert*' "$PR" --to=ids true
expect_line 125 '*--to=ids -r PATH*' "$PR" convert -r /a
expect_line 125 '*--to=ids -r PATH*' "$PR" convert --to=ids
expect_line 125 '*--keep-records*--to=ids*' "$PR" convert --to=records --keep-records -r /a
expect_line 125 '*ksh*bash, zsh or fish*' "$PR" completion ksh

# What a shell would offer for `pr WORD...`.
offers_bash() {
	bash -c 'source <("$PR" completion bash); COMP_WORDS=("$PR" "$@"); COMP_CWORD=$#
		_pr_complete; printf "%s\n" "${COMPREPLY[@]}"' - "$@"
}
offers_bash "do" | grep -qx doctor || fail "bash does not complete a sub-command"
offers_bash exec --cw | grep -qx -- --cwd || fail "bash does not complete an option"
offers_bash --roo | grep -qx -- --rootfs || fail "bash does not complete a plain option"
offers_bash completion f | grep -qx fish || fail "bash does not complete a word"
offers_bash help con | grep -qx convert || fail "bash does not ask for names"
if command -v fish >/dev/null; then
	PATH=$(dirname "$PR"):$PATH fish -c '"$PR" completion fish | source
		complete -C "pr do"; complete -C "pr exec --cw"; complete -C "pr completion z"' >offers 2>&1
	grep -q ^doctor offers && grep -q ^--cwd offers && grep -q ^zsh offers ||
		fail "fish: $(cat offers)"
fi
if command -v zsh >/dev/null; then
	"$PR" completion zsh >_pr
	zsh -fc 'autoload -Uz compinit; compinit -u -d dump; source ./_pr; (( $+functions[_pr_complete] ))' ||
		fail "zsh does not take it"
fi
exit 0
