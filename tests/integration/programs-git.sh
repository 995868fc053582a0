#!/bin/bash
# git init, commit, clone (by path, file:// and hard links), gc, fsck, status, worktree.
# needs: guest
# timeout: 200
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

cat >script <<'S'
set -e
export GIT_AUTHOR_DATE='1700000000 +0000' GIT_COMMITTER_DATE='1700000000 +0000'
git config --global user.email a@b; git config --global user.name n
git config --global init.defaultBranch main; git config --global advice.detachedHead false
rm -rf repo copy copy2 copy3 tree; git init -q repo; cd repo
mkdir -p a/b c; for i in $(seq 1 200); do echo "file $i" >a/b/f$i; echo x$i >c/g$i; done
ln -s ../a/b/f1 c/link; echo run >script; chmod +x script
git add -A; git commit -qm one
for i in $(seq 1 20); do echo "more $i" >>a/b/f$i; git commit -qam "change $i"; done
git status --short; git log --oneline | wc -l; git rev-parse HEAD
cd ..
git clone -q repo copy; git clone -q "file://$PWD/repo" copy2; git clone -q --no-hardlinks --bare repo copy3
(cd copy && git rev-parse HEAD && git gc -q && git fsck 2>&1 && git status --short && ls .git/objects/pack | wc -l)
(cd copy2 && echo new >new && git add new && git commit -qm new && git push -q origin HEAD:other)
(cd repo && git branch -a && git merge -q other && git worktree add -q ../tree HEAD~3 && cat ../tree/.git)
(cd tree && git status --short | wc -l && git rev-parse HEAD)
cd repo && mv a z && git add -A && git commit -qm moved && git log --follow --oneline z/b/f1 | wc -l
git stash list; git grep -c more | wc -l; git diff HEAD~1 --stat -M | tail -1
S
CLEAN+=(GIT_CONFIG_GLOBAL=/mnt/gitconfig)
same bash script
exit 0
