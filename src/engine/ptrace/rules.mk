# SPDX-License-Identifier: MIT
# The text of the seccomp filter is kept, one file for each machine that we are built for.
GENERATED += $(wildcard tests/filter/$(MACHINE).txt)

$(B)/gen/tests/filter/%.txt: $(B)/tools/print-filter
	@mkdir -p $(@D)
	$< >$@

# Where a machine has no agent, no thread is ever in it.
NOT_SRC += src/engine/ptrace/$(if $(MACHINE_AGENT),agent_none.c,agent.c)
