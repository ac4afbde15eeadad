# SPDX-License-Identifier: Apache-2.0
"""Who writes the status when there are three agents, and what that costs the API server."""

import signal
import time

import pytest

import measured
import wait
from altered import altered
from cluster_fixtures import AGENT_NAMESPACE
from kube import path_of

LEASE = "pathroute-agent-pathroute"
NODES = ("node-1", "node-2", "node-3")
MANY = 1000  # nodes that only have a Lease
RENEWALS = 5  # of the leader, two seconds apart
# Fifteen after the last renewal was seen: up to seven late while the number of nodes is not known
# yet, and up to two more until somebody looks.
TAKEN_OVER_S = 30


@pytest.fixture
def trio(make_cluster):
    """Three nodes of one cluster, the shop applied, everything told of it."""
    first = make_cluster(node_name=NODES[0])
    labs = [first] + [make_cluster(space=first.space, node_name=name) for name in NODES[1:]]
    for lab in labs:
        lab.serve()
    first.apply_shop()
    for lab in labs:
        lab.agent.start()
    wait.until(lambda: nodes_told(first) == {"desired": 3, "programmed": 3}, "3/3 nodes", 20)
    return labs


def lease(lab):
    return lab.space.kube.get("Lease", AGENT_NAMESPACE, LEASE)


def holder(lab):
    return lease(lab)["spec"]["holderIdentity"]


def nodes_told(lab, name="shop"):
    return lab.space.get("PathRoute", name).get("status", {}).get("nodes")


def leads(lab):
    return lab.agent.metric("pathroute_leader") == 1


def leader_of(labs):
    """(the one that leads, the others)"""
    found = wait.until(lambda: [lab for lab in labs if leads(lab)], "a leader", 20)
    assert len(found) == 1
    return found[0], [lab for lab in labs if lab is not found[0]]


def wait_for_renewals(lab, count):
    """Until whoever leads has renewed its Lease so often."""
    seen = set()

    def enough():
        seen.add(lease(lab)["spec"]["renewTime"])
        return len(seen) > count

    wait.until(enough, f"{count} renewals", 3 * count + 20, interval=0.2)


def new_leader(old, others, seconds):
    """The agent that leads instead, within so long."""
    before = old.agent.node_name
    wait.until(lambda: holder(others[0]) and not holder(others[0]).startswith(f"{before}_"),
               "another holder", seconds)
    return leader_of(others)[0]


def change(lab):
    """A new generation of the shop."""
    kinds = {"SingleLabel": "Suffix", "Suffix": "SingleLabel"}
    now = lab.space.get("PathRoute", "shop")["spec"]["wildcard"]
    lab.space.apply(altered(lab.route(), ("spec.wildcard", kinds[now])))


def wait_told(lab, **nodes):
    """Until the status tells of the present generation, on so many nodes."""
    def told():
        route = lab.space.get("PathRoute", "shop")
        return (route["status"]["observedGeneration"] == route["metadata"]["generation"]
                and route["status"]["nodes"] == nodes)

    wait.until(told, f"the status with {nodes}", 20)


def requests(labs):
    """{method: requests of all agents that have ended}"""
    return {method: sum(lab.agent.metric("pathroute_kube_requests_total", method=method)
                        for lab in labs) for method in ("GET", "PUT", "PATCH", "POST")}


def test_one_of_three_leads(trio):
    leader, others = leader_of(trio)
    assert holder(leader).startswith(f"{leader.agent.node_name}_")
    wait_for_renewals(leader, 5)
    assert leads(leader) and not any(leads(lab) for lab in others)
    assert lease(leader)["metadata"]["annotations"]["pathroute.io/nodes"] == "3"


def test_only_the_leader_writes(trio):
    _, others = leader_of(trio)
    change(trio[0])
    wait_told(trio[0], desired=3, programmed=3)
    for lab in others:
        assert lab.agent.metric("pathroute_status_writes_total") == 0
        assert lab.agent.metric("pathroute_events_total") == 0


def test_a_leader_that_ends_hands_over_at_once(trio):
    leader, others = leader_of(trio)
    leader.agent.stop()
    new_leader(leader, others, seconds=5)
    change(others[0])
    wait_told(others[0], desired=3, programmed=2)


def test_a_leader_that_is_killed_is_replaced(trio):
    leader, others = leader_of(trio)
    leader.agent.kill()
    new_leader(leader, others, seconds=TAKEN_OVER_S)


def test_a_new_leader_writes_nothing_that_is_there_already(trio):
    leader, others = leader_of(trio)
    before = trio[0].space.get("PathRoute", "shop")["metadata"]["resourceVersion"]
    leader.agent.stop()
    successor = new_leader(leader, others, seconds=5)
    wait.until(lambda: successor.agent.metric("pathroute_nodes") == 3, "the nodes to be known")
    wait_for_renewals(successor, 3)
    assert successor.space.get("PathRoute", "shop")["metadata"]["resourceVersion"] == before


def test_a_leader_that_was_frozen_writes_nothing_when_it_wakes(trio):
    leader, others = leader_of(trio)
    written = leader.agent.metric("pathroute_status_writes_total")
    leader.agent.process.send(signal.SIGSTOP)
    try:
        successor = new_leader(leader, others, seconds=TAKEN_OVER_S)
        change(successor)
        wait_told(successor, desired=3, programmed=2)
    finally:
        leader.agent.process.send(signal.SIGCONT)
    wait.until(lambda: "leads no more" in leader.agent.log(), "the old leader to notice")
    wait_told(successor, desired=3, programmed=3)
    assert leader.agent.metric("pathroute_status_writes_total") == written
    assert leader.agent.metric("pathroute_leader") == 0 and leads(successor)


def test_without_the_api_server_a_leader_stops_to_lead(trio):
    leader, others = leader_of(trio)
    with leader.way.closed():
        wait.until(lambda: not leads(leader), "the leader to give up", 15)
        new_leader(leader, others, seconds=TAKEN_OVER_S)
    wait_for_renewals(others[0], 3)
    assert sum(leads(lab) for lab in trio) == 1


def test_an_idle_cluster_costs_the_api_server_little(trio):
    leader_of(trio)
    wait_for_renewals(trio[0], 1)
    began, before = time.monotonic(), requests(trio)
    wait_for_renewals(trio[0], RENEWALS)
    after, a_minute = requests(trio), 60 / (time.monotonic() - began)
    more = {method: after[method] - before[method] for method in after}
    measured.note("three idle agents, requests a minute: " + ", ".join(
        f"{method} {count * a_minute:.0f}" for method, count in more.items()))
    assert RENEWALS - 1 <= more["PUT"] <= RENEWALS + 1
    # Two candidates look about as often as the leader renews; a watch and the like come to it.
    assert more["GET"] <= 2 * 1.5 * RENEWALS + 6
    assert more["PATCH"] + more["POST"] <= 1


def test_a_change_costs_a_report_of_each_node_and_one_write(trio):
    leader, _ = leader_of(trio)
    wait_for_renewals(leader, 2)  # nodes that have just reported would wait with the next report
    before, began = requests(trio), time.monotonic()
    change(leader)
    wait_told(leader, desired=3, programmed=3)
    measured.note(f"a change is told of as 3/3 nodes after {time.monotonic() - began:.2f} s")
    after = requests(trio)
    assert 3 + 1 <= after["PATCH"] - before["PATCH"] <= 3 + 2
    assert after["POST"] == before["POST"]


def lone_lease(number):
    """What a node has that runs an agent of an older table."""
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
            "metadata": {"name": f"pathroute-node-lone-{number}", "namespace": AGENT_NAMESPACE,
                         "labels": {"pathroute.io/class": "pathroute",
                                    "pathroute.io/role": "node"},
                         "annotations": {"pathroute.io/programmed": "0123456789abcdef"}},
            "spec": {"holderIdentity": f"lone-{number}", "leaseDurationSeconds": 900,
                     "renewTime": "2026-01-31T12:00:00.000000Z"}}


def test_in_a_large_cluster_candidates_look_less_often(trio):
    """With a thousand nodes, each looks every 100 s, and once again after 15 s."""
    leader, others = leader_of(trio)
    for number in range(MANY):
        leader.space.kube.create(lone_lease(number))
    wait.until(lambda: lease(leader)["metadata"]["annotations"]["pathroute.io/nodes"] ==
               str(MANY + 3), "the leader to publish the number of nodes", 20)
    wait_for_renewals(leader, 2)  # by then each has looked
    before = requests(others)["GET"]
    wait_for_renewals(leader, RENEWALS)
    assert requests(others)["GET"] - before <= 6
    wait.until(lambda: nodes_told(leader)["desired"] == MANY + 3, "all nodes to be desired", 20)


def test_the_lease_of_a_node_that_is_gone_is_deleted(trio):
    leader, _ = leader_of(trio)
    gone = lone_lease(1)
    gone["spec"]["leaseDurationSeconds"] = 3
    leader.space.kube.create(gone)
    wait.until(lambda: nodes_told(leader)["desired"] == 4, "the node to be known")
    wait.until(lambda: nodes_told(leader)["desired"] == 3, "the node to be forgotten", 20)
    found = leader.space.kube.request("GET", path_of("Lease", AGENT_NAMESPACE))["items"]
    assert gone["metadata"]["name"] not in {item["metadata"]["name"] for item in found}
