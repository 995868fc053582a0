# SPDX-License-Identifier: MIT
# The loaders: programs of their own, built without any library or system header, and embedded in
# pr by src/exec/blob.S. Without a compiler of 32-bit code that one is left out.

LOADER_CFLAGS := -std=gnu11 $(WARN) -Isrc -Os -ffreestanding -fno-builtin -fPIE \
	-fvisibility=hidden -fno-stack-protector -fno-asynchronous-unwind-tables \
	-fno-strict-aliasing $(call cc-option,-fno-tree-loop-distribute-patterns) \
	$(call cc-option,-fcf-protection=none) \
	-mgeneral-regs-only -U_FORTIFY_SOURCE
LOADER_PAGE := $(if $(filter aarch64 arm,$(MACHINE)),65536,4096)
LOADER_LDFLAGS := -nostdlib -static -Wl,-pie,--no-dynamic-linker,--build-id=none,-s \
	-Wl,-z,noexecstack,-z,norelro,-z,max-page-size=$(LOADER_PAGE),--hash-style=sysv,--orphan-handling=warn
LOADER_SRC := src/exec/loader/loader.c src/exec/loader/image.c
# The agent, and what it has of the walk.
AGENT_SRC := src/exec/loader/agent.c src/arch/x86_64/agent_stub.c $(wildcard src/agent/*.c src/path/canon*.c) src/path/view.c src/base/pathbuf.c \
	src/ident/record.c
LOADER_DEP := $(wildcard src/exec/loader/* src/arch/*/loader* src/arch/*/area.c src/agent/* \
	src/arch/*/agent* src/path/*.h src/base/*.h src/ident/record*.h src/ident/owner.h) $(AGENT_SRC) \
	src/arch/area.h src/arch/loader.h src/arch/agent.h src/exec/elf_format.h

NOT_SRC += src/arch/i386/loader.c src/arch/aarch64/loader.c src/arch/arm/loader.c

LOADERS := $(B)/loader/$(MACHINE)
BLOB_FLAGS := -DLOADER_NATIVE='"loader/$(MACHINE)"'

# The sibling's compiler: this one, if it makes both, or else one of the sibling's own.
ifeq ($(MACHINE),x86_64)
CC_SIBLING ?= $(CC) -m32
else ifeq ($(MACHINE),aarch64)
CC_SIBLING ?= $(if $(shell command -v arm-linux-gnueabihf-gcc),arm-linux-gnueabihf-gcc,\
	clang --target=arm-linux-gnueabihf -fuse-ld=lld)
endif
ifeq ($(shell [ -n "$(CC_SIBLING)" ] && echo 'int x;' | \
	$(CC_SIBLING) -nostdlib -shared -xc -o /dev/null - 2>/dev/null && echo yes),yes)
LOADERS += $(B)/loader/$(MACHINE_SIBLING)
BLOB_FLAGS += -DLOADER_COMPAT='"loader/$(MACHINE_SIBLING)"'
endif

$(B)/loader/x86_64: $(LOADER_DEP)
	@mkdir -p $(@D)
	$(CC) -DLOADER_AGENT_IN $(LOADER_CFLAGS) -E -P -xc -D__ASSEMBLER__ \
		src/exec/loader/loader.lds.S -o $@.lds
	$(CC) $(LOADER_CFLAGS) $(LOADER_LDFLAGS) -Wl,-T,$@.lds -o $@ \
		-DLOADER_AGENT_IN src/arch/x86_64/loader_entry.S src/arch/x86_64/agent_entry.S \
		$(LOADER_SRC) $(AGENT_SRC)

$(B)/loader/i386: $(LOADER_DEP)
	@mkdir -p $(@D)
	$(CC) -DLOADER_WRITES_AREA $(LOADER_CFLAGS) -E -P -xc -D__ASSEMBLER__ \
		src/exec/loader/loader.lds.S -o $@.lds
	$(CC_SIBLING) $(LOADER_CFLAGS) $(LOADER_LDFLAGS) -Wl,-T,$@.lds -o $@ \
		src/arch/i386/loader_entry.S src/arch/i386/loader.c src/arch/i386/area.c \
		$(LOADER_SRC)

# No agent, no stubs.
$(B)/loader/aarch64: $(LOADER_DEP)
	@mkdir -p $(@D)
	$(CC) -DLOADER_WRITES_AREA $(LOADER_CFLAGS) -E -P -xc -D__ASSEMBLER__ \
		src/exec/loader/loader.lds.S -o $@.lds
	$(CC) $(LOADER_CFLAGS) $(LOADER_LDFLAGS) -Wl,-T,$@.lds -o $@ \
		src/arch/aarch64/loader_entry.S src/arch/aarch64/loader.c $(LOADER_SRC)

# The same, of 32 bits: under aarch64, too. ARM code, not Thumb, for the loader's entry is even.
CC_ARM := $(if $(filter arm,$(MACHINE)),$(CC),$(CC_SIBLING))
$(B)/loader/arm: $(LOADER_DEP)
	@mkdir -p $(@D)
	$(CC_ARM) -DLOADER_WRITES_AREA $(LOADER_CFLAGS) -E -P -xc -D__ASSEMBLER__ \
		src/exec/loader/loader.lds.S -o $@.lds
	$(CC_ARM) $(LOADER_CFLAGS) -marm $(LOADER_LDFLAGS) -Wl,-T,$@.lds -o $@ \
		src/arch/arm/loader_entry.S src/arch/arm/loader.c $(LOADER_SRC)

$(B)/exec/blob.o: src/exec/blob.S $(LOADERS)
	@mkdir -p $(@D)
	$(CC) $(BLOB_FLAGS) -Wa,-I$(B) -c -o $@ $<

EXTRA_OBJ += $(B)/exec/blob.o
