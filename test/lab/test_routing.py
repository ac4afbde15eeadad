# SPDX-License-Identifier: Apache-2.0
"""The right pod answers, and it sees the real client and the client's own bytes."""

import pytest

import servers
from raw_http import Connection, ask, request

ROUTES = [("/", "frontend"), ("/index.html?q=/api/", "frontend"), ("/apix", "frontend"),
          ("/api", "api"), ("/api/", "api"), ("/api/v1/items?x=1", "api"), ("/blog/2026", "blog")]


@pytest.mark.parametrize("path, pod", ROUTES)
def test_the_longest_prefix_chooses_the_pod(shop, web, path, pod):
    reply = ask(shop["client"], web, path)
    assert (reply.status, reply.pod) == (200, pod)
    assert reply.seen["uri"] == path


def test_the_pod_sees_the_clients_own_address_and_port(shop, version, web):
    with Connection(shop["client"], web) as connection:
        connection.send(request("/api/"))
        seen = connection.reply().seen
        assert seen["remote"] == shop["client"].address(version)
        assert int(seen["port"]) == connection.source_port


def test_host_names_are_compared_without_case_port_and_dot(shop, web):
    for host in ("SHOP.example.COM", "shop.example.com:80", "shop.example.com."):
        assert ask(shop["client"], web, "/api/", host=host).pod == "api"


def test_an_unknown_host_is_answered_404_by_the_router(shop, web):
    reply = ask(shop["client"], web, "/", host="other.example.com")
    assert (reply.status, reply.pod) == (404, "")
    assert reply.fields["connection"].lower() == "close"
    assert reply.fields["cache-control"] == "no-store"


def test_a_redirect_rule_is_answered_by_the_router(shop, web):
    reply = ask(shop["client"], web, "/old?a=b")
    assert (reply.status, reply.pod) == (301, "")
    assert reply.fields["location"] == "http://shop.example.com/new?a=b"


def test_head_of_an_unknown_host_has_no_body(shop, web):
    with Connection(shop["client"], web) as connection:
        connection.send(request(method="HEAD", host="other.example.com"))
        head, _, body = connection.read_to_end().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404 ") and body == b""


def test_a_dot_segment_is_answered_400(shop, web):
    assert ask(shop["client"], web, "/blog/../api/").status == 400


def test_a_connection_closes_cleanly_after_the_routers_own_reply(shop, web):
    with Connection(shop["client"], web) as connection:
        connection.send(request(host="other.example.com"))
        assert connection.read_to_end().startswith(b"HTTP/1.1 404 ")


def test_fifty_requests_follow_each_other_on_one_connection(shop, web):
    with Connection(shop["client"], web) as connection:
        for number in range(50):
            connection.send(request(f"/api/{number}"))
            assert connection.reply().seen["uri"] == f"/api/{number}"


@pytest.mark.parametrize("kind", ["routed", "bridge"])
def test_every_topology_routes(make_shop, version, web, kind):
    shop = make_shop(kind=kind)
    for path, pod in (("/", "frontend"), ("/api/", "api"), ("/blog/", "blog")):
        assert ask(shop["client"], web, path).pod == pod
    seen = ask(shop["client"], web, "/api/").seen
    assert seen["remote"] == shop["client"].address(version)


def test_a_pod_can_be_the_client_of_another_pod(shop, version, web):
    reply = ask(shop["frontend"], web, "/api/")
    assert reply.pod == "api"
    assert reply.seen["remote"] == shop["frontend"].address(version)


def test_the_pod_reads_the_clients_bytes_unchanged(make_lab, web):
    lab = make_lab(pods=("frontend",))
    lab.write_shop()
    lab.agent.start()
    fields = ["X-Odd:   spaces  kept ", "x-odd: twice", "Cookie: a=b; c=\"d\""]
    with servers.Server(lab["frontend"], servers.pod("frontend")):
        reply = ask(lab["client"], web, "/q?%2e%2E", fields=fields)
    assert reply.body == request("/q?%2e%2E", fields=fields)
