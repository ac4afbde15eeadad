# SPDX-License-Identifier: Apache-2.0
"""--own-requests: requests of the node itself to a Service that rules such as kube-proxy's would
translate first. Without the agent's table all of them are answered by pod frontend."""

import contextlib
import json
import os

import pytest

import manifests
import topology
import wait
from agent import BUILD
from processes import Process
from raw_http import Connection, ask

TABLE = ("table", "inet", "pathroute")


def nft(lab, *words, **options):
    return lab.node.run("nft", *words, **options)


def tables(lab):
    """{(family, name)}"""
    return {tuple(line.split()[1:3]) for line in nft(lab, "list", "tables").stdout.splitlines()}


def table_text(lab):
    return nft(lab, "list", *TABLE).stdout


def write_shop(lab, selector=True, routes=True):
    objects = manifests.shop({pod.name: [pod] for pod in lab.pods})
    if selector:
        objects[0]["spec"]["selector"] = {"app": "frontend"}
    lab.manifests.write("shop.yaml", *(objects if routes else objects[:-1]))


def iptables(lab, version, *words):
    lab.node.run("ip6tables" if version == 6 else "iptables", "-w", *words)


def translate_by_iptables(lab):
    for version, web in ((4, manifests.WEB_IPV4), (6, manifests.WEB_IPV6)):
        pod = lab["frontend"].address(version)
        iptables(lab, version, "-t", "nat", "-A", "OUTPUT", "-p", "tcp", "-d", web, "--dport",
                 "80", "-j", "DNAT", "--to-destination",
                 f"[{pod}]:8080" if version == 6 else f"{pod}:8080")


def translate_by_nftables(lab):
    for family, version, web in (("ip", 4, manifests.WEB_IPV4), ("ip6", 6, manifests.WEB_IPV6)):
        pod = lab["frontend"].address(version)
        nft(lab, f"add table {family} kube-proxy; add chain {family} kube-proxy nat-output "
            "{ type nat hook output priority -100; }; "
            f"add rule {family} kube-proxy nat-output {family} daddr {web} tcp dport 80 dnat to "
            + (f"[{pod}]:8080" if version == 6 else f"{pod}:8080"))


def refuse(lab):
    """What kube-proxy does for a Service that has no endpoints."""
    for version, web in ((4, manifests.WEB_IPV4), (6, manifests.WEB_IPV6)):
        iptables(lab, version, "-A", "OUTPUT", "-m", "conntrack", "--ctstate", "NEW", "-p", "tcp",
                 "-d", web, "--dport", "80", "-j", "REJECT")


def drop_invalid(lab):
    for version in (4, 6):
        iptables(lab, version, "-A", "INPUT", "-m", "conntrack", "--ctstate", "INVALID", "-j",
                 "DROP")


@pytest.fixture
def lab(make_lab):
    """Pods frontend and api, and the node itself as a client, whose default route leads outside.
    No agent runs yet."""
    made = make_lab(pods=("frontend", "api"), clients=("client", "outside"), outside=("outside",))
    made.itself = topology.Peer("node", 0, made.node, topology.UPLINK_IPV4, topology.UPLINK_IPV6)
    made.serve()
    write_shop(made)
    made.agent.options += ["--own-requests", "on"]
    return made


@pytest.fixture
def translated(lab):
    translate_by_iptables(lab)
    return lab


def asked(lab, web, path="/api/"):
    return ask(lab.itself, web, path, timeout=5).pod


@pytest.mark.parametrize("translate", [translate_by_iptables, translate_by_nftables])
def test_a_request_of_the_node_is_routed_by_its_path(lab, web, translate):
    translate(lab)
    assert asked(lab, web) == "frontend"
    lab.agent.start()
    assert [asked(lab, web, path) for path in ("/api/", "/")] == ["api", "frontend"]


def test_each_request_of_a_connection_is_routed(translated, web):
    drop_invalid(translated)
    translated.agent.start()
    with Connection(translated.itself, web) as connection:
        for path, pod in (("/api/", "api"), ("/", "frontend"), ("/api/", "api")):
            assert connection.ask(path).pod == pod


def test_rules_that_came_later_do_not_translate_either(lab, web):
    lab.agent.start()
    translate_by_iptables(lab)
    assert asked(lab, web) == "api"


def test_a_stateful_firewall_lets_replies_in(translated, web, version):
    iptables(translated, version, "-A", "INPUT", "-i", "lo", "-j", "ACCEPT")
    iptables(translated, version, "-A", "INPUT", "-m", "conntrack", "--ctstate",
             "ESTABLISHED,RELATED", "-j", "ACCEPT")
    iptables(translated, version, "-A", "INPUT", "-p", "tcp", "-j", "DROP")
    translated.agent.start()
    assert asked(translated, web) == "api"


def test_a_service_without_pods_is_reached(lab, web):
    refuse(lab)
    drop_invalid(lab)
    write_shop(lab, selector=False)
    with pytest.raises(ConnectionRefusedError):
        asked(lab, web)
    lab.agent.start()
    with Connection(lab.itself, web) as connection:
        assert [connection.ask(path).pod for path in ("/api/", "/")] == ["api", "frontend"]


def test_off_leaves_requests_to_the_translation(translated, web):
    translated.agent.options[-1] = "off"
    translated.agent.start()
    assert asked(translated, web) == "frontend"
    assert TABLE[1:] not in tables(translated)


def test_manifests_alone_do_not_turn_it_on(translated):
    del translated.agent.options[-2:]
    translated.agent.start()
    assert TABLE[1:] not in tables(translated)


def test_chain_delivery_has_no_table(translated, web):
    translated.agent.options += ["--delivery", "chain"]
    translated.agent.start()
    assert asked(translated, web) == "frontend"
    assert TABLE[1:] not in tables(translated)


def test_a_connection_that_was_translated_goes_on_so(translated, web):
    with Connection(translated.itself, web) as before:
        assert before.ask("/api/").pod == "frontend"
        translated.agent.start()
        assert asked(translated, web) == "api"
        assert before.ask("/api/").pod == "frontend"


def test_a_routed_connection_goes_on_when_it_is_turned_off(translated, web):
    translated.agent.start()
    with Connection(translated.itself, web) as before:
        assert before.ask("/api/").pod == "api"
        translated.agent.stop()
        translated.agent.options[-1] = "off"
        translated.agent.start()
        assert TABLE[1:] not in tables(translated)
        assert asked(translated, web) == "frontend"
        assert [before.ask(path).pod for path in ("/api/", "/")] == ["api", "frontend"]


@pytest.mark.parametrize("selector", [True, False], ids=["pods", "bare"])
def test_an_open_connection_survives_a_change_of_the_service(lab, web, selector):
    write_shop(lab, selector)
    lab.agent.start()
    with Connection(lab.itself, web) as connection:
        assert connection.ask("/api/").pod == "api"
        write_shop(lab, not selector)
        wait.until(lambda: ("services4" in table_text(lab)) != selector, "the other sets")
        assert [connection.ask(path).pod for path in ("/", "/api/")] == ["frontend", "api"]


def test_without_its_route_a_service_is_translated_again(translated, web):
    translated.agent.start()
    assert asked(translated, web) == "api"
    write_shop(translated, routes=False)
    wait.until(lambda: asked(translated, web) == "frontend", "the translation")
    assert TABLE[1:] not in tables(translated)


def test_what_leaves_by_a_device_without_our_program_is_translated(translated, web):
    translated.agent.devices = ("vethfrontend", "vethapi", "vethclient")
    translated.agent.start()
    assert asked(translated, web) == "frontend"
    assert ask(translated["client"], web, "/api/").pod == "api"


def test_a_device_that_appears_is_taken_in(lab, web):
    lab.agent.start()
    lab.node.ip("link add vethlate type veth peer name late")
    wait.until(lambda: '"vethlate"' in table_text(lab), "the new device")
    lab.node.ip("link del vethlate")
    wait.until(lambda: len(devices(lab)) == 4, "its end")
    assert asked(lab, web) == "api"


def devices(lab):
    shown = json.loads(nft(lab, "-j", "list", "set", "inet", "pathroute", "devices_routed").stdout)
    return shown["nftables"][-1]["set"]["elem"]


def test_addresses_of_the_node_are_left_out(lab):
    route = manifests.path_route("node", [manifests.rule("all", "/", "frontend")])
    route["spec"]["listeners"] = [{"node": {"port": 8088}}]
    lab.manifests.write("node.yaml", route)
    lab.agent.start()
    assert "8088" not in table_text(lab) and manifests.WEB_IPV4 in table_text(lab)


def test_the_table_outlives_the_agent(translated, web):
    translated.agent.start()
    translated.agent.kill()
    assert asked(translated, web) == "api"
    before = table_text(translated)
    translated.agent.start()
    assert table_text(translated) == before
    assert asked(translated, web) == "api"


def test_uninstall_removes_our_table_and_no_other(lab, web):
    translate_by_nftables(lab)
    before = nft(lab, "list", "ruleset").stdout
    lab.agent.start()
    assert TABLE[1:] in tables(lab)
    lab.agent.stop()
    lab.agent.uninstall()
    assert nft(lab, "list", "ruleset").stdout == before
    assert asked(lab, web) == "frontend"


def test_what_nft_shows_can_be_loaded(lab, web):
    """Some save their rules and load them again at the next boot."""
    lab.agent.start()
    nft(lab, "-f", "-", input=f"flush ruleset\n{table_text(lab)}")
    translate_by_iptables(lab)
    assert asked(lab, web) == "api"


def test_a_table_that_somebody_flushed_comes_back(translated, web):
    translated.agent.start()
    nft(translated, "delete", *TABLE)
    assert asked(translated, web) == "frontend"
    wait.until(lambda: asked(translated, web) == "api", "the table")
    assert "somebody has removed the table" in translated.agent.log()


@contextlib.contextmanager
def owned(lab):
    """The table's name is another process's own: the kernel refuses it to everybody else."""
    path = os.path.join(lab.directory, "owned")
    os.mkfifo(path)
    owner = Process(lab.node, lab.directory, "owner", ["sh", "-c", f"nft -i < {path}"])
    try:
        with open(path, "w", encoding="ascii") as words:
            words.write("add table inet pathroute { flags owner; }\n")
            words.flush()
            wait.until(lambda: TABLE[1:] in tables(lab), "the foreign table")
            yield
    finally:
        owner.stop()


def test_what_the_kernel_refuses_harms_nothing_else(translated, web):
    with owned(translated):
        translated.agent.start()
        assert "nf_tables refuses the table" in translated.agent.log()
        assert ask(translated["client"], web, "/api/").pod == "api"
        assert asked(translated, web) == "frontend"
    wait.until(lambda: asked(translated, web) == "api", "the next try")
    assert translated.agent.log().count("nf_tables refuses") == 1


def check(lab, *options):
    return lab.node.run(os.path.join(BUILD, "pathroute-agent"), "check", "--bpffs", lab.bpffs,
                        "--manifests", lab.manifests.path, *options, check=False)


def test_check_tells_whether_the_kernel_takes_it(lab):
    done = check(lab, "--own-requests", "on")
    assert done.returncode == 0 and "ok   own-requests: nf_tables takes" in done.stdout
    assert tables(lab) == set()
    assert "ok   own-requests: off" in check(lab).stdout


def test_check_fails_where_the_kernel_refuses(lab):
    with owned(lab):
        done = check(lab, "--own-requests", "on")
    assert done.returncode == 20, done.stdout
    assert "FAIL own-requests: nf_tables refuses their table: " in done.stdout
