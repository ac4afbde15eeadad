# SPDX-License-Identifier: Apache-2.0
"""What is written at the API server is what clients get, soon."""

import time

import pytest
import yaml

import manifests
import wait
from cluster_fixtures import AGENT_NAME, account_token
from kube import ApiError, placed
from load import Load
from measured import note, note_times, percentile
from raw_http import ask

STEP = 300  # requests between two changes


def test_the_shop_is_served_over_both_address_families(cluster):
    for address in (manifests.WEB_IPV4, manifests.WEB_IPV6):
        for path, pod in (("/", "frontend"), ("/api/x", "api"), ("/blog/x", "blog")):
            assert ask(cluster["client"], address, path).pod == pod
        moved = ask(cluster["client"], address, "/old")
        assert (moved.status, moved.fields["location"]) == (
            301, "http://shop.example.com/new")


def test_a_route_applied_by_kubectl_is_served(cluster):
    route = manifests.path_route("more", [manifests.rule("more", "/more/", "api")],
                                 hostnames=["shop.example.com"])
    text = yaml.safe_dump(placed(route, cluster.space.name))
    cluster.space.kubectl("apply", "-f", "-", stdin=text)
    cluster.wait_for("/more/", "api")
    cluster.space.kubectl("delete", "proute", "more")
    cluster.wait_for("/more/", "frontend")


def test_a_new_rule_is_served_within_milliseconds(cluster):
    """From the API server's reply to the first request that the rule's pod answers."""
    taken = []
    for number in range(60):
        cluster.add_rule(f"r{number}", f"/r{number}/", "api")
        applied = time.monotonic()
        cluster.wait_for(f"/r{number}/", "api")
        taken.append(time.monotonic() - applied)
    note_times("applied -> served", taken)
    assert percentile(taken, 0.5) < 0.1 and percentile(taken, 0.99) < 1


def test_a_changed_endpoint_is_used_within_milliseconds(cluster):
    pods = [cluster["api"], cluster["blog"]]
    taken = []
    for number in range(60):
        pod = pods[number % 2 == 0]
        cluster.set_endpoints("api", [pod])
        applied = time.monotonic()
        cluster.wait_for("/api/", pod.name)
        taken.append(time.monotonic() - applied)
    note_times("endpoint changed -> used", taken)
    assert percentile(taken, 0.5) < 0.1 and percentile(taken, 0.99) < 1


def test_a_deleted_slice_empties_its_service(cluster):
    for version in (4, 6):
        cluster.space.delete("EndpointSlice", f"api-ipv{version}")
    wait.until(lambda: ask(cluster["client"], manifests.WEB_IPV4, "/api/").status == 503,
               "503 without endpoints")


def test_a_deleted_service_is_missed(cluster):
    cluster.space.delete("Service", "api")
    wait.until(lambda: ask(cluster["client"], manifests.WEB_IPV4, "/api/").status == 500,
               "500 without a Service")
    cluster.space.apply(manifests.service("api"))
    cluster.wait_for("/api/", "api")


def test_requests_stay_in_the_zone_that_hints_give(make_cluster):
    lab = make_cluster(pods=("api", "blog"))
    lab.serve()
    lab.apply_shop(api=[lab["api"], lab["blog"]])
    lab.agent.options = ["--zone", "zone-b"]
    lab.agent.start()

    def pods():
        return {ask(lab["client"], manifests.WEB_IPV4, "/api/").pod for _ in range(20)}

    assert pods() == {"api", "blog"}
    found = lab.space.kube.get("EndpointSlice", lab.space.name, "api-ipv4")
    lab.space.patch("EndpointSlice", "api-ipv4", {"endpoints": [
        {**endpoint, "hints": {"forZones": [{"name": zone}]}}
        for endpoint, zone in zip(found["endpoints"], ("zone-a", "zone-b"))]})
    wait.until(lambda: pods() == {"blog"}, "only the pod of our zone")


def test_endpoints_that_are_not_ready_get_nothing(cluster):
    cluster.set_endpoints("api", [cluster["api"], cluster["blog"]], api={"ready": False})
    cluster.wait_for("/api/", "blog")
    answered = {ask(cluster["client"], manifests.WEB_IPV4, "/api/").pod for _ in range(40)}
    assert answered == {"blog"}


def test_endpoints_that_end_serve_if_there_is_no_other(cluster):
    ending = {"ready": False, "serving": True, "terminating": True}
    cluster.set_endpoints("api", [cluster["api"], cluster["blog"]], api=ending)
    cluster.wait_for("/api/", "blog")
    cluster.set_endpoints("api", [cluster["api"]], api=ending)
    cluster.wait_for("/api/", "api")


def test_a_rolling_update_fails_no_request(make_cluster):
    """As a Deployment with three pods and maxUnavailable 0 does it: a new pod is ready, an old one
    is marked as terminating while its server is told to end. No pod waits in a preStop hook."""
    lab = make_cluster(pods=("frontend", "old1", "old2", "old3"))
    lab.serve()
    there = [lab["old1"], lab["old2"], lab["old3"]]
    lab.apply_shop(frontend=[lab["frontend"]], api=there)
    lab.agent.start()
    allowed = {pod.name for pod in there}
    with Load(lab["client"], manifests.WEB_IPV4, {"/api/": allowed}) as load:
        for number in (1, 2, 3):
            load.wait_for_more(STEP)
            new = lab.add_pod(f"new{number}")
            lab.serve(new.name)
            allowed.add(new.name)
            there.append(new)
            lab.set_endpoints("api", there)
            load.wait_for_more(STEP)
            lab.set_endpoints("api", there, **{f"old{number}": {
                "ready": False, "serving": True, "terminating": True}})
            lab.quit_nginx(f"old{number}").stop()
            there = [pod for pod in there if pod.name != f"old{number}"]
            lab.set_endpoints("api", there)
        load.wait_for_more(STEP)
    load.check()
    note(f"rolling update: {load.done} requests, none failed")


@pytest.fixture
def narrow(make_cluster):
    """A lab whose agent is told of its own namespace only, and may read no other."""
    lab = make_cluster()
    space = lab.space
    space.kubectl("create", "serviceaccount", AGENT_NAME)
    space.kubectl("create", "rolebinding", AGENT_NAME, f"--clusterrole={AGENT_NAME}",
                  f"--serviceaccount={space.name}:{AGENT_NAME}")
    space.kubectl("create", "role", "leases", "--resource=leases.coordination.k8s.io",
                  "--verb=get,list,watch,create,update,patch,delete")
    space.kubectl("create", "rolebinding", "leases", "--role=leases",
                  f"--serviceaccount={space.name}:{AGENT_NAME}")
    lab.write_token(account_token(space.kube, space.name, AGENT_NAME))
    lab.agent.namespace = lab.agent.lease_namespace = space.name
    lab.serve()
    lab.apply_shop()
    lab.agent.start()
    return lab


def test_an_agent_of_one_namespace_needs_rights_there_only(narrow, make_space):
    narrow.wait_for("/api/", "api")
    stranger = make_space()
    stranger.apply(manifests.path_route("other", [manifests.rule("all", "/", "x")],
                                        listener="other"))
    with pytest.raises(ApiError):
        stranger.get("Service", "other")
    narrow.add_rule("last", "/last/", "api")
    narrow.wait_for("/last/", "api")
    assert stranger.name not in narrow.agent.ctl("routes")
