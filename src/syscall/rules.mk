# SPDX-License-Identifier: MIT
# docs/syscalls.md is printed from the table.
GENERATED += docs/syscalls.md

$(B)/gen/docs/syscalls.md: $(B)/tools/print-syscalls
	@mkdir -p $(@D)
	$< >$@

$(B)/tools/print-syscalls $(B)/tools/print-filter: $(B)/tools/%: tests/tools/%.c $(B)/libpr.a
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(ALL_CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
