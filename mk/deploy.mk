# SPDX-License-Identifier: Apache-2.0
# The container image, and what is rendered from the chart. ENGINE is whatever knows `build`:
# docker, podman, buildah.

VERSION := $(shell sed -n 's/^\#define PATHROUTE_VERSION "\(.*\)"/\1/p' agent/base/version.h)
ENGINE ?= docker
IMAGE ?= pathroute-agent:$(VERSION)
IMAGE_OPTIONS ?=

# The day of the commit is the day of all that is built from it.
REVISION = $(or $(shell git rev-parse HEAD 2>/dev/null),unknown)
SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),0)
CREATED = $(shell date -u -d @$(SOURCE_DATE_EPOCH) +%Y-%m-%dT%H:%M:%SZ)

.PHONY: image manifests
image:
	$(ENGINE) build --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) \
		--build-arg CREATED=$(CREATED) \
		--build-arg SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) \
		$(IMAGE_OPTIONS) -t $(IMAGE) .

manifests:
	deploy/render
