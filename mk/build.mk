# SPDX-License-Identifier: Apache-2.0
# Compiling and linking. The library (agent/ without main.c) is built three times: plain, with
# sanitizers for unit tests (asan/), and by clang for libFuzzer (fuzz/).

ifeq ($(origin CC),default)
CC := gcc
endif
OPTIMISE ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wmissing-prototypes -Wvla -Werror
CPPFLAGS += -D_GNU_SOURCE -I. -Iagent -I$(BUILD)
# The same sources give the same bytes, wherever they lie and are built.
SAME_PATHS := -ffile-prefix-map=$(BUILD_DIR)=build -ffile-prefix-map=$(CURDIR)=.
COMMON_CFLAGS := -std=gnu11 $(WARNINGS) $(SAME_PATHS) $(CFLAGS)
PLAIN_CFLAGS := $(OPTIMISE) -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIE
PLAIN_LDFLAGS := -pie -Wl,-z,relro,-z,now -Wl,--as-needed
ASAN_CFLAGS := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_CFLAGS := $(ASAN_CFLAGS) -fsanitize=fuzzer-no-link
LIBRARIES := -lbpf -lelf -lz -lmnl -lcjson -lyaml -lcurl -lmicrohttpd

# The kernel decides what programs and callbacks are passed, so not all of it is used. Blocks stay
# where the source has them: Linux 6.1 takes no loop that is entered in its middle ("back-edge").
BPF_CFLAGS := -std=gnu11 -g -O2 -target bpf -mcpu=v2 -mllvm -disable-block-placement \
	      -Wall -Wextra -Wshadow -Wno-unused-parameter -Werror $(SAME_PATHS)
# Without it clang does not find <asm/types.h>; asked late, since gcc may only just be installed.
BPF_INCLUDES = -idirafter /usr/include/$(shell $(CC) -print-multiarch)

# One short line for each command; V=1 shows the command itself.
SILENT := $(findstring s,$(filter-out --%,$(firstword -$(MAKEFLAGS))))
say = $(if $(V),,@$(if $(SILENT),,printf '  %-8s %s\n' $(1) $(@:$(BUILD)/%=%);))

objects = $(patsubst %.c,$(BUILD)/$(1)/%.o,$(2))
# ar would replace members of the same base name if it were not to append.
archive = $(call say,AR) rm -f $@ && $(AR) qcsD $@ $^

# ---- BPF: object and skeleton, both directly under $(BUILD) ----

define bpf_rule
$(BUILD)/%.bpf.o: $(1)/%.bpf.c mk/build.mk | $$(DEPS_STAMP)
	$$(call say,BPF) $$(CLANG) $$(BPF_CFLAGS) -I. $$(BPF_INCLUDES) -MMD -MP -c $$< -o $$@
	@$$(LLVM_STRIP) -g $$@
endef
$(foreach folder,bpf test/packet test/lab bench,$(eval $(call bpf_rule,$(folder))))

$(BUILD)/%.skel.h: $(BUILD)/%.bpf.o
	$(call say,SKEL) $(BPFTOOL) gen skeleton $< name $* > $@

# ---- Host objects ----

# Skeletons exist before anything that may include them is compiled for the first time.
SKELETON_USERS := $(wildcard agent/datapath/*.c test/packet/*.c bench/*.c)
$(foreach kind,obj asan fuzz-obj clang-obj,$(call objects,$(kind),$(SKELETON_USERS))): \
	| $(SKELETONS)

$(BUILD)/obj/%.o: %.c mk/build.mk | $(DEPS_STAMP)
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(CPPFLAGS) $(COMMON_CFLAGS) $(PLAIN_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/asan/%.o: %.c mk/build.mk | $(DEPS_STAMP)
	@mkdir -p $(@D)
	$(call say,CC) $(CC) $(CPPFLAGS) $(COMMON_CFLAGS) $(ASAN_CFLAGS) -MMD -MP -c $< -o $@

$(BUILD)/fuzz-obj/%.o: %.c mk/build.mk | $(DEPS_STAMP)
	@mkdir -p $(@D)
	$(call say,CC) $(CLANG) $(CPPFLAGS) $(COMMON_CFLAGS) $(FUZZ_CFLAGS) -MMD -MP -c $< -o $@

# ---- Archives ----

$(BUILD)/libpathroute.a: $(call objects,obj,$(LIBRARY_SOURCES))
	$(archive)

# Unit tests may use the parts of pathroutectl, too.
$(BUILD)/libpathroute-asan.a: $(call objects,asan,$(LIBRARY_SOURCES) $(UNIT_HELPERS) $(filter-out \
  ctl/main.c,$(CTL_SOURCES)))
	$(archive)

$(BUILD)/libpathroute-fuzz.a: $(call objects,fuzz-obj,$(LIBRARY_SOURCES) $(FUZZ_HELPERS))
	$(archive)

$(BUILD)/libpacket.a: $(call objects,obj,$(PACKET_HELPERS) $(BENCH_HELPERS))
	$(archive)

# ---- Programs ----

link = $(CC) $(PLAIN_CFLAGS) $(PLAIN_LDFLAGS) $(LDFLAGS) $^

$(BUILD)/pathroute-agent: $(call objects,obj,$(AGENT_MAIN)) $(BUILD)/libpathroute.a
	$(call say,LD) $(link) $(LIBRARIES) -o $@

$(BUILD)/pathroutectl: $(call objects,obj,$(CTL_SOURCES)) $(BUILD)/libpathroute.a
	$(call say,LD) $(link) $(LIBRARIES) -o $@

$(BUILD)/kubectl-pathroute: $(BUILD)/pathroutectl
	$(call say,LN) ln -sf pathroutectl $@

$(BUILD)/unit/%: $(BUILD)/asan/test/unit/%.o $(BUILD)/libpathroute-asan.a
	@mkdir -p $(@D)
	$(call say,LD) $(CC) $(ASAN_CFLAGS) $(LDFLAGS) $^ -lcmocka $(LIBRARIES) -o $@

$(BUILD)/fuzz/%: $(BUILD)/fuzz-obj/test/fuzz/%.o $(BUILD)/libpathroute-fuzz.a
	@mkdir -p $(@D)
	$(call say,LD) $(CLANG) $(ASAN_CFLAGS) -fsanitize=fuzzer $(LDFLAGS) $^ $(LIBRARIES) -o $@

$(BUILD)/packet/%: $(BUILD)/obj/test/packet/%.o $(BUILD)/libpacket.a $(BUILD)/libpathroute.a
	@mkdir -p $(@D)
	$(call say,LD) $(link) -lcmocka $(LIBRARIES) -o $@

$(BUILD)/liblab.a: $(call objects,obj,$(LAB_HELPERS))
	$(archive)

$(BUILD)/lab/%: $(BUILD)/obj/test/lab/%.o $(BUILD)/liblab.a
	@mkdir -p $(@D)
	$(call say,LD) $(link) -o $@

$(BUILD)/e2e/%: $(BUILD)/obj/test/e2e/%.o $(BUILD)/libpathroute.a
	@mkdir -p $(@D)
	$(call say,LD) $(link) $(LIBRARIES) -o $@

$(BUILD)/bench/%: $(BUILD)/obj/bench/%.o $(BUILD)/libpacket.a $(BUILD)/libpathroute.a
	@mkdir -p $(@D)
	$(call say,LD) $(link) $(LIBRARIES) -o $@

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
