# SPDX-License-Identifier: MIT
# docs/syscalls.md is printed from the table.
GENERATED += docs/syscalls.md

$(B)/gen/docs/syscalls.md: $(B)/tools/print-syscalls
	@mkdir -p $(@D)
	$< >$@
