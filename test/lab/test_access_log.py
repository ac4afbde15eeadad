# SPDX-License-Identifier: Apache-2.0
"""What happened to requests: access log, metrics, pathroutectl top and tail."""

import contextlib
import json
import os
import signal
import socket

import pytest

import manifests
import peers
import topology
import wait
from agent import BUILD
from lab_fixtures import opened
from raw_http import Connection, ask, request


class AccessLog:
    """The log's file, its lines from a mark on."""

    def __init__(self, lab):
        self.path = os.path.join(lab.directory, "access.log")
        self.begin = 0

    def mark(self):
        self.begin = os.path.getsize(self.path) if os.path.exists(self.path) else 0

    def lines(self):
        with open(self.path, encoding="ascii") as file:
            file.seek(self.begin)
            return file.read().splitlines()

    def wait_lines(self, count):
        wait.until(lambda: len(self.lines()) >= count, f"{count} lines of the log", timeout=5)
        return self.lines()

    def wait_requests(self, count):
        return [json.loads(line) for line in self.wait_lines(count)]


def start(lab, *options):
    lab.serve()
    lab.write_shop()
    lab.agent.options = ["--access-log", os.path.join(lab.directory, "access.log"), *options]
    lab.agent.start()
    lab.log = AccessLog(lab)
    return lab


@pytest.fixture(scope="module")
def logged():
    with opened() as make:
        yield start(make())


@pytest.fixture
def log(logged):
    """The requests of the tests before have arrived."""
    ask(logged["client"], manifests.WEB_IPV4, "/api/mark")
    wait.until(lambda: any("/api/mark" in line for line in logged.log.lines()), "the mark")
    logged.log.mark()
    return logged.log


@pytest.fixture
def own(make_lab):
    return lambda *options: start(make_lab(), *options)


@contextlib.contextmanager
def running(lab, name, *arguments):
    """pathroutectl as a process, ended by SIGINT."""
    process = lab.start(lab.node, name, os.path.join(BUILD, "pathroutectl"), *arguments,
                        "--bpffs", lab.bpffs)
    try:
        yield process
    finally:
        process.stop(signal.SIGINT)


def test_a_request_is_told_with_all_that_is_known(logged, log, web, version):
    with Connection(logged["client"], web) as connection:
        connection.send(request("/api/items?page=2"))
        port = connection.socket.getsockname()[1]
        reply = connection.reply()
        [entry] = log.wait_requests(1)
    assert entry["client"] == logged["client"].address(version)
    assert entry["client_port"] == port
    assert (entry["method"], entry["host"], entry["path"]) == \
        ("GET", "shop.example.com", "/api/items")
    assert (entry["protocol"], entry["status"], entry["flags"]) == ("HTTP/1.1", 200, [])
    assert entry["rule"] == "shop/shop/api"
    assert entry["service"] == "shop/api:80"
    address = logged["api"].address(version)
    host = topology.in_url(address)
    assert entry["endpoint"] == f"{host}:{peers.POD_PORT}"
    assert entry["request_bytes"] == len(request("/api/items?page=2"))
    assert entry["reply_bytes"] > len(reply.body)
    assert 0 < entry["first_byte_us"] <= entry["duration_us"] < 5_000_000


def test_each_request_of_a_connection_has_its_own_line(logged, log, web):
    paths = ["/api/1", "/blog/2", "/3", "/api/4"]
    with Connection(logged["client"], web) as connection:
        for path in paths:
            connection.send(request(path))
            connection.reply()
    entries = log.wait_requests(len(paths))
    assert [entry["path"] for entry in entries] == paths
    assert [entry["rule"].rsplit("/", 1)[1] for entry in entries] == \
        ["api", "blog", "frontend", "api"]


def test_a_body_counts_both_ways(logged, log, web):
    peers.make_file(logged.files, "logged.bin", 1 << 20)
    with Connection(logged["client"], web) as connection:
        connection.send(request("/blog/logged.bin"))
        connection.download()
    [entry] = log.wait_requests(1)
    # Segments that were sent twice count twice.
    assert (1 << 20) < entry["reply_bytes"] < (2 << 20)


@pytest.mark.parametrize("path, host, status, rule", [
    ("/old", "shop.example.com", 301, "shop/shop/old"),
    ("/nothing", "other.example.com", 404, ""),
])
def test_the_routers_own_replies_are_told_as_such(logged, log, path, host, status, rule):
    assert ask(logged["client"], manifests.WEB_IPV4, path, host=host).status == status
    [entry] = log.wait_requests(1)
    assert (entry["status"], entry["flags"]) == (status, ["own_reply"])
    assert (entry["rule"], entry["endpoint"]) == (rule, "")
    assert (entry["host"], entry["path"]) == (host, path)


def test_a_client_that_leaves_early_has_an_aborted_request(logged, log, web):
    peers.make_file(logged.files, "huge.bin", 64 << 20)
    with Connection(logged["client"], web) as connection:
        connection.send(request("/blog/huge.bin"))
        connection.socket.recv(1)
        connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                     b"\1\0\0\0\0\0\0\0")
    [entry] = log.wait_requests(1)
    assert "aborted" in entry["flags"]
    assert entry["reply_bytes"] < 64 << 20
    assert entry["endpoint"]


def test_long_texts_are_cut_and_say_so(logged, log, web):
    ask(logged["client"], web, "/api/" + "x" * 300)
    [entry] = log.wait_requests(1)
    assert entry["path"] == ("/api/" + "x" * 300)[:192]
    assert entry["flags"] == ["path_cut"]


def test_odd_bytes_cannot_break_a_line(logged, log, web):
    with Connection(logged["client"], web) as connection:
        connection.send(b"GET /api/\"\xc3\xa9\\ HTTP/1.1\r\nHost: shop.example.com\r\n\r\n")
        status = connection.reply().status
    if status == 200:
        [entry] = log.wait_requests(1)
        assert entry["path"].encode("latin-1") == b"/api/\"\xc3\xa9\\"


def test_metrics_have_status_and_times(logged, log, web):
    def metric(name, **labels):
        return logged.agent.metric(name, rule="api", **labels)

    replies = metric("pathroute_rule_responses_total", code="2xx")
    timed = metric("pathroute_rule_duration_seconds_count")
    for _ in range(5):
        ask(logged["client"], web, "/api/")
    log.wait_requests(5)
    assert metric("pathroute_rule_responses_total", code="2xx") == replies + 5
    assert metric("pathroute_rule_duration_seconds_count") == timed + 5
    assert metric("pathroute_rule_duration_seconds_bucket", le="+Inf") == timed + 5
    assert metric("pathroute_rule_first_byte_seconds_count") >= 5


def test_tail_shows_requests_while_it_runs(logged, log, web):
    def is_asked():
        return logged.agent.map_entries("log_control")[0]["formatted"]["value"]["tail_until"]

    with running(logged, "tail", "tail", "-o", "json") as tail:
        wait.until(is_asked, "tail to ask")
        begin = len(tail.log())
        ask(logged["client"], web, "/api/tailed")
        line = wait.until(lambda: tail.log()[begin:].strip(), "a line of tail", timeout=5)
        log.wait_requests(1)
    entry = json.loads(line)
    assert (entry["path"], entry["status"], entry["rule"]) == \
        ("/api/tailed", 200, "shop/shop/api")
    assert tail.popen.returncode == 0
    assert not is_asked()


def test_top_shows_the_rate_of_each_rule(logged, web):
    with running(logged, "top", "top", "-o", "json") as top:
        def busy():
            ask(logged["client"], web, "/api/")
            rounds = [json.loads(line) for line in top.log().splitlines(True) if line[-1] == "\n"]
            return next((rule for entry in rounds for rule in entry["rules"]
                         if rule["requestsPerSecond"] > 1), None)

        rule = wait.until(busy, "a round with requests", timeout=10)
    assert rule["rule"] == "shop/shop/api"
    assert 0 < rule["p50Us"] <= rule["p99Us"]


def test_sampling_takes_one_of_many(own, web):
    lab = own("--access-log-sample", "10")
    with Connection(lab["client"], web) as connection:
        for number in range(400):
            connection.send(request(f"/api/{number}"))
            connection.reply()
    lab.log.wait_lines(1)
    wait.until(lambda: lab.agent.metric("pathroute_rule_responses_total") == 400, "all replies")
    assert 10 <= len(lab.log.lines()) <= 100


def test_a_renamed_log_goes_on_in_a_new_file(own, web):
    lab = own("--access-log-format", "combined")
    ask(lab["client"], web, "/api/old")
    lab.log.wait_lines(1)
    os.rename(lab.log.path, lab.log.path + ".1")
    lab.agent.process.send(signal.SIGUSR1)
    wait.until(lambda: os.path.exists(lab.log.path), "a new file")
    ask(lab["client"], web, "/api/new")
    [line] = lab.log.wait_lines(1)
    assert '"GET /api/new HTTP/1.1" 200 ' in line
    with open(lab.log.path + ".1", encoding="ascii") as old:
        assert "/api/old" in old.read()


def test_a_reader_that_sleeps_stops_neither_agent_nor_traffic(own, web):
    lab = own()
    lab.agent.stop()
    os.remove(lab.log.path)
    os.mkfifo(lab.log.path)
    reader = os.open(lab.log.path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        lab.agent.start()

        def dropped():
            with Connection(lab["client"], web) as connection:
                for number in range(200):
                    connection.send(request(f"/api/{number}{'x' * 180}"))
                    assert connection.reply().pod == "api"
            return lab.agent.metric("pathroute_access_log_dropped_total", by="agent")

        wait.until(dropped, "dropped lines", timeout=60)
        assert lab.agent.get("/readyz")[0] == 200
        status = json.loads(lab.agent.ctl("status", "-o", "json"))["accessLog"]
        assert status["unwritten"] > 0
    finally:
        os.close(reader)


def test_an_agent_that_ends_asks_for_no_more_entries(own, web):
    def every():
        return lab.agent.map_entries("log_control")[0]["formatted"]["value"]["every"]

    lab = own()
    assert every() == 1
    ask(lab["client"], web, "/api/last")
    lab.agent.stop()
    assert every() == 0
    assert any("/api/last" in line for line in lab.log.lines())


def test_a_log_that_cannot_be_opened_is_a_mistake(make_lab):
    lab = make_lab()
    lab.write_shop()
    lab.agent.options = ["--access-log", "/nowhere/access.log"]
    lab.agent.start(ready=False)
    assert lab.agent.process.popen.wait(30) == 1
    assert "--access-log /nowhere/access.log: No such file or directory" in lab.agent.log()
