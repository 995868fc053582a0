# SPDX-License-Identifier: MIT
# The manual is printed from the option table and manual.def.
GENERATED += docs/pr.1

$(B)/gen/docs/pr.1: $(B)/tools/print-manual
	@mkdir -p $(@D)
	$< >$@
