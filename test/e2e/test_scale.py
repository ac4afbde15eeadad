# SPDX-License-Identifier: Apache-2.0
"""1,000 routes with 10,000 endpoints: their first sync, and endless changes.

CHURN_SECONDS: how long the changes last, 15 by default.
"""

import os
import time

import pytest

import manifests
import wait
from load import Load
from measured import note
from population import Population, difference, programmed

CHURN_SECONDS = float(os.environ.get("CHURN_SECONDS", "15"))
RATE = 200  # changes a second
MIB = 1 << 20


@pytest.fixture
def crowd(make_cluster):
    """(lab, its population); the agent is not started yet."""
    lab = make_cluster()
    lab.serve()
    population = Population(lab.space, lab.pods)
    start = time.monotonic()
    population.create()
    note(f"{population.routes} routes written in {time.monotonic() - start:.1f} s")
    return lab, population


def test_a_thousand_routes_are_synced_and_stay_so_while_endpoints_change(crowd):
    lab, population = crowd
    start = time.monotonic()
    lab.agent.start()
    first = time.monotonic() - start
    assert not difference(population.wanted(), programmed(lab.agent))
    memory, processor = lab.agent.memory(), lab.agent.processor_seconds()
    note(f"first sync: {first:.2f} s, {processor:.2f} s of CPU, {memory / MIB:.1f} MiB resident")
    assert first < 15 and memory < 256 * MIB
    # Some changes first, so that every buffer has had its size.
    population.churn(RATE, 3, seed=1)
    memory, processor = lab.agent.memory(), lab.agent.processor_seconds()
    paths = {population.path(number): {pod.name} for number, pod in enumerate(lab.pods)}
    with Load(lab["client"], manifests.WEB_IPV4, paths, threads=2) as load:
        taken = population.churn(RATE, CHURN_SECONDS, seed=2)
        load.wait_for_more(100)
    load.check()
    wait.until(lambda: not difference(population.wanted(), programmed(lab.agent)),
               "the kernel to have what the API server has", timeout=5, interval=0.2)
    done = lab.audit()
    assert done.returncode == 0, done.stdout
    grown = lab.agent.memory() - memory
    used = lab.agent.processor_seconds() - processor
    note(f"{RATE * CHURN_SECONDS:.0f} changes in {taken:.1f} s: {load.done} requests, "
          f"{used:.2f} s of CPU, memory {grown / MIB:+.2f} MiB")
    assert grown < 4 * MIB
