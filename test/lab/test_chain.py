# SPDX-License-Identifier: Apache-2.0
"""--delivery chain: the node's network stack, its policy and the programs of others see what passes
between client and pod."""

import contextlib
import hashlib
import json
import os
import subprocess
import time

import pytest

import foreign
import servers
import topology
import wait
from foreign import Foreign
from lab_fixtures import opened
from raw_http import Connection, ask, request

BIG = 10 << 20


def start_chain(lab, *options):
    lab.serve()
    lab.write_shop()
    lab.agent.options += ["--delivery", "chain", *options]
    lab.agent.start()
    return lab


def filter_rule(lab, version, *words):
    lab.node.run("ip6tables" if version == 6 else "iptables", "-w", *words)


def forward(lab, *words):
    for version in (4, 6):
        filter_rule(lab, version, "-A", "FORWARD", *words)


def drop_invalid(lab):
    """What kube-proxy has on every node."""
    forward(lab, "-m", "conntrack", "--ctstate", "INVALID", "-j", "DROP")


@pytest.fixture(scope="module", params=[("routed", "auto"), ("bridge", "auto"),
                                        ("routed", "clsact")], ids="-".join)
def shop(request):
    kind, attach = request.param
    with opened() as make:
        lab = start_chain(make(kind=kind), "--attach", attach)
        drop_invalid(lab)
        yield lab


@pytest.fixture
def lab(make_lab):
    made = start_chain(make_lab())
    drop_invalid(made)
    return made


def dropped(lab, version, chain="FORWARD"):
    """Packets that the rules of a chain have dropped."""
    listed = lab.node.run("ip6tables" if version == 6 else "iptables", "-w", "-nvxL", chain).stdout
    return sum(int(line.split()[0]) for line in listed.splitlines() if " DROP " in line)


def test_requests_are_served_and_none_of_their_packets_is_invalid(shop, web, version):
    before = dropped(shop, version)
    for _ in range(5):
        assert ask(shop["client"], web, "/api/").pod == "api"
    assert dropped(shop, version) == before


def test_requests_of_one_connection_go_to_their_pods(shop, web, version):
    before = dropped(shop, version)
    with Connection(shop["client"], web) as connection:
        for path, pod in [("/", "frontend"), ("/api/", "api"), ("/blog/", "blog")] * 4:
            assert connection.ask(path).pod == pod
    assert dropped(shop, version) == before


def test_connections_are_established_to_conntrack_too(lab, web, version):
    filter_rule(lab, version, "-I", "FORWARD", "-m", "conntrack", "--ctstate", "ESTABLISHED",
                "-p", "tcp", "--sport", "8080", "-j", "ACCEPT")
    with Connection(lab["client"], web) as connection:
        assert connection.ask("/api/").pod == "api"
        listed = lab.node.run("ip6tables" if version == 6 else "iptables", "-w", "-nvxL",
                              "FORWARD", "1").stdout
    assert int(listed.split()[0]) >= 3  # SYN-ACK, an acknowledgement, the reply


@pytest.mark.parametrize("size", [1, 5000, 12000])
def test_heads_of_several_segments_reach_the_pod_whole(shop, web, size):
    fields = [f"X-Filling-{at}: {'x' * min(1000, size)}" for at in range(-(-size // 1000))]
    assert ask(shop["client"], web, "/api/", fields=fields).pod == "api"


def policy(lab, version, verdict):
    """Established connections pass, new ones to pod api do not: what a NetworkPolicy becomes."""
    filter_rule(lab, version, "-A", "FORWARD", "-m", "conntrack", "--ctstate",
                "RELATED,ESTABLISHED", "-j", "ACCEPT")
    filter_rule(lab, version, "-A", "FORWARD", "-s", lab["client"].address(version), "-d",
                lab["api"].address(version), "-p", "tcp", "--dport", "8080", "-j", *verdict)


@pytest.mark.parametrize("verdict", [("DROP",), ("REJECT",),
                                     ("REJECT", "--reject-with", "tcp-reset")],
                         ids=["drop", "icmp", "reset"])
def test_what_policy_forbids_is_not_served_and_the_rest_is(lab, web, version, verdict):
    policy(lab, version, verdict)
    refused = ask(lab["client"], web, "/api/", timeout=30)
    assert (refused.status, refused.pod) == (503, "")
    assert ask(lab["client"], web, "/blog/").pod == "blog"


def test_one_connection_is_served_by_the_pods_that_policy_allows(lab, web, version):
    policy(lab, version, ("REJECT", "--reject-with", "tcp-reset"))
    with Connection(lab["client"], web) as connection:
        assert connection.ask("/blog/").pod == "blog"
        assert connection.ask("/").pod == "frontend"
        assert connection.ask("/api/").status == 503


def test_a_policy_that_comes_later_does_not_serve_the_next_connection(lab, web, version):
    assert ask(lab["client"], web, "/api/").pod == "api"
    policy(lab, version, ("REJECT", "--reject-with", "tcp-reset"))
    assert ask(lab["client"], web, "/api/").status == 503


def test_fast_delivery_skips_policy(make_shop, web, version):
    lab = make_shop()
    policy(lab, version, ("DROP",))
    assert ask(lab["client"], web, "/api/").pod == "api"


def client_to_pod(lab, version, pod="api"):
    return lab["client"].address(version), lab[pod].address(version), 8080


def test_programs_behind_ours_see_what_the_pod_gets(lab, web, version):
    at_client, at_pod = Foreign(lab, "at-client"), Foreign(lab, "at-pod")
    at_client.attach_tcx("vethclient")
    at_pod.attach_tcx("vethapi", kind=foreign.TCX_EGRESS)
    assert ask(lab["client"], web, "/api/").pod == "api"
    wait.until(lambda: at_pod.seen().get(client_to_pod(lab, version), 0) >= 4, "the client's FIN")
    assert at_client.seen()[client_to_pod(lab, version)] >= 4
    assert not [key for key in at_client.seen() if key[1] == web]


def test_programs_at_the_pods_device_see_what_the_pod_sends(lab, web, version):
    at_pod = Foreign(lab)
    at_pod.attach_tcx("vethapi")
    assert ask(lab["client"], web, "/api/").pod == "api"
    assert [key for key in at_pod.seen() if key[:2] == client_to_pod(lab, version)[1::-1]]


def test_with_fast_delivery_programs_behind_ours_see_nothing(make_shop, web, version):
    lab = make_shop()
    at_client, at_pod = Foreign(lab, "at-client"), Foreign(lab, "at-pod")
    at_client.attach_tcx("vethclient")
    at_pod.attach_tcx("vethapi")
    assert ask(lab["client"], web, "/api/").pod == "api"
    assert not [key for key in at_client.seen() if key[1] == lab["api"].address(version)]
    assert not [key for key in at_pod.seen() if key[1] == lab["client"].address(version)]


def test_ten_megabytes_pass_unharmed_both_ways(make_lab, web, version):
    body = os.urandom(BIG)
    digest = hashlib.sha256(body).hexdigest()
    lab = make_lab()
    with contextlib.ExitStack() as stack:
        for pod in lab.pods:
            stack.enter_context(servers.Server(pod, servers.pod(pod.name, body)))
        lab.write_shop()
        lab.agent.options += ["--delivery", "chain"]
        lab.agent.start()
        drop_invalid(lab)
        with Connection(lab["client"], web, timeout=30) as connection:
            connection.send(request("/api/content"))
            assert connection.download()[1] == digest
            connection.send(request("/blog/up", method="POST", body=body))
            assert connection.reply().body.decode() == digest
    assert dropped(lab, version) == 0


def test_a_restart_with_fast_delivery_replaces_the_egress_program(lab, web):
    assert "pathroute_chain" in lab.agent.program_names()
    lab.agent.stop()
    lab.agent.options.clear()
    lab.agent.start()
    assert "pathroute_chain" not in lab.agent.program_names()
    assert ask(lab["client"], web, "/api/").pod == "api"


@pytest.mark.parametrize("mode", ["tcx", "clsact"])
def test_an_uninstall_leaves_nothing_where_packets_leave(make_lab, mode):
    lab = start_chain(make_lab(), "--attach", mode)
    assert {entry["egress"] for entry in devices(lab)} == {mode}
    lab.agent.stop()
    lab.agent.uninstall()
    assert not lab.agent.pins()
    assert "pathroute" not in foreign.tc(lab, "filter", "show", "dev", "vethclient", "egress")
    assert "pathroute" not in lab.node.run("bpftool", "net", "show").stdout


def devices(lab):
    return json.loads(lab.agent.ctl("status", "-o", "json"))["devices"]


def test_an_egress_program_that_somebody_detached_is_attached_again(lab, web):
    pin = next(path for path in lab.agent.pins() if path.endswith("-egress"))
    subprocess.run(["bpftool", "link", "detach", "pinned", pin], check=True)
    assert "none" in {entry["egress"] for entry in devices(lab)}
    wait.until(lambda: lab.agent.metric("pathroute_device_repairs_total") == 1, "the repair")
    assert {entry["egress"] for entry in devices(lab)} == {"tcx"}
    assert ask(lab["client"], web, "/api/").pod == "api"


# ---- What this mode cannot do ----

SOON = 5  # seconds; a client must not wait for longer


def ask_itself(lab, web):
    return ask(lab["api"], web, "/api/", timeout=SOON)


def test_a_pod_that_is_alone_is_told_at_once_that_it_cannot_ask_itself(make_lab, web):
    lab = start_chain(make_lab())
    began = time.monotonic()
    assert ask_itself(lab, web).status == 503
    assert time.monotonic() - began < 1  # no SYN has been waited for
    assert lab.agent.verdicts()["endpoints_failed"] == 1


def test_a_pod_is_served_by_another_of_its_rule_in_place_of_itself(make_lab, web, version):
    lab = make_lab()
    lab.serve()
    lab.write_shop(api=[lab["api"], lab["blog"]])
    lab.agent.options += ["--delivery", "chain"]
    lab.agent.start()
    for _ in range(6):
        assert ask_itself(lab, web).pod == "blog"
    assert lab.agent.verdicts()["pod_syn_repeated"] == 0


def test_a_pod_that_asks_itself_is_not_ejected_for_others(make_lab, web):
    lab = start_chain(make_lab())
    for _ in range(10):
        assert ask_itself(lab, web).status == 503
    assert ask(lab["client"], web, "/api/").pod == "api"
    assert lab.agent.verdicts()["pod_syn"] == 1


@pytest.mark.parametrize("who", ["client", "node"])
def test_who_would_need_another_address_is_told_503(make_lab, web, who):
    """Client and pod both behind the uplink, and the node itself."""
    lab = make_lab(outside=("client", "api"))
    lab.serve()
    lab.write_shop()
    lab.agent.options += ["--delivery", "chain"]
    lab.agent.start()
    itself = topology.Peer("node", 0, lab.node, topology.UPLINK_IPV4, topology.UPLINK_IPV6)
    reply = ask(itself if who == "node" else lab["client"], web, "/api/", timeout=SOON)
    assert reply.status == 503 and b"no endpoint answered" in reply.body
