# SPDX-License-Identifier: Apache-2.0
# `make check` runs every check-NAME below. What compiles or analyses leaves a stamp per file, so
# that only what changed is looked at again; the rest are scripts in test/lint/ that take a second.

SCRIPT_CHECKS := layers sizes spdx banned limits links scripts dockerfile chart
CHECKS := format gcc clang headers tidy $(SCRIPT_CHECKS)
FORMATTED := $(HOST_SOURCES) $(BPF_SOURCES) $(HEADERS)

.PHONY: check format $(CHECKS:%=check-%)

check: $(DEPS_STAMP)
	+@MAKE='$(MAKE)' test/run-checks $(RESULTS)/check.txt $(CHECKS)

format:
	$(CLANG_FORMAT) -i $(FORMATTED)

check-format: $(DEPS_STAMP)
	@$(if $(FORMATTED),$(CLANG_FORMAT) --dry-run -Werror --ferror-limit=1 $(FORMATTED))

$(SCRIPT_CHECKS:%=check-%): check-%: $(DEPS_STAMP)
	@test/lint/$*

# ---- Both compilers, all files ----

check-gcc: $(call objects,obj,$(HOST_SOURCES))
check-clang: $(call objects,clang-obj,$(HOST_SOURCES))

$(BUILD)/clang-obj/%.o: %.c mk/build.mk | $(DEPS_STAMP)
	@mkdir -p $(@D)
	$(call say,CC) $(CLANG) $(CPPFLAGS) $(COMMON_CFLAGS) $(PLAIN_CFLAGS) -MMD -MP -c $< -o $@

# ---- Headers compile alone: bpf/ for BPF, the rest and the pure ones of bpf/ for the host ----

check-headers: $(HEADERS:%=$(BUILD)/header/%.ok)

header_alone = echo '\#include "$<"' | $(1) -I. -Iagent -I$(BUILD) -x c -fsyntax-only \
	       -MD -MP -MF $(@:.ok=.d) -MT $@ -

$(BUILD)/header/bpf/%.ok: bpf/% | $(DEPS_STAMP)
	@mkdir -p $(@D)
	$(call say,HEADER) $(call header_alone,$(CLANG) $(BPF_CFLAGS) $(BPF_INCLUDES))
	@grep -q bpf_helpers.h $(@:.ok=.d) || \
		$(call header_alone,$(CC) -D_GNU_SOURCE $(COMMON_CFLAGS))
	@touch $@

$(BUILD)/header/%.ok: % | $(DEPS_STAMP) $(SKELETONS)
	@mkdir -p $(@D)
	$(call say,HEADER) $(call header_alone,$(CC) -D_GNU_SOURCE $(COMMON_CFLAGS))
	@touch $@

# ---- clang-tidy; an object is newer than all headers it includes. Findings go to stdout, the
# count of those in system headers to stderr. ----

check-tidy: $(HOST_SOURCES:%.c=$(BUILD)/tidy/%.ok) $(BPF_SOURCES:%.c=$(BUILD)/tidy/%.ok)

define bpf_tidy_rule
$(BUILD)/tidy/$(1)/%.bpf.ok: $(1)/%.bpf.c $(BUILD)/%.bpf.o .clang-tidy
	@mkdir -p $$(@D)
	$$(call say,TIDY) $$(CLANG_TIDY) --quiet $$< -- $$(BPF_CFLAGS) -I. $$(BPF_INCLUDES) \
		2>/dev/null
	@touch $$@
endef
$(foreach folder,bpf test/packet test/lab bench,$(eval $(call bpf_tidy_rule,$(folder))))

$(BUILD)/tidy/%.ok: %.c $(BUILD)/clang-obj/%.o .clang-tidy
	@mkdir -p $(@D)
	$(call say,TIDY) $(CLANG_TIDY) --quiet $< -- $(CPPFLAGS) $(COMMON_CFLAGS) 2>/dev/null
	@touch $@
