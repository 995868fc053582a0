# SPDX-License-Identifier: MIT
# The text of the seccomp filter is kept, one file for each machine that we are built for.
MACHINE := $(firstword $(subst -, ,$(shell $(CC) -dumpmachine 2>/dev/null)))
GENERATED += $(wildcard tests/filter/$(MACHINE).txt)

$(B)/gen/tests/filter/%.txt: $(B)/tools/print-filter
	@mkdir -p $(@D)
	$< >$@
