# SPDX-License-Identifier: MIT
# The machine that pr is built for, and its 32-bit sibling: of src/arch/<machine>/ only these count.
MACHINE := $(shell $(CC) $(CFLAGS) -dM -E -xc /dev/null | \
	sed -n 's/^.define __\(x86_64\|i386\|aarch64\|arm\)__ 1/\1/p')
ifeq ($(MACHINE),)
$(error $(CC) builds for a machine that is not in src/arch)
endif
MACHINE_SIBLING := $(patsubst x86_64,i386,$(patsubst aarch64,arm,$(filter x86_64 aarch64,$(MACHINE))))
# Whose registers are read in the machine's own way.
NOT_SRC += $(MACHINE_SIBLING:%=src/arch/%/regset.c) $(MACHINE_SIBLING:%=src/arch/%/debug.c)
NOT_SRC += $(filter-out $(foreach m,$(MACHINE) $(MACHINE_SIBLING),src/arch/$(m)/%), \
	$(wildcard src/arch/*/*.c))

# A machine has the agent if it has the agent's entry.
MACHINE_AGENT := $(wildcard src/arch/$(MACHINE)/agent_entry.S)
NOT_SRC += $(if $(MACHINE_AGENT),src/arch/agent_none.c)
NOT_UNIT += $(if $(MACHINE_AGENT),,arch_agent_site)

# The tables of numbers. Where the headers of that ABI are not installed, what is committed stands.
NUMBERS := src/arch/x86_64/numbers.h src/arch/i386/numbers.h src/arch/aarch64/numbers.h src/arch/arm/numbers.h
GENERATED += $(NUMBERS)

$(NUMBERS:%=$(B)/gen/%): $(B)/gen/src/arch/%/numbers.h: src/arch/gen-numbers src/arch/numbers.txt
	@mkdir -p $(@D)
	CC="$(CC)" src/arch/gen-numbers $* >$@ || { [ $$? = 77 ] && cp src/arch/$*/numbers.h $@; }
