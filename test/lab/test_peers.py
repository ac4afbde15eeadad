# SPDX-License-Identifier: Apache-2.0
"""Well-known clients and servers, unchanged, at both ends."""

import hashlib
import os
import re

import pytest

import peers
import topology
from lab_fixtures import opened
from raw_http import ask

HOST = "shop.example.com"
BODY = os.urandom(5 << 20)


@pytest.fixture(scope="module")
def shop():
    """The NGINX shop; behind /proxy/ an HAProxy that passes requests on to pod api."""
    with opened() as make:
        lab = make(pods=("frontend", "api", "proxy"))
        lab.serve("frontend", "api")
        lab.adopt(peers.start_haproxy(lab["proxy"], lab.directory,
                                      {"/": (lab["api"].ipv4, peers.POD_PORT)}))
        lab.digest = peers.make_file(lab.files, "10mb.bin", 10 << 20)
        lab.write_shop()
        lab.agent.start()
        yield lab


@pytest.fixture
def run(shop, web):
    """Runs a client program with the web address in place of WEB; returns its output."""
    host = topology.in_url(web)

    def run_client(*command):
        return shop["client"].namespace.run(*[word.replace("WEB", host) for word in command])
    return run_client


def test_curl_downloads_ten_megabytes(shop, run):
    path = os.path.join(shop.directory, "download")
    run("curl", "-sS", "-H", f"Host: {HOST}", "-o", path, "http://WEB/api/10mb.bin")
    with open(path, "rb") as file:
        assert hashlib.sha256(file.read()).hexdigest() == shop.digest


def test_curl_keeps_one_connection_for_many_requests(run):
    done = run("curl", "-sS", "-H", f"Host: {HOST}", "-w", "connects=%{num_connects}\n",
               "http://WEB/api/[1-50]")
    assert re.findall(r"uri=/api/(\d+)", done.stdout) == [str(n) for n in range(1, 51)]
    assert done.stdout.count("connects=1\n") == 1 and done.stdout.count("connects=0\n") == 49


def test_curl_waits_for_100_continue(shop, run):
    path = os.path.join(shop.directory, "upload")
    with open(path, "wb") as file:
        file.write(BODY)
    done = run("curl", "-sS", "-v", "-H", f"Host: {HOST}", "-H", "Expect: 100-continue",
               "--expect100-timeout", "20", "--data-binary", f"@{path}",
               "http://WEB/proxy/api/up")
    assert "uri=/proxy/api/up" in done.stdout, done


def test_ab_with_http_1_0_gets_every_reply(run):
    done = run("ab", "-q", "-n", "2000", "-c", "20", "-H", f"Host: {HOST}", "http://WEB/api/")
    assert re.search(r"Complete requests: +2000\n", done.stdout), done
    assert re.search(r"Failed requests: +0\n", done.stdout), done
    assert "Non-2xx" not in done.stdout


def test_ab_with_keep_alive_gets_every_reply(run):
    done = run("ab", "-q", "-k", "-n", "5000", "-c", "20", "-H", f"Host: {HOST}",
               "http://WEB/api/")
    assert re.search(r"Failed requests: +0\n", done.stdout), done
    assert re.search(r"Keep-Alive requests: +(4|5)\d{3}\n", done.stdout), done


@pytest.mark.parametrize("connections", [1, 32, 256])
def test_wrk_sees_no_errors(run, connections):
    done = run("wrk", "-t1", f"-c{connections}", "-d1s", "-H", f"Host: {HOST}", "http://WEB/api/")
    assert "Non-2xx" not in done.stdout and "Socket errors" not in done.stdout, done.stdout
    assert float(re.search(r"Requests/sec: +([\d.]+)", done.stdout)[1]) > 100


def test_haproxy_as_a_pod_passes_requests_on(shop, version, web):
    reply = ask(shop["client"], web, "/proxy/x")
    assert reply.pod == "api"
    assert reply.seen["remote"] == shop["proxy"].ipv4
