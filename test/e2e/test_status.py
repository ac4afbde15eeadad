# SPDX-License-Identifier: Apache-2.0
"""What users are told of their routes: conditions, columns, Events, and who tells it."""

import signal

import pytest

import manifests
import wait
from altered import altered
from cluster_fixtures import AGENT_NAMESPACE
from raw_http import ask

WRITTEN = 15  # seconds until a status must be there


def condition(route, kind):
    """(status, reason, message), "" each while there is no such condition."""
    for found in route.get("status", {}).get("conditions", []):
        if found["type"] == kind:
            return found["status"], found["reason"], found["message"]
    return "", "", ""


def wait_for_condition(lab, name, kind, status, reason, timeout=WRITTEN):
    """Waits for it with the present generation; returns its message."""
    def is_there():
        route = lab.space.get("PathRoute", name)
        found = condition(route, kind)
        told = route.get("status", {}).get("observedGeneration")
        if told == route["metadata"]["generation"] and found[:2] == (status, reason):
            return found[2] or " "
        seen.append((told, found))
        return ""

    seen = []
    try:
        return wait.until(is_there, f"{kind}={status} ({reason}) of {name}", timeout)
    except AssertionError as error:
        raise AssertionError(f"{error}; it is {seen[-1]}") from None


def wait_ready(lab, name="shop"):
    wait_for_condition(lab, name, "Ready", "True", "EndpointsReady")


def test_a_good_route_has_all_four_conditions(cluster):
    wait_ready(cluster)
    wait_for_condition(cluster, "shop", "Programmed", "True", "Programmed")
    route = cluster.space.get("PathRoute", "shop")
    status = route["status"]
    assert [found["type"] for found in status["conditions"]] == [
        "Accepted", "ResolvedRefs", "Programmed", "Ready"]
    assert {found["status"] for found in status["conditions"]} == {"True"}
    assert {found["observedGeneration"] for found in status["conditions"]} == {1}
    assert (status["observedGeneration"], status["nodes"], status["rules"]) == (
        1, {"desired": 1, "programmed": 1}, 4)
    assert condition(route, "Programmed")[2] == "1/1 nodes"


def test_kubectl_shows_columns_and_waits_for_ready(cluster):
    cluster.space.kubectl("wait", "--for=condition=Ready", "--timeout=20s", "proute/shop")
    cluster.space.kubectl("wait", "--for=condition=Programmed", "--timeout=20s", "proute/shop")
    row = cluster.space.kubectl("get", "proute", "--no-headers").stdout.split()
    assert row[:-1] == ["shop", '["shop.example.com"]', "4", "True", "True", "True"]


def test_kubectl_describe_shows_events(cluster):
    wait_ready(cluster)

    def described():
        text = cluster.space.kubectl("describe", "proute", "shop").stdout
        return text if "Events:" in text and "<none>" not in text.split("Events:")[1] else ""

    events = wait.until(described, "Events of the route", WRITTEN).split("Events:")[1]
    assert "Ready" in events and "pathroute" in events


def test_a_rule_without_endpoints_is_named(cluster):
    cluster.set_endpoints("api", [cluster["api"]], api={"ready": False, "serving": False})
    message = wait_for_condition(cluster, "shop", "Ready", "False", "NoReadyEndpoints")
    assert "api" in message
    cluster.set_endpoints("api", [cluster["api"]])
    wait_ready(cluster)


@pytest.mark.parametrize("field,value,reason,named", [
    ("spec.rules[1].backends[0].service.name", "absent", "BackendNotFound", "absent"),
    ("spec.rules[1].backends[0].service.port", "grpc", "PortNotFound", "grpc"),
    ("spec.listeners[0].service.name", "nowhere", "ListenerNotFound", "nowhere"),
])
def test_what_is_not_found_is_named(cluster, field, value, reason, named):
    cluster.space.apply(altered(cluster.route(), (field, value)))
    assert named in wait_for_condition(cluster, "shop", "ResolvedRefs", "False", reason)
    cluster.space.apply(cluster.route())
    wait_for_condition(cluster, "shop", "ResolvedRefs", "True", "ResolvedRefs")


def test_the_younger_of_two_routes_for_the_same_path_is_told_of_the_conflict(cluster):
    wait_ready(cluster)
    # Ages are told apart by the second.
    created = cluster.space.get("PathRoute", "shop")["metadata"]["creationTimestamp"]
    later = manifests.path_route("zz-later", [manifests.rule("mine", "/api/", "blog")],
                                 hostnames=["shop.example.com"])
    stored = cluster.space.apply(later)[0]
    while stored["metadata"]["creationTimestamp"] == created:
        cluster.space.delete("PathRoute", "zz-later")
        stored = cluster.space.apply(later)[0]
    assert "shop" in wait_for_condition(cluster, "zz-later", "Accepted", "False", "Conflicted")
    assert ask(cluster["client"], manifests.WEB_IPV4, "/api/").pod == "api"


def test_a_change_is_told_with_its_generation(cluster):
    wait_ready(cluster)
    cluster.space.apply(altered(cluster.route(), ("spec.wildcard", "Suffix")))
    assert cluster.space.get("PathRoute", "shop")["metadata"]["generation"] == 2
    wait_for_condition(cluster, "shop", "Programmed", "True", "Programmed")
    status = cluster.space.get("PathRoute", "shop")["status"]
    assert status["observedGeneration"] == 2
    assert {found["observedGeneration"] for found in status["conditions"]} == {2}


def test_a_status_is_written_on_change_only(cluster):
    """Endpoints come and go, but the route is as ready as before."""
    wait_ready(cluster)
    wait_for_condition(cluster, "shop", "Programmed", "True", "Programmed")
    before = cluster.space.get("PathRoute", "shop")["metadata"]["resourceVersion"]
    for _ in range(20):
        cluster.set_endpoints("api", [cluster["api"], cluster["blog"]])
        cluster.set_endpoints("api", [cluster["api"]])
    cluster.add_rule("probe", "/probe/", "api")
    wait_ready(cluster, "extra-probe")
    assert cluster.space.get("PathRoute", "shop")["metadata"]["resourceVersion"] == before


# ---- Two nodes ----

@pytest.fixture
def nodes(make_cluster):
    """Two nodes of one cluster, each with its own pods and agent, the same objects."""
    first = make_cluster(node_name="node-1")
    second = make_cluster(space=first.space, node_name="node-2")
    for lab in (first, second):
        lab.serve()
    first.apply_shop()
    for lab in (first, second):
        lab.agent.start()
    return first, second


def leader_of(nodes):
    """(the one that leads, the other one)"""
    def holder():
        leases = nodes[0].space.kube.list("Lease", AGENT_NAMESPACE)
        found = [lease["spec"].get("holderIdentity", "") for lease in leases
                 if lease["metadata"]["name"] == "pathroute-agent-pathroute"]
        return found and found[0]

    name = wait.until(holder, "a leader", WRITTEN)
    ordered = [lab for lab in nodes if lab.agent.node_name in name]
    assert len(ordered) == 1, name
    return ordered[0], next(lab for lab in nodes if lab is not ordered[0])


def test_both_nodes_count(nodes):
    wait_for_condition(nodes[0], "shop", "Programmed", "True", "Programmed")
    wait.until(lambda: nodes[0].space.get("PathRoute", "shop")["status"]["nodes"] == {
        "desired": 2, "programmed": 2}, "2/2 nodes", WRITTEN)


def test_a_node_that_lags_is_told(nodes):
    leads, other = leader_of(nodes)
    wait.until(lambda: leads.space.get("PathRoute", "shop").get("status", {}).get("nodes") == {
        "desired": 2, "programmed": 2}, "2/2 nodes", WRITTEN)
    with other.way.closed():
        leads.space.apply(altered(leads.route(), ("spec.wildcard", "Suffix")))
        message = wait_for_condition(leads, "shop", "Programmed", "False", "PartiallyProgrammed")
        assert message == "1/2 nodes"
    message = wait_for_condition(leads, "shop", "Programmed", "True", "Programmed", timeout=60)
    assert message == "2/2 nodes"


@pytest.mark.parametrize("end,most", [(signal.SIGTERM, 10), (signal.SIGKILL, 60)],
                         ids=["SIGTERM", "kill -9"])
def test_another_node_leads_when_the_leader_ends(nodes, end, most):
    leads, other = leader_of(nodes)
    wait_ready(leads)
    leads.agent.process.stop(end)
    other.add_rule("next", "/next/", "api")
    wait_for_condition(other, "extra-next", "Ready", "True", "EndpointsReady", timeout=most)
    assert leader_of(nodes)[0] is other
    # The node without agent routes as before.
    for lab in nodes:
        assert ask(lab["client"], manifests.WEB_IPV4, "/api/").pod == "api"
