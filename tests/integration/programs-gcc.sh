#!/bin/bash
# make -j4 of a few hundred generated C files, libraries and a program that runs; then nothing to do.
# needs: guest
# timeout: 300
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

mkdir -p src
for ((i = 0; i < 250; i++)); do
	cat >"src/file$i.c" <<C
#include "file$(((i + 1) % 250)).h"
#include <stdio.h>
int file$i(int n) { return n > 0 ? file$(((i + 1) % 250))(n - 1) + $i % 7 : 0; }
C
	echo "int file$i(int n);" >"src/file$i.h"
done
cat >src/main.c <<'C'
#include <stdio.h>
#include "file0.h"
int main(void) { printf("%d\n", file0(250)); return 0; }
C
cat >Makefile <<'M'
OBJ := $(patsubst src/%.c,obj/%.o,$(wildcard src/*.c))
prog: obj/libfiles.a
	gcc -o $@ obj/main.o obj/libfiles.a
obj/libfiles.a: $(OBJ)
	rm -f $@; ar rcs $@ $(filter-out obj/main.o,$^)
obj/%.o: src/%.c | obj
	gcc -O0 -MMD -c -o $@ $<
obj:
	mkdir -p obj
-include $(OBJ:.o=.d)
M
under_pr make -s -j4 >output 2>&1 || { tail output; fail "make"; }
[ "$(find obj -name '*.o' | wc -l)" = 251 ] || fail "objects are missing"
[ "$(under_pr ./prog)" = 745 ] || fail "the program said $(under_pr ./prog)"
! under_pr make -n | grep -q gcc || fail "make would do it again"
touch src/file7.h
[ "$(under_pr make -n | grep -c 'gcc -O0')" = 1 ] || fail "dependencies are wrong"
exit 0
