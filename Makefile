# SPDX-License-Identifier: Apache-2.0
# `make help` lists the targets. Everything is built under $(BUILD), nothing in the source tree.
# This file holds the lists; the rules are in mk/.

BUILD ?= build
PREFIX ?= /usr/local
DESTDIR ?=
FUZZ_SECONDS ?= 600
ONLY ?= *
LAYERS ?= $(notdir $(patsubst %/,%,$(wildcard agent/*/)))

CLANG ?= clang
CLANG_FORMAT ?= clang-format
CLANG_TIDY ?= clang-tidy
LLVM_STRIP ?= llvm-strip
BPFTOOL ?= $(firstword $(wildcard /usr/sbin/bpftool /usr/local/sbin/bpftool) bpftool)
PYTHON ?= /usr/bin/python3

export BUILD_DIR := $(abspath $(BUILD))
export PYTHONDONTWRITEBYTECODE := 1
export PYTEST_ADDOPTS := -p no:cacheprovider
RESULTS := $(BUILD)/results

# ---- What is built from what ----

BPF_SOURCES := $(wildcard bpf/*.bpf.c test/packet/*.bpf.c test/lab/*.bpf.c bench/*.bpf.c)
BPF_OBJECTS := $(patsubst %.c,$(BUILD)/%.o,$(notdir $(BPF_SOURCES)))
SKELETONS := $(patsubst %.bpf.c,$(BUILD)/%.skel.h,$(notdir $(BPF_SOURCES)))

AGENT_MAIN := $(wildcard agent/main.c)
LIBRARY_SOURCES := $(filter-out agent/main.c,$(wildcard agent/*.c)) \
		   $(foreach layer,$(LAYERS),$(wildcard agent/$(layer)/*.c))
CTL_SOURCES := $(wildcard ctl/*.c)
CTL_PARTS := $(filter-out ctl/main.c,$(CTL_SOURCES))

UNIT_TESTS := $(wildcard test/unit/test_$(ONLY).c)
UNIT_HELPERS := $(filter-out test/unit/test_%,$(wildcard test/unit/*.c))
FUZZ_TESTS := $(wildcard test/fuzz/fuzz_$(ONLY).c)
HEAD_HELPERS := $(wildcard test/unit/reference_*.c test/unit/head_*.c test/unit/http_vectors*.c \
		test/unit/reply_*.c test/unit/framing_*.c)
FUZZ_HELPERS := $(filter-out test/fuzz/fuzz_%,$(wildcard test/fuzz/*.c)) $(HEAD_HELPERS)
PACKET_TESTS := $(wildcard test/packet/test_$(ONLY).c)
PACKET_HELPERS := $(filter-out test/packet/test_% %.bpf.c,$(wildcard test/packet/*.c)) \
		  $(HEAD_HELPERS)
# A program of the lab has no "_" in its name; its other files have.
LAB_SOURCES := $(foreach source,$(filter-out %.bpf.c,$(wildcard test/lab/*.c)),$(if $(findstring _,$(source)),,$(source)))
LAB_HELPERS := $(filter-out $(LAB_SOURCES) %.bpf.c,$(wildcard test/lab/*.c)) \
	       $(wildcard test/unit/http_vectors*.c)
E2E_SOURCES := $(wildcard test/e2e/*.c)
BENCH_SOURCES := $(wildcard bench/packet.c bench/flood.c)
BENCH_HELPERS := $(filter-out $(BENCH_SOURCES) %.bpf.c,$(wildcard bench/*.c))

HOST_SOURCES := $(AGENT_MAIN) $(LIBRARY_SOURCES) $(CTL_SOURCES) $(UNIT_TESTS) $(UNIT_HELPERS) \
		$(FUZZ_TESTS) $(FUZZ_HELPERS) $(PACKET_TESTS) $(PACKET_HELPERS) \
		$(LAB_SOURCES) $(LAB_HELPERS) $(E2E_SOURCES) $(BENCH_SOURCES) $(BENCH_HELPERS)
HEADERS := $(wildcard agent/*.h agent/*/*.h ctl/*.h bpf/*.h bpf/lib/*.h test/unit/*.h \
	     test/fuzz/*.h test/packet/*.h test/lab/*.h bench/*.h)

PROGRAMS := $(if $(AGENT_MAIN),$(BUILD)/pathroute-agent) \
	    $(if $(CTL_SOURCES),$(BUILD)/pathroutectl $(BUILD)/kubectl-pathroute)
UNIT_PROGRAMS := $(UNIT_TESTS:test/%.c=$(BUILD)/%)
FUZZ_PROGRAMS := $(FUZZ_TESTS:test/%.c=$(BUILD)/%)
PACKET_PROGRAMS := $(PACKET_TESTS:test/%.c=$(BUILD)/%)
LAB_PROGRAMS := $(LAB_SOURCES:test/%.c=$(BUILD)/%)
E2E_PROGRAMS := $(E2E_SOURCES:test/%.c=$(BUILD)/%)
BENCH_PROGRAMS := $(BENCH_SOURCES:%.c=$(BUILD)/%)
# What bench/run needs beside the agent.
BENCH_PARTS := $(BUILD)/bench/flood $(BUILD)/bare.bpf.o

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules

.PHONY: all deps programs clean help install uninstall
all: $(PROGRAMS)

# Every program there is, tests too: what a clean compile means.
programs: $(PROGRAMS) $(UNIT_PROGRAMS) $(PACKET_PROGRAMS) $(LAB_PROGRAMS) \
	  $(E2E_PROGRAMS) $(BENCH_PROGRAMS)

include mk/deps.mk mk/build.mk mk/deploy.mk mk/test.mk mk/check.mk

install: all
	install -d $(DESTDIR)$(PREFIX)/sbin $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BUILD)/pathroute-agent $(DESTDIR)$(PREFIX)/sbin/
	install -m 755 $(BUILD)/pathroutectl $(DESTDIR)$(PREFIX)/bin/
	ln -sf pathroutectl $(DESTDIR)$(PREFIX)/bin/kubectl-pathroute

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/sbin/pathroute-agent $(DESTDIR)$(PREFIX)/bin/pathroutectl \
	      $(DESTDIR)$(PREFIX)/bin/kubectl-pathroute

clean:
	rm -rf $(BUILD)

help:
	@sed 's/^# \{0,1\}//; 1d' mk/help.txt
