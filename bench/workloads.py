# SPDX-License-Identifier: Apache-2.0
"""What is asked of every way, and how long a run may take."""

import dataclasses

MEGABYTE = 1 << 20
TEN_KB, TEN_MB = "10kb.bin", "10mb.bin"
FILES = {TEN_KB: 10 * 1000, TEN_MB: 10 * MEGABYTE}
# The ways that know of paths; the others have one pod.
ROUTED = "routed"


@dataclasses.dataclass(frozen=True)
class Workload:
    name: str
    title: str
    connections: int
    paths: tuple = ("/api/",)
    close: bool = False
    upload: int = 0
    row: int = 1        # requests to the same path before the next one
    ways: str = ""      # ROUTED, or all
    quick: bool = False  # also in the short run


KEEPALIVE = "keepalive-32"
ONE = "keepalive-1"
NEW = "close-32"
BULK = "reply-10mb"
ALTERNATING = "alternating"
SPREAD = "spread"

WORKLOADS = (
    Workload(ONE, "keep-alive, 1 connection", 1, quick=True),
    Workload(KEEPALIVE, "keep-alive, 32 connections", 32, quick=True),
    Workload("keepalive-256", "keep-alive, 256 connections", 256),
    Workload("close-1", "a connection a request, 1 at once", 1, close=True),
    Workload(NEW, "a connection a request, 32 at once", 32, close=True, quick=True),
    Workload("close-256", "a connection a request, 256 at once", 256, close=True),
    Workload("reply-10kb", "10 kB replies, 32 connections", 32, (f"/api/{TEN_KB}",)),
    Workload(BULK, "10 MB replies, 4 connections", 4, (f"/api/{TEN_MB}",), quick=True),
    Workload("upload-10mb", "10 MB uploads, 4 connections", 4, ("/api/upload",),
             upload=10 * MEGABYTE),
    Workload(SPREAD, "one rule of three pods, 32 connections", 32, ("/every/",), ways=ROUTED),
    Workload(ALTERNATING, "three rules in turn on each of 32 connections", 32,
             ("/", "/api/", "/blog/"), ways=ROUTED, quick=True),
)
BY_NAME = {workload.name: workload for workload in WORKLOADS}


@dataclasses.dataclass(frozen=True)
class Plan:
    """How much of everything."""

    rounds: int
    seconds: int          # of one run of wrk
    idle_seconds: int     # the idle base
    rule_counts: tuple
    idle_connections: int  # a proxy has two descriptors for each, and 20,000 in all here
    flood_rate: int       # SYNs a second
    flood_seconds: int
    endpoints: int
    changes: int
    burst_seconds: int    # of requests meanwhile
    matrix_budget: int    # seconds after which no other round of workloads begins


QUICK = Plan(rounds=2, seconds=1, idle_seconds=1, rule_counts=(10, 100000), idle_connections=2000,
             flood_rate=20000, flood_seconds=2, endpoints=1000, changes=500, burst_seconds=2,
             matrix_budget=150)
FULL = Plan(rounds=4, seconds=2, idle_seconds=4, rule_counts=(10, 1000, 100000),
            idle_connections=9000, flood_rate=50000, flood_seconds=4, endpoints=10000,
            changes=5000, burst_seconds=5, matrix_budget=1250)
