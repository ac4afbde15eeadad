# SPDX-License-Identifier: Apache-2.0
"""What changes while requests are under way fails none of them."""

import time

import pytest

import manifests
import wait
from load import Load
from raw_http import Connection, ask, request

STEP = 300  # requests between two changes


@pytest.fixture
def trio(make_lab):
    """Service api has three pods."""
    lab = make_lab(pods=("one", "two", "three", "frontend"))
    lab.serve()
    write_pods(lab, "one", "two", "three")
    lab.agent.start()
    return lab


def write_pods(lab, *names):
    lab.write_shop(api=[lab[name] for name in names], frontend=[lab["frontend"]])


def test_a_changing_set_of_pods_fails_no_request(trio, web):
    allowed = {"one", "two", "three"}
    with Load(trio["client"], web, {"/api/": allowed, "/": {"frontend"}}) as load:
        for names in (("one", "two"), ("two", "three"), ("three",), ("one",), ("two", "one"),
                      ("one", "two", "three")) * 2:
            load.wait_for_more(STEP)
            write_pods(trio, *names)
        load.wait_for_more(STEP)
    load.check()


def test_new_requests_leave_a_removed_pod_at_once(trio, web):
    write_pods(trio, "two")
    changed = time.monotonic()
    wait.until(lambda: {ask(trio["client"], web, "/api/").pod for _ in range(10)} == {"two"},
               "only pod two", timeout=2)
    print(f"after {time.monotonic() - changed:.3f} s")
    assert all(ask(trio["client"], web, "/api/").pod == "two" for _ in range(30))


def test_a_connection_outlives_the_removal_of_its_pod_and_goes_to_another(trio, web):
    with Connection(trio["client"], web) as connection:
        connection.send(request("/api/"))
        pod = connection.reply().pod
        write_pods(trio, *({"one", "two", "three"} - {pod}))
        wait.until(lambda: all(ask(trio["client"], web, "/api/").pod != pod for _ in range(10)),
                   "the pod's removal")
        reply = connection.ask("/api/again")
        assert reply.status == 200 and reply.pod != pod


def test_changing_rules_fails_no_request_to_the_others(trio, web):
    objects = manifests.shop({"api": [trio["one"]], "frontend": [trio["frontend"]]})
    with Load(trio["client"], web, {"/api/": {"one", "two", "three"}, "/": {"frontend"}}) as load:
        for number in range(10):
            extra = [manifests.rule(f"extra-{index}", f"/extra/{index}/", "frontend")
                     for index in range(number * 5)]
            objects[-1]["spec"]["rules"] = objects[-1]["spec"]["rules"][:3] + extra
            trio.manifests.write("shop.yaml", *objects)
            load.wait_for_more(STEP // 3)
    load.check()


@pytest.mark.parametrize("end", ["kill -9", "SIGTERM"])
def test_an_agent_that_goes_and_comes_back_fails_no_request(shop, web, end):
    """Each start of the agent replaces the programs, as a newer build does."""
    paths = {"/": {"frontend"}, "/api/": {"api"}, "/blog/": {"blog"}}
    with Load(shop["client"], web, paths) as load:
        for _ in range(3):
            load.wait_for_more(STEP)
            shop.agent.kill() if end == "kill -9" else shop.agent.stop()
            load.wait_for_more(STEP)
            shop.agent.start()
        load.wait_for_more(STEP)
    load.check()


def test_a_connection_outlives_the_agent_and_its_replacement(shop, web):
    with Connection(shop["client"], web) as connection:
        connection.send(request("/api/1"))
        port = connection.reply().seen["port"]
        shop.agent.kill()
        connection.send(request("/api/2"))
        assert connection.reply().seen["port"] == port
        shop.agent.start()
        connection.send(request("/api/3"))
        assert connection.reply().seen["port"] == port


def test_a_head_begun_under_one_agent_is_finished_under_the_next(shop, web):
    head = request("/api/late")
    with Connection(shop["client"], web) as connection:
        connection.send_segments([head[:10], head[10:20]])
        shop.agent.kill()
        shop.agent.start()
        connection.send(head[20:])
        assert connection.reply().pod == "api"


def test_a_restart_replaces_the_programs_and_keeps_the_maps(shop):
    programs, maps = shop.agent.program_ids(), shop.agent.map_id("flows")
    shop.agent.kill()
    shop.agent.start()
    assert shop.agent.map_id("flows") == maps
    wait.until(lambda: shop.agent.program_ids() and not programs & shop.agent.program_ids(),
               "the old programs' end")


def test_routes_changed_while_the_agent_was_away_are_in_force_after_its_start(make_shop, web):
    shop = make_shop()
    shop.agent.kill()
    shop.write_shop(frontend=[shop["blog"]], news=[shop["api"]])
    assert ask(shop["client"], web, "/").pod == "frontend"
    shop.agent.start()
    assert ask(shop["client"], web, "/").pod == "blog"
    assert ask(shop["client"], web, "/news/").pod == "api"
    assert ask(shop["client"], web, "/api/").pod == "blog"
