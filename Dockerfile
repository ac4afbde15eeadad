# SPDX-License-Identifier: Apache-2.0
# pathroute-agent and pathroutectl. `make image` gives the arguments.
#
# Packages are pinned to what Debian 12 has, and still get its security fixes. For the same packages
# each time, name the base by its digest (BASE=debian@sha256:...) and let its apt sources, or an
# /etc/apt mounted over them, point to a snapshot of the archive of that day.

ARG BASE=debian:bookworm-slim

FROM ${BASE} AS build
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      bpftool=7.1.* \
      clang=1:14.* \
      gcc=4:12.2.* \
      libbpf-dev=1:1.1.* \
      libc6-dev=2.36-* \
      libcjson-dev=1.7.* \
      libcurl4-openssl-dev=7.88.* \
      libelf-dev=0.188-* \
      libmicrohttpd-dev=0.9.* \
      libmnl-dev=1.0.* \
      libyaml-dev=0.2.* \
      llvm=1:14.* \
      make=4.3-* \
      zlib1g-dev=1:1.2.* \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY Makefile ./
COPY mk mk/
COPY deps/debian.txt deps/
COPY bpf bpf/
COPY agent agent/
COPY ctl ctl/
# Nothing of today is in the programs; what may ask for the time gets the commit's.
ARG SOURCE_DATE_EPOCH=0
RUN make -j2 DEPS=no DESTDIR=/installed install

FROM ${BASE}
RUN apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      libbpf1=1:1.1.* \
      libcjson1=1.7.* \
      libcurl4=7.88.* \
      libelf1=0.188-* \
      libmicrohttpd12=0.9.* \
      libmnl0=1.0.* \
      libyaml-0-2=0.2.* \
      zlib1g=1:1.2.* \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/ldconfig/* /var/cache/debconf/*-old \
      /var/log/apt /var/log/dpkg.log /var/log/alternatives.log
COPY LICENSE /usr/share/doc/pathroute/
COPY bpf/LICENSE /usr/share/doc/pathroute/LICENSE.bpf
COPY --from=build /installed /
ARG VERSION=0.1.0
ARG REVISION=unknown
ARG CREATED=1970-01-01T00:00:00Z
LABEL org.opencontainers.image.title="PathRoute" \
      org.opencontainers.image.description="Routes HTTP by host and path inside the Linux kernel: agent of one node" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.licenses="Apache-2.0 AND (GPL-2.0-only OR BSD-2-Clause)" \
      org.opencontainers.image.base.name="debian:bookworm-slim"
# It needs uid 0 and the capabilities BPF, NET_ADMIN and PERFMON, no other ones.
ENTRYPOINT ["/usr/local/sbin/pathroute-agent"]
CMD ["--help"]
