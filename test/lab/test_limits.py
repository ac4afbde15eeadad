# SPDX-License-Identifier: Apache-2.0
"""Limits that the agent's options set, reached."""

import contextlib

import pytest

import manifests
import wait
from lab_fixtures import start_shop
from raw_http import Connection, ask, request

FLOWS = 64


@pytest.fixture
def start(make_lab):
    """The shop under an agent with further options."""
    def start_with(*options):
        lab = make_lab()
        lab.agent.options = [str(option) for option in options]
        return start_shop(lab)
    return start_with


def test_a_head_that_takes_too_long_is_answered_408(start, web):
    shop = start("--head-timeout", 1)
    head = request("/api/")
    with Connection(shop["client"], web) as connection:
        connection.send_segments([head[:10], head[10:20]])
        wait.until(lambda: shop.agent.metric("pathroute_flows", state="overdue") == 1,
                   "the deadline", timeout=10)
        connection.send(head[20:])
        assert connection.reply().status == 408
        assert connection.read_to_end() == b""


def test_a_connection_without_a_byte_has_no_deadline(start, web):
    shop = start("--head-timeout", 1)
    with Connection(shop["client"], web) as idle:
        with Connection(shop["client"], web) as slow:
            slow.send(b"GET /")
            wait.until(lambda: shop.agent.metric("pathroute_flows", state="overdue") == 1,
                       "the other connection's deadline", timeout=10)
        idle.send(request("/api/"))
        assert idle.reply().pod == "api"


def test_a_silent_connection_is_forgotten(start, web):
    shop = start("--idle-timeout", 1)
    with Connection(shop["client"], web) as connection:
        connection.send(request("/api/"))
        connection.reply()
        assert shop.agent.flow_count() > 0
        wait.until(lambda: shop.agent.flow_count() == 0, "the end of the flow", timeout=20)


def test_a_full_table_refuses_new_connections_and_keeps_the_old_ones(start, web):
    shop = start("--max-flows", FLOWS)
    refused = 0
    with contextlib.ExitStack() as stack:
        kept = []
        for _ in range(FLOWS + 20):
            connection = stack.enter_context(Connection(shop["client"], web))
            connection.send(request("/api/"))
            try:
                assert connection.reply().pod == "api"
                kept.append(connection)
            except ConnectionResetError:
                refused += 1
        assert len(kept) == FLOWS and refused == 20
        assert shop.agent.verdicts()["table_full"] >= 20
        for number, connection in enumerate(kept):
            connection.send(request(f"/api/{number}"))
            assert connection.reply().seen["uri"] == f"/api/{number}"
    wait.until(lambda: shop.agent.flow_count() == 0, "room in the table", timeout=60)
    assert ask(shop["client"], web, "/api/").pod == "api"


def test_a_source_over_its_cap_is_refused_and_others_are_not(start):
    shop = start("--source-cap", 3)
    address = manifests.WEB_IPV4
    with contextlib.ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(Connection(shop["client"], address)).send_segments(
                [b"GET ", b"/"])
        over = stack.enter_context(Connection(shop["client"], address))
        over.send(b"GET ")
        with pytest.raises(ConnectionResetError):
            over.read_to_end()
        head = request("/api/")
        other = stack.enter_context(Connection(shop["blog"], address))
        other.send_segments([head[:10], head[10:]])
        assert other.reply().pod == "api"
        assert ask(shop["client"], address, "/api/").pod == "api", "whole heads are not capped"


@pytest.mark.parametrize("mode", ["tcx", "clsact"])
def test_both_ways_of_attaching_route(start, web, mode):
    shop = start("--attach", mode)
    assert ask(shop["client"], web, "/api/").pod == "api"
    assert shop.agent.metric("pathroute_device_attached", device="vethapi", mode=mode) == 1
