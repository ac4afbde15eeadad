# SPDX-License-Identifier: Apache-2.0
"""Servers of every kind, as they come, are pods behind one keep-alive connection."""

import os
import random

import pytest

import pod_programs
import wait
from lab_fixtures import opened
from load import Load
from raw_http import Connection, request

KINDS = list(pod_programs.KINDS)
BODY = os.urandom(200000)


@pytest.fixture(scope="module")
def pods():
    """One pod of each kind that is installed, and an NGINX called frontend."""
    with opened() as make:
        lab = make(pods=("frontend", *KINDS))
        lab.serve("frontend")
        for kind in filter(pod_programs.is_installed, KINDS):
            pod_programs.start(lab, lab[kind], kind)
        lab.write_shop()
        lab.agent.start()
        yield lab


@pytest.fixture(params=KINDS)
def kind(request, pods):
    if not pod_programs.is_installed(request.param):
        pytest.skip(f"{pod_programs.KINDS[request.param][1]} is not installed")
    return request.param


@pytest.fixture
def connection(pods, web):
    with Connection(pods["client"], web) as made:
        yield made


def expect(reply, pod, path=""):
    assert (reply.status, reply.pod) == (200, pod), reply
    assert not path or reply.seen.get("uri", path) == path


def test_requests_alternate_with_those_to_another_pod(connection, kind):
    for number in range(100):
        expect(connection.ask(f"/{kind}/{number}"), kind, f"/{kind}/{number}")
        expect(connection.ask(f"/{number}"), "frontend", f"/{number}")


def test_methods_and_bodies_alternate(connection, kind):
    for number in range(30):
        method = ("GET", "HEAD", "POST")[number % 3]
        body = BODY if method == "POST" and kind != "haproxy" else b"a=b"
        expect(connection.ask(f"/{kind}/{number}", method=method,
                              body=body if method == "POST" else None), kind)
        expect(connection.ask("/"), "frontend")


def test_pipelined_requests_are_answered_in_order(connection, kind):
    paths = [f"/{kind}/{number}" for number in range(16)]
    for _ in range(5):
        connection.send(b"".join(request(path) for path in paths))
        for path in paths:
            expect(connection.reply(), kind, path)
        expect(connection.ask("/"), "frontend")


def test_connection_close_is_honoured(connection, kind):
    expect(connection.ask("/"), "frontend")
    expect(connection.ask(f"/{kind}/", fields=["Connection: close"]), kind)
    assert connection.read_to_end() == b""


def test_half_close_is_survived(connection, kind):
    """Servers differ in what they still answer then; all end cleanly when there is nothing left."""
    expect(connection.ask("/"), "frontend")
    expect(connection.ask(f"/{kind}/"), kind)
    connection.finish()
    assert connection.read_to_end() == b""


def test_a_client_that_closes_leaves_no_connection_at_the_pod(pods, web, kind):
    with Connection(pods["client"], web) as connection:
        expect(connection.ask(f"/{kind}/"), kind)
        expect(connection.ask("/"), "frontend")
    wait.until(lambda: not pods[kind].namespace.run(
        "ss", "-tnH", "state", "established", "state", "close-wait").stdout,
        f"no connection at {kind}")


@pytest.mark.parametrize("order", ["in turn", "at random"])
def test_one_connection_visits_all_kinds(pods, connection, order):
    kinds = ["frontend", *filter(pod_programs.is_installed, KINDS)]
    dice = random.Random(3)
    for number in range(300):
        pod = kinds[number % len(kinds)] if order == "in turn" else dice.choice(kinds)
        expect(connection.ask("/" if pod == "frontend" else f"/{pod}/{number}"), pod)


def test_many_connections_visit_all_kinds_at_once(pods, web):
    paths = {f"/{kind}/": {kind} for kind in filter(pod_programs.is_installed, KINDS)}
    with Load(pods["client"], web, paths, threads=8, kept=(200,)) as load:
        load.wait_for_more(3000, timeout=60)
    load.check()


def test_an_nginx_that_closes_idle_connections_costs_no_request(make_lab, web):
    """The pod's keep-alive time is over before the client's next request."""
    lab = make_lab(pods=("frontend", "api"))
    lab.serve(keepalive="1s")
    lab.write_shop()
    lab.agent.start()
    with Connection(lab["client"], web) as connection:
        for _ in range(3):
            for path, pod in (("/", "frontend"), ("/api/", "api"), ("/", "frontend")):
                expect(connection.ask(path), pod)
            wait.until(lambda: not any(pod.namespace.run(
                "ss", "-tnH", "state", "established").stdout for pod in lab.pods),
                "idle connections closed by both pods")
