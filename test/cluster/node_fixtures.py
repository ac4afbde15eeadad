# SPDX-License-Identifier: Apache-2.0
"""Fixtures: the cluster, once for all tests that want it so; and what they print. A plugin."""

import time

import pytest

import measured
from cluster import Cluster
from release import Release
from shop import Shop

LOG_LINES = 60


def pytest_terminal_summary(terminalreporter):
    for line in measured.figures:
        terminalreporter.write_line(line)


class Current:
    """The cluster that stands; one of another kind takes its place."""

    def __init__(self):
        self.cluster = self.kind = None

    def get(self, kind):
        if kind != self.kind:
            self.close()
            self.cluster, self.kind = Cluster(**dict(kind)).up(), kind
            self.cluster.release = Release(self.cluster)
            self.cluster.release.install()
        return self.cluster

    def close(self):
        """Returns how many seconds it took."""
        began = time.monotonic()
        if self.cluster:
            self.cluster.down()
        self.cluster = self.kind = None
        return time.monotonic() - began


@pytest.fixture(scope="session")
def current():
    made = Current()
    yield made
    made.close()


@pytest.fixture(scope="module")
def cluster(current, request):
    """With the chart installed; of the kind that the file names by CLUSTER, by default {}."""
    return current.get(tuple(getattr(request.module, "CLUSTER", {}).items()))


@pytest.fixture(scope="module")
def make_shop(cluster, current):
    shops = []

    def make(**options):
        shops.append(Shop(cluster, **options))
        return shops[-1]

    yield make
    if current.cluster is cluster:
        for shop in shops:
            shop.close()


@pytest.fixture(scope="module")
def near(shop):
    """A pod on the node that has all web servers of the file's own fixture `shop`."""
    return shop.client("node1")


@pytest.fixture(scope="module")
def far(shop):
    """A pod on the node that has none of them."""
    return shop.client("node2")
