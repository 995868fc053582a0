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
# What there is it asks the program itself for. Readline makes three words of one:2.
mkdir bin
printf '#!/bin/sh\nprintf "%%s\\n" one:1 one:2 two:1\n' >bin/pr
chmod +x bin/pr
offers_names() {
	bash -c 'source <("$PR" completion bash); COMP_WORDS=(bin/pr "$@"); COMP_CWORD=$#
		_pr_complete; echo ${COMPREPLY[@]}' - "$@"
}
[ "$(offers_names rmi o)" = 'one:1 one:2' ] || fail "bash: images: $(offers_names rmi o)"
[ "$(offers_names rmi one :)" = '1 2' ] || fail "bash: behind a colon: $(offers_names rmi one :)"
[ "$(offers_names save two one : 2)" = 2 ] || fail "bash: a tag: $(offers_names save two one : 2)"
[ "$(offers_names install t)" = two:1 ] || fail "bash: an alias"
if command -v fish >/dev/null; then
	PATH=$PWD/bin:$PATH fish -c '"$PR" completion fish | source
		complete -C "pr do"; complete -C "pr exec --cw"; complete -C "pr completion z"
		complete -C "pr install tw"; complete -C "pr remove --f"' >offers 2>&1
	grep -q ^doctor offers && grep -q ^--cwd offers && grep -q ^zsh offers &&
		grep -q ^two:1 offers && grep -q ^--force offers || fail "fish: $(cat offers)"
fi
if command -v zsh >/dev/null; then
	"$PR" completion zsh >_pr
	zsh -fc 'autoload -Uz compinit; compinit -u -d dump; source ./_pr; (( $+functions[_pr_complete] ))' ||
		fail "zsh does not take it"
	# What it would give to zsh, for words of a command line.
	zsh -fc 'compdef() {}; compadd() { print -l -- ${(P)@[-1]} }; _files() { print files }
		_describe() { print -l -- ${(P)@[-1]} }; source ./_pr
		words=(bin/pr install "") CURRENT=3; _pr_complete; words=(bin/pr rmi "") CURRENT=3; _pr_complete
		words=(bin/pr "") CURRENT=2; _pr_complete' >offers 2>&1
	[ "$(head -7 offers | tr '\n' ' ')" = 'one:1 one:2 two:1 files one:1 one:2 two:1 ' ] &&
		grep -q ^doctor: offers || fail "zsh: $(cat offers)"
fi
exit 0
