# SPDX-License-Identifier: Apache-2.0
"""Hostile and careless clients do not hurt the others."""

import os
import random
import resource

import pytest

import manifests
import packets
import topology
import wait
from lab_fixtures import opened, start_shop
from load import Load, serve_in_flood
from raw_http import Connection, request

FLOOD = 100000
HALF_HEADS = 10000
SPOOFED = {4: "198.18.", 6: "2001:db8:"}
HONEST = {"/": {"frontend"}, "/api/": {"api"}}


@pytest.fixture(scope="module")
def shop():
    """The shop with an honest client and an attacker."""
    with opened() as make:
        yield start_shop(make(clients=("client", "attacker")))


def spoofed_syns(attacker, version, web):
    dice = random.Random(version)
    for _ in range(FLOOD):
        low, high = dice.randrange(1 << 16), dice.randrange(1 << 16)
        source = (f"198.18.{low >> 8}.{low & 255}" if version == 4 else
                  f"2001:db8::{high:x}:{low:x}")
        yield packets.tcp_syn(attacker, source, web, 1024 + high % 60000, high << 16 | low)


def test_a_syn_flood_leaves_no_entry_and_honest_requests_succeed(shop, version, web):
    frames = list(spoofed_syns(shop["attacker"], version, web))
    before = shop.agent.verdicts().get("syn_answered", 0)
    serve_in_flood(shop, web, HONEST, frames)
    assert shop.agent.verdicts()["syn_answered"] - before >= FLOOD
    spoofed = [entry for entry in shop.agent.flow_clients() if entry.startswith(SPOOFED[version])]
    assert not spoofed


def half_heads(attacker, addresses, web, count):
    """Connections that have sent half a head; those that the router refuses are left out."""
    held = []
    for number in range(count):
        connection = Connection(attacker, web, source=(addresses[number % len(addresses)], 0))
        connection.socket.setblocking(False)
        try:
            connection.send(b"GET /api/ HTTP/1.1\r\nHost: sh")
            held.append(connection)
        except OSError:
            connection.close()
    return held


def test_ten_thousand_half_heads_from_few_sources_do_not_stop_honest_clients(shop):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    addresses = topology.add_addresses(shop["attacker"], 4)
    held = []
    try:
        with Load(shop["client"], manifests.WEB_IPV4, HONEST, threads=2) as load:
            load.wait_for_more(20)
            for _ in range(10):
                held += half_heads(shop["attacker"], addresses, manifests.WEB_IPV4,
                                   HALF_HEADS // 10)
                load.wait_for_more(20)
        load.check()
        slow = request("/api/slow")
        with Connection(shop["client"], manifests.WEB_IPV4) as connection:
            connection.send_segments([slow[:10], slow[10:]])
            assert connection.reply().pod == "api", "an honest client's head may come in pieces"
    finally:
        for connection in held:
            connection.reset()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_after_half_heads_have_gone_their_holds_are_free_again(shop, web):
    wait.until(lambda: shop.agent.metric("pathroute_map_entries", map="holds_large") == 0,
               "no held heads", timeout=60, interval=0.5)
    assert all(entry["formatted"]["value"]["held"] == 0
               for entry in shop.agent.map_entries("sources"))
    head = request("/api/")
    with Connection(shop["client"], web) as connection:
        connection.send_segments([head[:10], head[10:]])
        assert connection.reply().pod == "api"


def test_a_three_megabyte_post_to_a_path_without_rule_reads_the_404(shop, web):
    body = os.urandom(3 << 20)
    with Connection(shop["client"], web, timeout=20) as connection:
        connection.send(request("/", method="POST", host="other.example.com", body=body))
        assert connection.reply().status == 404


def test_curl_reads_the_404_of_a_large_post(shop, web):
    host = topology.in_url(web)
    path = os.path.join(shop.directory, "body")
    with open(path, "wb") as file:
        file.write(os.urandom(3 << 20))
    done = shop["client"].namespace.run(
        "curl", "-sS", "--max-time", "20", "-o", "/dev/null", "-w", "%{http_code}",
        "--data-binary", f"@{path}", "-H", "Expect:", f"http://{host}/nothing")
    assert done.stdout == "404", done
