# SPDX-License-Identifier: MIT
# The text of the seccomp filter is kept, one file for each machine. All are printed wherever we are:
# the table and the generator know no machine but by its ABIs.
GENERATED += $(wildcard tests/filter/*.txt)

FILTER_TEXT_SRC := tests/tools/print-filter.c src/engine/ptrace/filter.c src/engine/ptrace/filterprint.c \
	src/syscall/table.c
$(B)/tools/print-filter-%: $(FILTER_TEXT_SRC) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS) -DABIS_OF_OTHER -DABIS_OF_$* -o $@ $(FILTER_TEXT_SRC) $(LIBS)

$(B)/gen/tests/filter/%.txt: $(B)/tools/print-filter-%
	@mkdir -p $(@D)
	$< >$@

# Where a machine has no agent, no thread is ever in it.
NOT_SRC += src/engine/ptrace/$(if $(MACHINE_AGENT),agent_none.c,agent.c)
