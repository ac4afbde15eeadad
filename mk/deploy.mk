# SPDX-License-Identifier: Apache-2.0
# The container images, and what is rendered from the chart. ENGINE is whatever knows `build`:
# docker, podman, buildah.

VERSION := $(shell sed -n 's/^\#define PATHROUTE_VERSION "\(.*\)"/\1/p' agent/base/version.h)
ENGINE ?= docker
IMAGE ?= pathroute-agent:$(VERSION)
STUNNEL_IMAGE ?= pathroute-stunnel:$(VERSION)
IMAGE_OPTIONS ?=

# The day of the commit is the day of all that is built from it.
REVISION = $(or $(shell git rev-parse HEAD 2>/dev/null),unknown)
SOURCE_DATE_EPOCH ?= $(or $(shell git log -1 --format=%ct 2>/dev/null),0)
CREATED = $(shell date -u -d @$(SOURCE_DATE_EPOCH) +%Y-%m-%dT%H:%M:%SZ)

BUILD_IMAGE = $(ENGINE) build --build-arg VERSION=$(VERSION) --build-arg REVISION=$(REVISION) \
	      --build-arg CREATED=$(CREATED) $(IMAGE_OPTIONS)

.PHONY: image image-stunnel manifests
image:
	$(BUILD_IMAGE) --build-arg SOURCE_DATE_EPOCH=$(SOURCE_DATE_EPOCH) -t $(IMAGE) .

image-stunnel:
	$(BUILD_IMAGE) -t $(STUNNEL_IMAGE) deploy/stunnel

manifests:
	deploy/render
