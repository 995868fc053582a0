# SPDX-License-Identifier: MIT
# The tables of numbers. Where the headers of that ABI are not installed, what is committed stands.
NUMBERS := src/arch/x86_64/numbers.h src/arch/i386/numbers.h
GENERATED += $(NUMBERS)

$(NUMBERS:%=$(B)/gen/%): $(B)/gen/src/arch/%/numbers.h: src/arch/gen-numbers src/arch/numbers.txt
	@mkdir -p $(@D)
	CC="$(CC)" src/arch/gen-numbers $* >$@ || { [ $$? = 77 ] && cp src/arch/$*/numbers.h $@; }
