# SPDX-License-Identifier: Apache-2.0
# Every compile waits for $(DEPS_STAMP), which is remade when a package of the list is missing.

DEPS_STAMP := $(BUILD)/deps.stamp
DEPS ?= yes

ifeq ($(filter-out clean help image manifests uninstall,$(or $(MAKECMDGOALS),all)),)
DEPS := no
endif
ifeq ($(DEPS),yes)
ifneq ($(strip $(shell deps/install --list)),)
.PHONY: $(DEPS_STAMP)
endif
# Sub-makes need not look again.
export DEPS := found
endif

deps: $(DEPS_STAMP)

$(DEPS_STAMP): deps/debian.txt
	@$(if $(filter yes found,$(DEPS)),deps/install)
	@mkdir -p $(@D) && touch $@
