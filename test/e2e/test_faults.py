# SPDX-License-Identifier: Apache-2.0
"""The API server and the way to it fail; routing goes on, and the agent catches up."""



import json

import pytest

import manifests
import tokens
import wait
from altered import altered
from cluster_fixtures import (AGENT_NAME, AGENT_NAMESPACE, CRD, account_token, documents,
                              install_crd)
from kube import ApiError
from load import Load

CATCH_UP = 40  # seconds: the longest back-off, and then some


@pytest.fixture
def load(cluster):
    """Requests all the while; none may fail."""
    paths = {"/": {"frontend"}, "/api/": {"api"}, "/blog/": {"blog"}}
    with Load(cluster["client"], manifests.WEB_IPV4, paths, threads=2) as load:
        load.wait_for_more(50)
        yield load
        load.wait_for_more(50)
    load.check()


def test_the_api_server_is_killed_and_comes_back(cluster, load, plane):
    plane.kill_server()
    load.wait_for_more(500)
    assert cluster.agent.process.is_alive()
    plane.start_server()
    cluster.add_rule("after", "/after/", "api")
    cluster.wait_for("/after/", "api", timeout=CATCH_UP)


def test_what_was_deleted_meanwhile_is_gone_afterwards(cluster, load):
    """A relist replaces; it never merges."""
    cluster.add_rule("before", "/before/", "api")
    cluster.wait_for("/before/", "api")
    with cluster.way.closed():
        cluster.space.delete("PathRoute", "extra-before")
        load.wait_for_more(200)
        assert cluster.answers("/before/", {"api"})
    cluster.wait_for("/before/", "frontend", timeout=CATCH_UP)


def test_events_that_the_api_server_no_longer_has_are_listed_anew(cluster, load, plane):
    """410: everything that the agent has not seen is compacted away while it cannot watch."""
    with cluster.way.closed():
        for number in range(20):
            cluster.add_rule("churn", f"/churn-{number}/", "api")
        cluster.add_rule("kept", "/kept/", "blog")
        cluster.space.delete("PathRoute", "extra-churn")
        plane.compact()
        # Its watch cache begins anew, after all that.
        plane.kill_server()
        plane.start_server()
    cluster.wait_for("/kept/", "blog", timeout=CATCH_UP)
    assert cluster.answers("/churn-19/", {"frontend"})


def test_watches_that_are_cut_go_on_where_they_were(cluster, load):
    for number in range(5):
        assert cluster.way.cut() > 0
        cluster.add_rule(f"cut{number}", f"/cut{number}/", "api")
        cluster.wait_for(f"/cut{number}/", "api", timeout=CATCH_UP)


def test_a_slow_api_server_is_waited_for(make_cluster):
    lab = make_cluster()
    lab.serve()
    lab.apply_shop()
    lab.way.delay = 0.3
    lab.agent.start()
    lab.wait_for("/api/", "api")


def test_an_agent_that_starts_without_api_server_keeps_the_old_tables(cluster, load):
    """The node restarts its agent while the control plane is away."""
    cluster.agent.stop()
    with cluster.way.closed():
        cluster.agent.start(ready=False)
        wait.until(lambda: cluster.agent.get("/livez")[0] == 200, "the agent to live")
        load.wait_for_more(300)
        assert cluster.agent.get("/readyz")[0] == 503
    cluster.agent.wait_ready(CATCH_UP)
    cluster.add_rule("late", "/late/", "api")
    cluster.wait_for("/late/", "api")


def test_a_rotated_token_is_used(cluster, load, plane):
    """The first one ends; the file has had another since."""
    # Long enough to load the programs on a busy machine.
    first = tokens.expiring(plane, cluster.space.kube, seconds=10)
    cluster.write_token(first)
    cluster.agent.stop()
    cluster.agent.start()
    cluster.write_token(account_token(cluster.space.kube, AGENT_NAMESPACE, AGENT_NAME))
    tokens.wait_until_refused(plane, first)
    cluster.way.cut()
    cluster.add_rule("rotated", "/rotated/", "api")
    cluster.wait_for("/rotated/", "api", timeout=CATCH_UP)


def test_an_expired_token_stops_nothing_and_a_new_one_heals(cluster, load, plane):
    cluster.write_token(tokens.expiring(plane, cluster.space.kube, seconds=-1))
    cluster.agent.stop()
    cluster.agent.start(ready=False)
    wait.until(lambda: "401" in cluster.agent.log() or "Unauthorized" in cluster.agent.log(),
               "the agent to say so")
    load.wait_for_more(200)
    cluster.write_token(account_token(cluster.space.kube, AGENT_NAMESPACE, AGENT_NAME))
    cluster.agent.wait_ready(CATCH_UP)


def test_an_agent_waits_for_the_crd(make_cluster, installed):
    lab = make_cluster()
    installed.kubectl("delete", "-f", CRD, "--wait=true")
    try:
        lab.serve()
        lab.agent.start(ready=False)
        wait.until(lambda: lab.agent.get("/livez")[0] == 200, "the agent to live")
        wait.until(lambda: "pathroutes" in lab.agent.log(), "the agent to say what is missing")
        assert lab.agent.get("/readyz")[0] == 503
    finally:
        install_crd(installed)
    lab.apply_shop()
    lab.wait_for("/api/", "api", timeout=CATCH_UP + 30)
    lab.agent.wait_ready()


def large_slice(pod):
    """An EndpointSlice of over a megabyte. Of an endpoint's addresses only the first counts."""
    found = manifests.endpoint_slices("api", [pod])[0]
    found["metadata"]["name"] = "api-large"
    for number in range(1, 999):
        found["endpoints"].append({
            "addresses": [f"10.250.{number >> 8}.{number & 255}"] +
            [f"10.251.{number >> 8}.{index}" for index in range(99)],
            "conditions": {"ready": False, "serving": False, "terminating": False}})
    return found


def test_an_object_of_a_megabyte_is_read(cluster, load):
    load.paths["/api/"].add("blog")
    found = large_slice(cluster["blog"])
    assert len(json.dumps(found)) > 1000000
    cluster.space.apply(found)
    cluster.wait_for("/api/", "blog")
    cluster.add_rule("behind", "/behind/", "frontend")
    cluster.wait_for("/behind/", "frontend")


def accepts(space, document):
    try:
        return bool(space.apply(document))
    except ApiError:
        return False


def test_objects_that_make_no_sense_are_skipped_and_counted(cluster, load, installed):
    """They can be there, for instance, from before a stricter CRD."""
    name = documents(CRD)[0]["metadata"]["name"]
    strict = installed.get("CustomResourceDefinition", None, name)
    lax = altered(strict, (
        "spec.versions[0].schema.openAPIV3Schema",
        {"type": "object", "x-kubernetes-preserve-unknown-fields": True}))
    route = cluster.route()
    broken = [altered(route, ("metadata.name", f"broken-{number}"), (field, value))
              for number, (field, value) in enumerate([
                  ("spec", "text"), ("spec.rules", 7), ("spec.rules[0].match", [[[]]]),
                  ("spec.listeners[0].service.port", -1), ("spec.hostnames[0]", "\u0007")])]
    installed.replace(lax)
    try:
        wait.until(lambda: accepts(cluster.space, broken[0]), "the lax CRD")
        cluster.space.apply(*broken)
        for document in broken:
            wait.until(lambda: document["metadata"]["name"] in cluster.agent.log(),
                       "the agent to name the object")
        cluster.add_rule("sound", "/sound/", "api")
        cluster.wait_for("/sound/", "api")
        for document in broken:
            cluster.space.delete("PathRoute", document["metadata"]["name"])
    finally:
        now = installed.get("CustomResourceDefinition", None, name)
        installed.replace(altered(now, ("spec", strict["spec"])))
