# SPDX-License-Identifier: Apache-2.0
"""NetworkPolicies, enforced by kube-router: skipped by default, obeyed with agent.delivery=chain.

Only pods with a label may ask those of the API. Web servers and clients are on both nodes.
"""

import pytest

import objects
import wait
from loads import Loads
from policy_agents import PolicyAgents
from raw_http import Connection, ask
from shop import PATHS

FRIEND, READER = {"role": "friend"}, {"role": "reader"}
NODES = ["node1", "node2"]
# Not at once when asked often: the kernel sends a client one ICMP error a second (icmp_ratelimit).
SOON = 5  # seconds
SYNC_SECONDS = 30  # kube-router's
ROUNDS, REFUSED = 3, 5
BOTH_NODES_AT_ONCE = {"updateStrategy.rollingUpdate.maxUnavailable": "2"}


@pytest.fixture(scope="module")
def shop(make_shop, cluster):
    shop = make_shop(replicas=2)
    with PolicyAgents(cluster):
        yield shop


@pytest.fixture(scope="module")
def friends(shop):
    return {name: shop.client(name, FRIEND) for name in NODES}


@pytest.fixture(scope="module")
def strangers(shop):
    return {name: shop.client(name) for name in NODES}


def answers(client, pod):
    """Asked by its own address, so without the router."""
    try:
        return ask(client, pod["status"]["podIP"], port=objects.POD_PORT, timeout=1).status == 200
    except OSError:
        return False


def wait_until_enforced(shop, client, app="api", allowed=False):
    pods = shop.pods(app)
    wait.until(lambda: all(answers(client, pod) == allowed for pod in pods),
               f"{client.name} to be {'allowed' if allowed else 'forbidden'}", SYNC_SECONDS)


def enforce(shop, friends, strangers, labels=FRIEND):
    shop.apply(objects.ingress_policy("api", labels))
    for client in strangers.values():
        wait_until_enforced(shop, client)
    for client in friends.values():
        wait_until_enforced(shop, client, allowed=bool(labels))


@pytest.fixture(scope="module")
def policy(shop, friends, strangers):
    enforce(shop, friends, strangers)


@pytest.fixture(scope="module")
def chain(cluster, shop, policy):
    cluster.release.set({"agent.delivery": "chain", **BOTH_NODES_AT_ONCE})
    cluster.release.wait()
    yield
    cluster.release.set(BOTH_NODES_AT_ONCE)
    cluster.release.wait()
    cluster.release.set({})


def check_is_served(client, address, path):
    reply = ask(client, address, path, timeout=SOON)
    assert reply.status == 200 and reply.pod in PATHS[path], f"{path}: {reply}"


def check_is_refused(client, address, path):
    reply = ask(client, address, path, timeout=SOON)
    assert (reply.status, reply.pod) == (503, ""), f"{path}: {reply}"


@pytest.mark.parametrize("node", NODES)
def test_by_default_policies_are_skipped(shop, policy, strangers, node):
    check_is_served(strangers[node], shop.web, "/api/")


@pytest.mark.parametrize("node", NODES)
def test_who_is_allowed_is_served_by_path(shop, chain, friends, node):
    for path in PATHS:
        for _ in range(4):
            check_is_served(friends[node], shop.web, path)


@pytest.mark.parametrize("node", NODES)
def test_who_is_forbidden_is_told_503(shop, chain, strangers, node):
    for _ in range(4):
        check_is_refused(strangers[node], shop.web, "/api/")


@pytest.mark.parametrize("node", NODES)
def test_pods_without_a_policy_serve_everyone(shop, chain, strangers, node):
    for path in ("/", "/blog/"):
        check_is_served(strangers[node], shop.web, path)


@pytest.mark.parametrize("node", NODES)
def test_a_change_counts_from_the_next_connection(shop, chain, strangers, node):
    stranger = strangers[node]
    shop.kubectl("label", "pod", stranger.name, "role=friend")
    wait_until_enforced(shop, stranger, allowed=True)
    check_is_served(stranger, shop.web, "/api/")
    shop.kubectl("label", "pod", stranger.name, "role-")
    wait_until_enforced(shop, stranger)
    check_is_refused(stranger, shop.web, "/api/")


def test_an_open_connection_keeps_its_pod(shop, chain, friends, strangers):
    """kube-router lets established connections pass."""
    with Connection(friends["node1"], shop.web) as connection:
        pod = connection.ask("/api/").pod
        enforce(shop, friends, strangers, labels={})
        check_is_refused(friends["node1"], shop.web, "/api/")
        assert connection.ask("/api/").pod == pod
    enforce(shop, friends, strangers)


@pytest.mark.parametrize("node", NODES)
def test_what_a_client_may_ask_for_is_limited_too(shop, chain, node):
    reader = shop.client(node, READER)
    shop.apply(objects.egress_policy(READER, "frontend"))
    wait_until_enforced(shop, reader, "blog")
    wait_until_enforced(shop, reader, "frontend", allowed=True)
    check_is_served(reader, shop.web, "/")
    check_is_refused(reader, shop.web, "/blog/")


def test_no_request_of_the_allowed_fails_while_policies_change(shop, chain, friends, strangers):
    with Loads(friends.values(), shop.web, "NetworkPolicies changed"):
        for _ in range(ROUNDS):
            shop.kubectl("delete", "networkpolicy", "to-api")
            for client in strangers.values():
                wait_until_enforced(shop, client, allowed=True)
            enforce(shop, friends, strangers)


def test_requests_of_the_forbidden_do_not_disturb_the_allowed(shop, chain, friends, strangers):
    """They count as failures of the pods, all of them, so none is passed over."""
    with Loads(friends.values(), shop.web, "forbidden clients ask, too"):
        for _ in range(REFUSED):
            for stranger in strangers.values():
                check_is_refused(stranger, shop.web, "/api/")
