# SPDX-License-Identifier: Apache-2.0
"""What users are told of their routes: conditions, columns, Events."""

import pytest

import manifests
import wait
from altered import altered
from cluster_fixtures import AGENT_NAME, AGENT_NAMESPACE
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


def test_a_status_catches_up_with_changes_that_overtake_it(cluster):
    """Each change comes while the status of the one before is being written."""
    wait_ready(cluster)
    kinds = ("Suffix", "SingleLabel")
    for number in range(5):
        cluster.space.apply(altered(cluster.route(), ("spec.wildcard", kinds[number % 2])))
        for hidden in range(3):
            cluster.space.apply(altered(cluster.route(), ("spec.wildcard", kinds[number % 2]),
                                        ("spec.rules[0].redirect.path", f"/{hidden}")))
        generation = cluster.space.get("PathRoute", "shop")["metadata"]["generation"]
        wait.until(lambda: cluster.space.get("PathRoute", "shop")["status"][
            "observedGeneration"] == generation, f"the status of generation {generation}",
            WRITTEN)


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


def test_a_node_that_lags_is_told(nodes):
    leads, other = sorted(nodes, key=lambda lab: -lab.agent.metric("pathroute_leader"))
    wait.until(lambda: leads.space.get("PathRoute", "shop").get("status", {}).get("nodes") == {
        "desired": 2, "programmed": 2}, "2/2 nodes", WRITTEN)
    with other.way.closed():
        leads.space.apply(altered(leads.route(), ("spec.wildcard", "Suffix")))
        message = wait_for_condition(leads, "shop", "Programmed", "False", "PartiallyProgrammed")
        assert message == "1/2 nodes"
    message = wait_for_condition(leads, "shop", "Programmed", "True", "Programmed", timeout=60)
    assert message == "2/2 nodes"


# ---- The agents' DaemonSet ----

@pytest.fixture
def want_nodes(installed):
    """Says on how many nodes the DaemonSet wants an agent, as its controller does."""
    def write(nodes):
        installed.request("PATCH", f"/apis/apps/v1/namespaces/{AGENT_NAMESPACE}/daemonsets/"
                          f"{AGENT_NAME}/status", {"status": {"desiredNumberScheduled": nodes}},
                          "application/merge-patch+json")

    yield write
    write(0)


def test_nodes_without_an_agent_are_counted_by_the_daemonset(make_cluster, want_nodes):
    def message():
        return condition(lab.space.get("PathRoute", "shop"), "Programmed")[2]

    want_nodes(3)
    lab = make_cluster()
    lab.serve()
    lab.apply_shop()
    lab.agent.options = ["--daemonset", AGENT_NAME]
    lab.agent.start()
    wait.until(lambda: message() == "1/3 nodes", "three nodes to be desired", WRITTEN)
    want_nodes(1)
    wait.until(lambda: message() == "1/1 nodes", "one node to be desired", WRITTEN)
