# SPDX-License-Identifier: Apache-2.0
"""The agent's own life on a node: devices, foreign programs, the end, the tools beside it."""

import json
import os

import pytest

import manifests
import peers
import wait
from agent import BUILD
from lab_fixtures import start_shop
from raw_http import Connection, ask, request


@pytest.fixture
def own_shop(make_shop):
    return make_shop()


def test_a_pod_that_comes_later_is_served(own_shop, web):
    late = own_shop.add_pod("late")
    own_shop.serve("late")
    own_shop.write_shop(frontend=[own_shop["frontend"]], late=[late])
    wait.until(lambda: ask(own_shop["client"], web, "/late/").pod == "late", "the late pod",
               timeout=5)
    for number in range(10):
        assert ask(own_shop["client"], web, f"/late/{number}").pod == "late"


def test_the_late_pods_own_requests_are_routed_as_well(own_shop, web):
    late = own_shop.add_pod("late")
    wait.until(lambda: own_shop.agent.metric("pathroute_device_attached", device="vethlate") == 1,
               "the new device's program", timeout=5)
    assert ask(late, web, "/api/").pod == "api"


def test_devices_that_no_pattern_names_are_left_alone(make_lab, web):
    lab = make_lab()
    lab.serve()
    lab.write_shop()
    lab.agent.devices = ("vethapi", "vethblog", "vethfrontend")
    lab.agent.start()
    with pytest.raises(OSError):
        ask(lab["client"], web, "/api/", timeout=2)
    assert ask(lab["blog"], web, "/api/").pod == "api"


def test_sigterm_leaves_traffic_running(own_shop, web):
    own_shop.agent.stop()
    for path, pod in (("/", "frontend"), ("/api/", "api"), ("/blog/", "blog")):
        assert ask(own_shop["client"], web, path).pod == pod
    assert ask(own_shop["client"], web, "/", host="other.example.com").status == 404


def test_uninstall_detaches_unpins_and_leaves_nothing(own_shop, web):
    own_shop.agent.stop()
    own_shop.agent.uninstall()
    with pytest.raises(OSError):
        ask(own_shop["client"], web, "/api/", timeout=2)
    assert own_shop.agent.pins() == []
    assert ask(own_shop["client"], own_shop["api"].ipv4, port=peers.POD_PORT).pod == "api"


@pytest.mark.parametrize("name,kind,value,entries", [
    ("rules", "array", 8, 8192), ("verdicts", "percpu_array", 8, 3), ("flows", "array", 8, 4)])
def test_maps_of_another_build_stop_the_agent_with_advice(own_shop, web, name, kind, value,
                                                          entries):
    agent = own_shop.agent
    agent.stop()
    pin = agent.map_path(name)
    os.unlink(pin)
    own_shop.node.run("bpftool", "map", "create", pin, "type", kind, "key", 4, "value", value,
                      "entries", entries, "name", name)
    agent.start(ready=False)
    wait.until(lambda: not agent.process.is_alive(), "the agent's end")
    assert pin in agent.log() and '"pathroute-agent uninstall"' in agent.log(), agent.log()
    assert ask(own_shop["client"], web, "/api/").pod == "api", "the old programs go on"
    agent.uninstall()
    agent.start()
    assert ask(own_shop["client"], web, "/api/").pod == "api"


def test_a_second_agent_says_that_there_is_another(shop):
    agent = shop.agent
    done = agent.node.run(*agent.command(), check=False, timeout=20)
    assert done.returncode == 3
    assert f"another agent works on {shop.agent.bpffs}" in done.stderr


def test_an_address_to_listen_at_that_is_none_is_told_what_it_must_be(shop):
    agent = shop.agent
    done = agent.node.run(*agent.command(), "--bpffs", "/nonexistent", "--http-listen",
                          "localhost:9180", check=False, timeout=20)
    assert done.returncode == 1
    assert "--http-listen localhost:9180: must be ADDRESS:PORT" in done.stderr


@pytest.mark.parametrize("mode", ["tcx", "clsact"])
def test_a_foreign_filter_stays_where_it_is(make_lab, web, mode):
    def filters():
        return lab.node.run("tc", "filter", "show", "dev", "vethapi", "ingress").stdout

    lab = make_lab()
    lab.node.run("tc", "qdisc", "add", "dev", "vethapi", "clsact")
    lab.node.run("tc", "filter", "add", "dev", "vethapi", "ingress", "prio", "7", "u32", "match",
                 "u32", "0", "0", "flowid", "1:1")
    before = filters()
    lab.agent.options = ["--attach", mode]
    start_shop(lab)
    assert ask(lab["client"], web, "/api/").pod == "api"
    assert before in filters()
    lab.agent.stop()
    lab.agent.uninstall()
    assert filters() == before


def test_ended_flows_are_collected_without_the_agent(own_shop, web):
    for _ in range(10):
        ask(own_shop["client"], web, "/api/")
    own_shop.agent.kill()
    wait.until(lambda: own_shop.agent.flow_count() == 0, "an empty flow table", timeout=60,
               interval=0.5)
    assert ask(own_shop["client"], web, "/api/").pod == "api"


def test_metrics_count_requests_by_rule(shop, web):
    def requests():
        return shop.agent.metric("pathroute_rule_requests_total", rule="api")

    before = requests()
    for _ in range(7):
        ask(shop["client"], web, "/api/")
    wait.until(lambda: requests() == before + 7, "seven requests more", timeout=5)


def test_metrics_count_bytes_of_a_transfer(shop, web):
    def to_client():
        return shop.agent.metric("pathroute_rule_bytes_total", rule="blog", direction="to_client")

    peers.make_file(shop.files, "count.bin", 1 << 20)
    before = to_client()
    with Connection(shop["client"], web) as connection:
        connection.send(request("/blog/count.bin"))
        connection.download()
    wait.until(lambda: to_client() >= before + (1 << 20), "a megabyte more", timeout=5)


def test_pathroutectl_tells_of_parked_pod_connections(shop, web, version):
    client = shop["client"].address(version)
    with Connection(shop["client"], web) as connection:
        port = connection.socket.getsockname()[1]
        for path in ("/api/", "/blog/1", "/"):
            connection.send(request(path))
            connection.reply()
        listed = json.loads(shop.agent.ctl("flows", "--client", client, "-o", "json"))["flows"]
        [flow] = [flow for flow in listed if flow["client"].endswith(f":{port}")]
        tables = json.loads(shop.agent.ctl("status", "-o", "json"))["tables"]
    assert flow["parkedConnections"] == 2
    assert flow["outstandingRequests"] == 0
    assert flow["rule"] == "shop/shop/frontend"
    assert next(table["entries"] for table in tables if table["name"] == "legs") >= 2


def test_both_programs_tell_one_version(shop):
    told = [shop.node.run(os.path.join(BUILD, program), "--version").stdout.split()
            for program in ("pathroute-agent", "pathroutectl")]
    assert [name for name, _ in told] == ["pathroute-agent", "pathroutectl"]
    assert told[0][1] == told[1][1]


@pytest.mark.parametrize("agent", ["running", "dead"])
def test_pathroutectl_tells_status_routes_and_traces(own_shop, agent):
    with Connection(own_shop["client"], manifests.WEB_IPV4) as connection:
        connection.send(request("/api/"))
        connection.reply()
        if agent == "dead":
            own_shop.agent.kill()
        for command in ("status", "routes", "backends", "flows"):
            json.loads(own_shop.agent.ctl(command, "-o", "json"))
        assert str(connection.source_port) in own_shop.agent.ctl("flows")
    assert "shop/shop/api" in own_shop.agent.ctl("trace", "shop.example.com", "/api/v1")
