# SPDX-License-Identifier: Apache-2.0
"""Every request of a connection is routed on its own."""

import collections
import contextlib
import itertools
import random

import pytest

import manifests
import peers
import wait
from lab_fixtures import opened
from load import Load
from raw_http import Connection, ask, request

POD_OF = {"/": "frontend", "/api/": "api", "/blog/": "blog"}
CYCLE = list(POD_OF.items())
LETTERS = "abcdefgh"  # as many pods, more than a connection keeps idle legs to


def cycle(number):
    return CYCLE[number % len(CYCLE)]


def alternate(connection, count, choose=cycle):
    """Requests to the paths that choose(number) gives, each answered by its pod."""
    for number in range(count):
        prefix, pod = choose(number)
        reply = connection.ask(f"{prefix}{number}")
        assert (reply.status, reply.pod) == (200, pod), f"request {number}: {reply}"
        assert reply.seen["uri"] == f"{prefix}{number}"


def test_a_thousand_requests_alternate_over_three_rules(shop, web):
    with Connection(shop["client"], web) as connection:
        alternate(connection, 1000)


def test_a_thousand_requests_go_to_rules_at_random(shop, web):
    dice = random.Random(7)
    with Connection(shop["client"], web) as connection:
        alternate(connection, 1000, lambda _: dice.choice(CYCLE))


@pytest.mark.parametrize("options", [{"kind": "bridge"}, {"distant": ("client",)}],
                         ids=["bridge", "distant"])
def test_every_topology_alternates(make_shop, web, options):
    shop = make_shop(**options)
    with Connection(shop["client"], web) as connection:
        alternate(connection, 100)


def test_a_pod_can_be_the_client_of_two_others(shop, web):
    with Connection(shop["frontend"], web) as connection:
        alternate(connection, 100, lambda number: CYCLE[1 + number % 2])


def test_every_pod_sees_the_clients_own_address(shop, version, web):
    with Connection(shop["client"], web) as connection:
        for number in range(30):
            seen = connection.ask(cycle(number)[0]).seen
            assert seen["remote"] == shop["client"].address(version)


def test_an_idle_leg_to_a_pod_is_used_again(shop, web):
    """Its source port may differ from the client's, but it stays the same."""
    ports = collections.defaultdict(set)
    with Connection(shop["client"], web) as connection:
        for number in range(30):
            reply = connection.ask(cycle(number)[0])
            ports[reply.pod].add(reply.seen["port"])
    assert [len(seen) for seen in ports.values()] == [1, 1, 1], ports


def test_forty_connections_alternate_at_once(shop, web):
    with contextlib.ExitStack() as stack:
        connections = [stack.enter_context(Connection(shop["client"], web)) for _ in range(40)]
        for turn in range(30):
            for number, connection in enumerate(connections):
                connection.send(request(f"{cycle(turn + number)[0]}{turn}/{number}"))
            for number, connection in enumerate(connections):
                prefix, pod = cycle(turn + number)
                reply = connection.reply()
                assert (reply.pod, reply.seen["uri"]) == (pod, f"{prefix}{turn}/{number}")


def test_connections_of_eight_threads_alternate(shop, web):
    paths = {path: {pod} for path, pod in CYCLE}
    with Load(shop["client"], web, paths, threads=8, kept=(500,)) as load:
        load.wait_for_more(4000, timeout=60)
    load.check()


def test_large_replies_alternate_with_small_ones(shop, web):
    digest = peers.make_file(shop.files, "1m.bin", 1 << 20)
    with Connection(shop["client"], web, timeout=20) as connection:
        for number in range(9):
            prefix, pod = cycle(number)
            connection.send(request(f"{prefix}1m.bin"))
            reply, seen = connection.download()
            assert (reply.pod, seen) == (pod, digest)
            alternate(connection, 3)


def test_head_requests_among_others_leave_no_body_behind(shop, web):
    with Connection(shop["client"], web) as connection:
        for number in range(60):
            prefix, pod = cycle(number)
            method = "HEAD" if number % 2 else "GET"
            reply = connection.ask(f"{prefix}{number}", method=method)
            assert (reply.status, reply.pod) == (200, pod), f"request {number}: {reply}"
            assert bool(reply.body) == (method == "GET")


def test_http_1_0_with_keep_alive_alternates(shop, web):
    with Connection(shop["client"], web) as connection:
        for number in range(60):
            prefix, pod = cycle(number)
            reply = connection.ask(f"{prefix}{number}", version="1.0",
                                   fields=["Connection: keep-alive"])
            assert (reply.status, reply.pod) == (200, pod), f"request {number}: {reply}"


def test_http_1_0_without_keep_alive_ends_the_connection(shop, web):
    with Connection(shop["client"], web) as connection:
        alternate(connection, 3)
        assert connection.ask("/api/", version="1.0").pod == "api"
        assert connection.read_to_end() == b""


def test_alternation_goes_on_while_the_agent_is_dead(make_shop, web):
    shop = make_shop()
    with Connection(shop["client"], web) as connection:
        alternate(connection, 10)
        shop.agent.kill()
        alternate(connection, 100)
    with Connection(shop["client"], web) as connection:
        alternate(connection, 100)


def test_requests_wait_for_a_slow_reader_of_the_reply_before(shop, web):
    """The reply to the first request fills all buffers before the next request is sent."""
    digest = peers.make_file(shop.files, "8m.bin", 8 << 20)
    with Connection(shop["client"], web, timeout=20) as connection:
        connection.send(request("/api/8m.bin"))
        connection.send(request("/blog/next"))
        reply, seen = connection.download()
        assert (reply.pod, seen) == ("api", digest)
        assert connection.reply().pod == "blog"


# ---- Hosts, methods, many rules ----


def write_hosts_and_methods(lab):
    """Hosts of their own for frontend and api; /form by method; /a/ to /h/ to pods of that name."""
    objects = [manifests.web()]
    for pod in lab.pods:
        objects += manifests.backend_service(pod.name, [pod])
    for name in ("frontend", "api"):
        objects.append(manifests.path_route(name, [manifests.rule("all", "/", name)],
                                            hostnames=[f"{name}.example.com"]))
    rules = [manifests.rule("read", "/form", "frontend", method="GET"),
             manifests.rule("write", "/form", "api", method="POST"),
             manifests.rule("rest", "/form", "blog")]
    rules += [manifests.rule(letter, f"/{letter}/", letter) for letter in LETTERS]
    objects.append(manifests.path_route("forms", rules, hostnames=["shop.example.com"]))
    lab.manifests.write("routes.yaml", *objects)


@pytest.fixture(scope="module")
def mixed():
    """Eleven pods behind rules by host, method and path."""
    with opened() as make:
        lab = make(pods=("frontend", "api", "blog", *LETTERS))
        lab.serve()
        write_hosts_and_methods(lab)
        lab.agent.start()
        yield lab


def test_each_request_goes_by_its_own_host(mixed, web):
    with Connection(mixed["client"], web) as connection:
        for number in range(100):
            host = ("frontend", "api")[number % 2]
            reply = connection.ask(f"/{number}", host=f"{host}.example.com")
            assert (reply.pod, reply.seen["host"]) == (host, f"{host}.example.com")


def test_a_host_is_not_remembered_for_the_next_request(mixed, web):
    with Connection(mixed["client"], web) as connection:
        assert connection.ask("/x", host="api.example.com").pod == "api"
        assert connection.ask("/x", host="unknown.example.com").status == 404


def test_each_request_goes_by_its_own_method(mixed, web):
    pods = {"GET": "frontend", "POST": "api", "PUT": "blog", "HEAD": "blog"}
    with Connection(mixed["client"], web) as connection:
        for number in range(100):
            method = list(pods)[number % len(pods)]
            body = b"a=b" if method in ("POST", "PUT") else None
            reply = connection.ask("/form", method=method, body=body)
            assert (reply.status, reply.pod) == (200, pods[method]), f"{method}: {reply}"


@pytest.mark.parametrize("order", ["in turn", "at random"])
def test_one_connection_reaches_more_pods_than_it_keeps_legs(mixed, web, order):
    dice = random.Random(11)
    letters = [(f"/{letter}/", letter) for letter in LETTERS]
    with Connection(mixed["client"], web) as connection:
        alternate(connection, 300, lambda number: letters[number % len(letters)]
                  if order == "in turn" else dice.choice(letters))


# ---- Weights, changed manifests ----


_marks = itertools.count()  # over all tests: an earlier one's rules may still be in force


@pytest.fixture
def write(mixed):
    """write(rules...) for the host other.example.com, in force when it returns."""
    def write_rules(*rules):
        mark = f"mark{next(_marks)}"
        rules = [*rules, manifests.rule(mark, f"/{mark}", kind="Exact",
                                        redirect={"path": "/", "statusCode": 302})]
        mixed.manifests.write("other.yaml", manifests.path_route(
            "other", rules, hostnames=["other.example.com"]))
        wait.until(lambda: ask(mixed["client"], manifests.WEB_IPV4, f"/{mark}",
                               host="other.example.com").status == 302, "the written rules")

    yield write_rules
    mixed.manifests.remove("other.yaml")


def pods_of(connection, count, path="/"):
    return [connection.ask(path, host="other.example.com").pod for _ in range(count)]


def test_weights_are_drawn_anew_for_each_request(mixed, write, web):
    write(manifests.rule("all", "/", manifests.backend("a", 80), manifests.backend("b", 20)))
    with Connection(mixed["client"], web) as connection:
        seen = collections.Counter(pods_of(connection, 400))
    assert set(seen) == {"a", "b"} and 40 < seen["b"] < 130, seen


def test_client_ip_keeps_the_pod_although_other_rules_come_between(mixed, write, web):
    mixed.manifests.write("group.yaml", *manifests.backend_service(
        "group", [mixed[letter] for letter in LETTERS]))
    write(manifests.rule("all", "/", "group", loadBalancing={"algorithm": "ClientIP"}),
          manifests.rule("api", "/api/", "api"))
    seen = set()
    for _ in range(5):
        with Connection(mixed["client"], web) as connection:
            for _ in range(10):
                seen.add(pods_of(connection, 1)[0])
                assert pods_of(connection, 1, "/api/") == ["api"]
    assert len(seen) == 1, seen


def test_a_changed_rule_moves_the_next_request_of_an_open_connection(mixed, write, web):
    write(manifests.rule("all", "/", "a"))
    with Connection(mixed["client"], web) as connection:
        for letter in LETTERS:
            write(manifests.rule("all", "/", letter))
            assert pods_of(connection, 3) == [letter] * 3


def test_an_endpoint_that_left_its_rule_gets_no_more_requests(mixed, write, web):
    write(manifests.rule("all", "/", "group"))
    with Connection(mixed["client"], web) as connection:
        for letter in LETTERS:
            mixed.manifests.write("group.yaml", *manifests.backend_service("group",
                                                                           [mixed[letter]]))
            write(manifests.rule("all", "/", "group"))
            assert pods_of(connection, 3) == [letter] * 3


def test_a_removed_rule_answers_the_next_request_with_404(mixed, write, web):
    write(manifests.rule("all", "/", "a"))
    with Connection(mixed["client"], web) as connection:
        assert pods_of(connection, 2) == ["a", "a"]
        write(manifests.rule("x", "/x", "a"))
        assert connection.ask("/", host="other.example.com").status == 404
        assert connection.read_to_end() == b""
