# SPDX-License-Identifier: Apache-2.0
# Test levels. Each leaves "passed failed skipped" in $(RESULTS)/<level>.txt; `test` adds them up.

LEVELS := check test-unit test-fuzz-short test-packet test-kernels test-lab test-e2e test-image \
	  test-cluster
# Labs mostly wait. 0: one test after the other, in one process.
LAB_WORKERS ?= 3
LAB := $(PYTHON) -m pytest -n $(LAB_WORKERS) --dist loadfile test/lab
E2E := $(PYTHON) -m pytest test/e2e
CLUSTER := $(PYTHON) -m pytest test/cluster
KUBERNETES := kube-apiserver kubectl kube-controller-manager kube-scheduler kubelet kube-proxy
IS_ROOT := $(filter 0,$(shell id -u))

.PHONY: test test-unit test-fuzz-short fuzz test-packet test-kernels test-lab test-e2e test-churn \
	test-image test-cluster demo bench bench-render bench-packet

test: deps
	@rm -rf $(RESULTS)
	+@MAKE='$(MAKE)' test/run-levels $(RESULTS) $(LEVELS)

test-unit: $(UNIT_PROGRAMS)
	@test/run-programs $(RESULTS)/test-unit.txt $^

test-fuzz-short: $(FUZZ_PROGRAMS)
	@test/run-fuzz $(RESULTS)/test-fuzz-short.txt 15 $^

fuzz: $(FUZZ_PROGRAMS)
	@test/run-fuzz $(RESULTS)/fuzz.txt $(FUZZ_SECONDS) $^

test-packet: $(PACKET_PROGRAMS) | $(PROGRAMS)
	@$(if $(IS_ROOT),,SKIP='not root') RUN_IN=test/isolated test/run-programs \
		$(RESULTS)/test-packet.txt $^

# KERNELS: Debian packages or .deb files; without it, the kernel of this Debian.
test-kernels: $(PACKET_PROGRAMS) | $(PROGRAMS)
	@$(if $(IS_ROOT),,SKIP='not root') test/run-pytest $(RESULTS)/test-kernels.txt \
		$(PYTHON) -m pytest test/kernels

test-lab: $(PROGRAMS) $(LAB_PROGRAMS) $(BENCH_PARTS)
	@$(if $(IS_ROOT),,SKIP='not root') test/run-pytest $(RESULTS)/test-lab.txt $(LAB)

# The API server is built from source the first time, outside the tree.
test-e2e: $(PROGRAMS) $(E2E_PROGRAMS)
	@$(if $(IS_ROOT),deps/kubernetes/build kube-apiserver kubectl >/dev/null)
	@$(if $(IS_ROOT),deps/helm/build >/dev/null || echo 'SKIPPED: tests of the chart: no helm')
	@$(if $(IS_ROOT),,SKIP='not root') test/run-pytest $(RESULTS)/test-e2e.txt $(E2E)

# Endpoints that change for CHURN_SECONDS; test-e2e has a short time of it.
CHURN_SECONDS ?= 60
test-churn: $(PROGRAMS) $(E2E_PROGRAMS)
	@$(if $(IS_ROOT),deps/kubernetes/build kube-apiserver kubectl >/dev/null)
	@$(if $(IS_ROOT),,SKIP='not root') CHURN_SECONDS=$(CHURN_SECONDS) \
		test/run-pytest $(RESULTS)/test-churn.txt $(E2E)/test_scale.py

# Building the same twice needs no root; the image does.
test-image:
	@test/run-pytest $(RESULTS)/test-image.txt $(PYTHON) -m pytest test/image

# What cannot be built or is not installed: the reason is printed, and the level is skipped.
test-cluster: $(DEPS_STAMP)
	@SKIP="$(if $(IS_ROOT),$$(test/cluster/missing $(KUBERNETES)),not root)" \
		test/run-pytest $(RESULTS)/test-cluster.txt $(CLUSTER)

demo: $(PROGRAMS)
	@BUILD=$(BUILD_DIR) KEEP=$(KEEP) test/lab/demo

# BENCH=quick: four minutes. BENCH_OPTIONS: see bench/run --help.
bench: $(PROGRAMS) $(BENCH_PARTS)
	@$(if $(IS_ROOT),,echo 'bench: not root' >&2; exit 1)
	$(PYTHON) bench/run $(if $(filter quick,$(BENCH)),--quick) $(BENCH_OPTIONS)

# What docs/BENCHMARKS.md, its plots and README.md say, from build/bench/bench.json.
bench-render:
	@$(PYTHON) bench/render

bench-packet: $(BENCH_PROGRAMS)
	test/isolated $(BUILD)/bench/packet $(BUILD)/bench/packet.json
