# SPDX-License-Identifier: Apache-2.0
"""The control plane and the tools that break it do what the other tests rely on."""

import http.client
import re
import subprocess
import time

import pytest

import manifests
import tokens
import wait
from faulty_way import FaultyWay
from kube import ApiError, Kube, path_of
from namespace import Namespace


@pytest.fixture
def way(plane, admin):
    namespace = Namespace("prtest-way")
    way = FaultyWay(namespace, plane.port)
    yield way
    way.close()
    namespace.delete()


def connect(way, plane, timeout=5):
    connection = http.client.HTTPSConnection("127.0.0.1", way.port, context=plane.tls(),
                                             timeout=timeout)
    # The way listens in a namespace of its own.
    with way._namespace.entered():  # pylint: disable=protected-access
        connection.connect()
    return connection


def ask(connection, plane, path="/api/v1/namespaces/default"):
    connection.request("GET", path, headers={"Authorization": f"Bearer {plane.admin_token}"})
    reply = connection.getresponse()
    return reply.status, reply.read()


def test_the_api_server_knows_its_version(plane, admin):
    """Without it, charts and clients take it for another one."""
    told = subprocess.run([plane.programs["kube-apiserver"], "--version"], check=True, text=True,
                          capture_output=True).stdout.split()[-1]
    assert admin.request("GET", "/version")["gitVersion"] == told
    assert re.fullmatch(r"v1\.\d+\.\d+", told)


def test_a_way_passes_requests_on(way, plane):
    connection = connect(way, plane)
    assert ask(connection, plane)[0] == 200
    wait.until(lambda: (way.connections, way.open_count()) == (1, 1), "one connection")


def test_a_cut_way_resets_and_takes_new_connections(way, plane):
    connection = connect(way, plane)
    assert ask(connection, plane)[0] == 200
    assert way.cut() == 1
    with pytest.raises(OSError):
        ask(connection, plane)
    assert ask(connect(way, plane), plane)[0] == 200


def test_a_closed_way_refuses(way, plane):
    with way.closed():
        with pytest.raises(ConnectionRefusedError):
            connect(way, plane)
    assert ask(connect(way, plane), plane)[0] == 200


def test_a_way_that_swallows_is_silent_and_loses_nothing(way, plane):
    connection = connect(way, plane, timeout=0.5)
    way.swallow()
    connection.request("GET", "/version", headers={"Authorization": f"Bearer {plane.admin_token}"})
    with pytest.raises(TimeoutError):
        connection.sock.recv(1)
    way.release()
    connection.sock.settimeout(5)
    assert connection.getresponse().status == 200


def test_a_renewed_way_passes_new_connections_only(way, plane):
    connection = connect(way, plane, timeout=0.5)
    way.swallow()
    connection.request("GET", "/version", headers={"Authorization": f"Bearer {plane.admin_token}"})
    way.renew()
    assert ask(connect(way, plane), plane)[0] == 200
    with pytest.raises(TimeoutError):
        connection.sock.recv(1)


def test_a_slow_way_delays_both_directions(way, plane):
    connection = connect(way, plane)
    way.delay = 0.1
    start = time.monotonic()
    assert ask(connection, plane)[0] == 200
    assert time.monotonic() - start >= 0.2


def is_expired(kube, path):
    try:
        return "'code': 410" in str(kube.request("GET", path))
    except ApiError as error:
        return error.status == 410


def test_what_is_compacted_is_expired_for_a_watch(plane, admin, space):
    path = path_of("PathRoute", space.name)
    space.apply(manifests.path_route("one", [manifests.rule("all", "/", "frontend")]))
    old = admin.request("GET", path)["metadata"]["resourceVersion"]
    for number in range(3):
        space.patch("PathRoute", "one", {"metadata": {"labels": {"n": str(number)}}})
    plane.compact()
    plane.kill_server()
    plane.start_server()
    query = f"?watch=1&timeoutSeconds=1&resourceVersion={old}"
    # Until its watch cache is full, it says 429.
    wait.until(lambda: is_expired(admin, path + query), "410, as a status or as an event")


def test_a_token_of_seconds_ends(installed, plane):
    token = tokens.expiring(plane, installed, seconds=4)
    assert Kube(plane, token).get("PathRoute")["kind"] == "PathRouteList"
    tokens.wait_until_refused(plane, token)
