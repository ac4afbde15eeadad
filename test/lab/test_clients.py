# SPDX-License-Identifier: Apache-2.0
"""Clients of every kind, as they come, reach three services over one keep-alive connection."""

import contextlib
import http.client
import os
import re

import pytest

import manifests
import origin
import topology
import wait
from lab_fixtures import opened, start_shop
from forwarder import HERE
from origin import Origin, constant
from raw_http import Connection
from tls_client import CHROMIUM

HOST = "shop.example.com"
PATHS = ("/", "/api/", "/blog/")
PODS = ("frontend", "api", "blog")
PROGRAMS = os.path.join(HERE, "programs")


def needs(program):
    return pytest.mark.skipif(not os.access(program, os.X_OK), reason=f"{program} is not installed")


@pytest.fixture(scope="module")
def any_host():
    """The shop for clients that name an address as their host."""
    with opened() as make:
        lab = make()
        lab.manifests.write("any.yaml", manifests.path_route(
            "any", [manifests.rule(pod, path, pod) for pod, path in zip(PODS, PATHS)]))
        yield start_shop(lab)


@pytest.fixture
def run(shop, web):
    """Runs a program with the web address in place of WEB; returns its output."""
    host = topology.in_url(web)

    def run_client(*command, **options):
        return shop["client"].namespace.run(
            *[str(word).replace("WEB", host) for word in command], **options)
    return run_client


def expected(count):
    return [(PODS[number % 3], f"{PATHS[number % 3]}{number}") for number in range(count)]


def ports(text):
    """Source ports that pods have seen; one connection has one, unless a pod holds it already."""
    return set(re.findall(r"^port=(\d+)$", text, re.M))


@needs("/usr/bin/curl")
def test_curl(run):
    urls = [f"http://WEB{path}" for _, path in expected(90)]
    done = run("/usr/bin/curl", "-sS", "-H", f"Host: {HOST}", "-w", "connects=%{num_connects}\n",
               *urls)
    assert re.findall(r"pod=(\w+)\nuri=(\S+)", done.stdout) == expected(90)
    assert done.stdout.count("connects=1\n") == 1 and done.stdout.count("connects=0\n") == 89
    assert len(ports(done.stdout)) == 1


@needs("/usr/bin/curl")
def test_curl_with_several_connections_at_once(run):
    urls = [f"http://WEB{path}" for _, path in expected(300)]
    done = run("/usr/bin/curl", "-sS", "--parallel", "--parallel-max", "8", "-H", f"Host: {HOST}",
               *urls)
    assert sorted(re.findall(r"pod=(\w+)\nuri=(\S+)", done.stdout)) == sorted(expected(300))


def test_pythons_http_client(shop, web):
    with Connection(shop["client"], web) as connection:
        client = http.client.HTTPConnection(HOST)
        client.sock = connection.socket
        for number, (pod, path) in enumerate(expected(200)):
            method = "POST" if number % 5 == 0 else "GET"
            client.request(method, path, body=b"x" * 1000 if method == "POST" else None)
            reply = client.getresponse()
            assert (reply.status, reply.headers["X-Pod"]) == (200, pod)
            assert f"uri={path}\n" in reply.read().decode()
            assert client.sock is connection.socket, "the client had to connect again"


def test_pythons_http_client_with_chunked_uploads(shop, web):
    with Connection(shop["client"], web) as connection:
        client = http.client.HTTPConnection(HOST)
        client.sock = connection.socket
        for pod, path in expected(60):
            client.request("POST", path, body=iter([b"abc", b"d" * 5000]), encode_chunked=True)
            reply = client.getresponse()
            assert (reply.status, reply.headers["X-Pod"]) == (200, pod)
            reply.read()
            assert client.sock is connection.socket, "the client had to connect again"


@needs("/usr/bin/node")
@pytest.mark.parametrize("at_once", [1, 6])
def test_nodes_fetch(any_host, web, at_once):
    host = topology.in_url(web)
    done = any_host["client"].namespace.run(
        "/usr/bin/node", os.path.join(PROGRAMS, "fetch.js"), f"http://{host}", 90, at_once, *PATHS)
    assert done.stdout.splitlines() == [f"200 {pod} {path}" for pod, path in expected(90)]


@needs("/usr/bin/java")
def test_javas_http_client(any_host):
    done = any_host["client"].namespace.run(
        "/usr/bin/java", os.path.join(PROGRAMS, "Fetch.java"), manifests.WEB_IPV4, 90, *PATHS)
    assert done.stdout.splitlines() == [f"200 HTTP_1_1 {pod} pod={pod}"
                                        for pod, _ in expected(90)]


@needs("/usr/bin/wrk")
@pytest.mark.parametrize("connections", [1, 32])
def test_wrk(run, connections):
    done = run("/usr/bin/wrk", "-t1", f"-c{connections}", "-d2s", "-H", f"Host: {HOST}", "-s",
               os.path.join(PROGRAMS, "alternate.lua"), "http://WEB", "--", *PATHS)
    assert "Non-2xx" not in done.stdout and "Socket errors" not in done.stdout, done.stdout
    checked, wrong = map(int, re.search(r"checked (\d+) wrong (\d+)", done.stdout).groups())
    assert checked > 200 and wrong == 0, done.stdout


@needs("/usr/bin/ab")
def test_ab_with_keep_alive(run):
    """It speaks HTTP/1.0 and asks for one path only: three of them at once meet at the pods."""
    for path in PATHS:
        done = run("/usr/bin/ab", "-q", "-k", "-n", "2000", "-c", "10", "-H", f"Host: {HOST}",
                   f"http://WEB{path}")
        assert re.search(r"Complete requests: +2000\n", done.stdout), done
        assert re.search(r"Failed requests: +0\n", done.stdout), done
        assert "Non-2xx" not in done.stdout
        assert int(re.search(r"Keep-Alive requests: +(\d+)", done.stdout)[1]) > 1900


@needs("/usr/bin/h2load")
@pytest.mark.parametrize("clients, requests", [(1, 999), (10, 3000)])
def test_h2load_with_http_1_1(run, clients, requests):
    done = run("/usr/bin/h2load", "--h1", "-n", requests, "-c", clients, "--connect-to=WEB:80",
               *[f"http://{HOST}{path}x" for path in PATHS])
    assert f"{requests} succeeded, 0 failed, 0 errored, 0 timeout" in done.stdout, done.stdout
    assert f"{requests} 2xx, 0 3xx, 0 4xx, 0 5xx" in done.stdout, done.stdout


@needs("/usr/bin/h2load")
def test_h2load_with_pipelining(run):
    """Two requests at once on a connection, always to different pods."""
    done = run("/usr/bin/h2load", "--h1", "-n", 60, "-c", 3, "-m", 2, "--connect-to=WEB:80",
               *[f"http://{HOST}{path}x" for path in PATHS])
    assert "60 succeeded, 0 failed, 0 errored, 0 timeout" in done.stdout, done.stdout


# ---- A browser ----

PAGE = b"""<!DOCTYPE html><html><head><title>loading</title></head><body>
<script src="/api/part.js"></script>
<img id="image" src="/blog/part.svg">
<script>
const seen = [typeof part === "string" ? part : "no script"];
async function load() {
    for (let number = 0; number < 30; number++) {
        const path = ["/api/", "/blog/", "/"][number % 3] + "data" + number;
        const reply = await fetch(path, {method: number % 2 ? "POST" : "GET",
                                         body: number % 2 ? "x".repeat(20000) : undefined});
        seen.push(reply.headers.get("x-pod") + ":" + reply.status);
    }
    seen.push("image:" + document.getElementById("image").naturalWidth);
    await fetch("/blog/report?" + encodeURIComponent(seen.join(",")));
    document.title = "done";
}
window.onload = load;
</script></body></html>"""
IMAGE = b'<svg xmlns="http://www.w3.org/2000/svg" width="7" height="7"></svg>'


def served(name, kind, body):
    return constant(origin.reply(name, body, fields=[f"Content-Type: {kind}"]))


@needs("/usr/bin/chromium")
def test_chromium_loads_a_page_from_three_services_of_one_origin(make_lab, web):
    host = topology.in_url(web)
    answers = {"/page.html": served("frontend", "text/html", PAGE),
               "/api/part.js": served("api", "text/javascript", b'const part = "script";'),
               "/blog/part.svg": served("blog", "image/svg+xml", IMAGE)}
    lab = make_lab()
    lab.write_shop()
    lab.agent.start()
    with contextlib.ExitStack() as stack:
        pods = {pod.name: stack.enter_context(Origin(pod, answers)) for pod in lab.pods}
        lab.start(lab["client"], "chromium", *CHROMIUM,
                  f"--user-data-dir={lab.directory}/chromium",
                  f"--host-resolver-rules=MAP {HOST} {host}", "--remote-debugging-port=0",
                  f"http://{HOST}/page.html")
        report = wait.until(lambda: [path for path in pods["blog"].paths if "report" in path],
                            "the page's report", timeout=60)
    fetched = ["api:200", "blog:200", "frontend:200"] * 10
    assert report[0] == "/blog/report?" + "%2C".join(
        entry.replace(":", "%3A") for entry in ["script", *fetched, "image:7"])
