# SPDX-License-Identifier: Apache-2.0
"""A cluster's lab that hears nothing of its API server, begun before all tests. A pytest plugin.

To notice silence takes an agent three minutes, and to try again up to one more. They pass while
other tests run: the lab is made before the first of them, and the test of its end is the last.
"""

import pytest

import manifests
from cluster_fixtures import AGENT_NAME, AGENT_NAMESPACE, Space, account_token
from cluster_lab import ClusterLab
from lab_fixtures import opened

CLASS = "quiet"
ADDRESS = "10.96.0.20"


def quiet_route(name):
    return manifests.path_route(name, [manifests.rule("api", f"/{name}/", "api")],
                                listener="quiet", hostnames=["shop.example.com"], className=CLASS)


@pytest.fixture(scope="session")
def silenced(installed, plane):
    """A shop whose agent hears nothing from now on, and is not told so."""
    with opened(ClusterLab) as make:
        lab = make(plane, Space(installed), account_token(installed, AGENT_NAMESPACE, AGENT_NAME),
                   node_name="node-quiet", pods=("api",))
        lab.agent.options += ["--class", CLASS]
        lab.serve()
        lab.space.apply(manifests.service("quiet", [ADDRESS]), manifests.service("api"),
                        quiet_route("first"))
        lab.set_endpoints("api", [lab["api"]])
        lab.agent.start()
        lab.way.swallow()
        yield lab
        lab.space.clear()


def wants_silence(item):
    return "silenced" in item.fixturenames


def pytest_configure(config):
    config.addinivalue_line("markers", "last: runs after all others, that time may pass")


def pytest_collection_modifyitems(items):
    """Files with a control plane of their own come after those that share one: what is begun
    before the first test belongs to the shared one."""
    items.sort(key=lambda item: (item.get_closest_marker("last") is not None,
                                 hasattr(item.module, "plane")))


@pytest.fixture(scope="session", autouse=True)
def begin_silence(request):
    if any(wants_silence(item) for item in request.session.items):
        request.getfixturevalue("silenced")
