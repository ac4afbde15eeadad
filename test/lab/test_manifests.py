# SPDX-License-Identifier: Apache-2.0
"""Manifest files that are broken, mended, added and removed under a running agent."""

import json
import signal

import pytest
import yaml

import manifests
import wait
from raw_http import ask

GOOD = manifests.path_route("good", [manifests.rule("good", "/good/", "api")],
                            hostnames=["shop.example.com"])


@pytest.fixture
def client(shop):
    yield shop["client"]
    for name in ("extra.yaml", "extra.json"):
        try:
            shop.manifests.remove(name)
        except FileNotFoundError:
            continue


def wait_for_pod(client, path, pod):
    wait.until(lambda: ask(client, manifests.WEB_IPV4, path).pod == pod,
               f"{path} to be answered by {pod}", timeout=5)


def wait_for_log(shop, *words):
    """A line of the agent's log that holds all the words."""
    def line():
        return next((text for text in shop.agent.log().splitlines()
                     if all(word in text for word in words)), None)

    return wait.until(line, f"a log line with {words}", timeout=5)


def test_a_new_file_is_in_force_at_once(shop, client):
    shop.manifests.write("extra.yaml", GOOD)
    wait_for_pod(client, "/good/", "api")


def test_a_removed_file_takes_its_routes_along(shop, client):
    shop.manifests.write("extra.yaml", GOOD)
    wait_for_pod(client, "/good/", "api")
    shop.manifests.remove("extra.yaml")
    wait_for_pod(client, "/good/", "frontend")


def test_a_document_that_is_no_yaml_is_named_with_file_and_line(shop, client):
    shop.manifests.write_text("extra.yaml", "kind: PathRoute\nspec: [1, 2\nmetadata: {}\n")
    wait_for_log(shop, "extra.yaml:")
    assert ask(client, manifests.WEB_IPV4, "/api/").pod == "api"


def test_a_broken_document_leaves_the_others_of_its_file_in_force(shop, client):
    broken = manifests.path_route("bad", [manifests.rule("bad", "no-slash", "api")])
    shop.manifests.write("extra.yaml", GOOD, broken)
    wait_for_pod(client, "/good/", "api")
    line = wait_for_log(shop, "extra.yaml:")
    number = int(line.split("extra.yaml:")[1].split(":")[0].split(" ")[0])
    assert number > 1, line
    assert ask(client, manifests.WEB_IPV4, "/api/").pod == "api"


def test_a_mended_document_comes_into_force(shop, client):
    broken = manifests.path_route("good", [manifests.rule("good", "no-slash", "api")])
    shop.manifests.write("extra.yaml", broken)
    wait_for_log(shop, "extra.yaml:")
    shop.manifests.write("extra.yaml", GOOD)
    wait_for_pod(client, "/good/", "api")


def test_a_route_to_a_missing_service_is_answered_500_and_hurts_no_other(shop, client):
    lost = manifests.path_route("lost", [manifests.rule("lost", "/lost/", "nowhere")],
                                hostnames=["shop.example.com"])
    shop.manifests.write("extra.yaml", lost)
    wait.until(lambda: ask(client, manifests.WEB_IPV4, "/lost/").status == 500, "a 500", 5)
    assert ask(client, manifests.WEB_IPV4, "/api/").pod == "api"


def test_a_misspelt_field_is_refused_by_its_place(shop, client):
    misspelt = manifests.path_route("typo", [manifests.rule("typo", "/typo/", "api")],
                                    hostname=["shop.example.com"])
    shop.manifests.write("extra.yaml", misspelt)
    wait_for_log(shop, "extra.yaml:", "PathRoute shop/typo: spec.hostname: ", "no such field")
    assert ask(client, manifests.WEB_IPV4, "/typo/").pod == "frontend"


def test_json_files_are_read_as_well(shop, client):
    shop.manifests.write_text("extra.json", json.dumps(GOOD))
    wait_for_pod(client, "/good/", "api")


def test_a_file_written_in_place_and_in_pieces_ends_up_in_force(shop, client):
    text = yaml.safe_dump(GOOD)
    path = f"{shop.manifests.path}/extra.yaml"
    with open(path, "w", encoding="utf-8") as file:
        for start in range(0, len(text), 40):
            file.write(text[start:start + 40])
            file.flush()
    wait_for_pod(client, "/good/", "api")


def test_sighup_leaves_the_last_good_version_of_a_broken_document_in_force(shop, client):
    broken = manifests.path_route("good", [manifests.rule("good", "no-slash", "api")])
    shop.manifests.write("extra.yaml", GOOD)
    wait_for_pod(client, "/good/", "api")
    shop.manifests.write("extra.yaml", broken)
    wait_for_log(shop, "extra.yaml:")
    told = shop.agent.log().count("extra.yaml:")
    shop.agent.process.send(signal.SIGHUP)
    wait.until(lambda: shop.agent.log().count("extra.yaml:") > told, "the file to be read again", 5)
    assert shop.agent.metric("pathroute_map_errors_total") == 0
    assert ask(client, manifests.WEB_IPV4, "/good/").pod == "api"


def test_a_broken_document_that_is_taken_away_is_no_longer_counted(shop, client):
    broken = manifests.path_route("bad", [manifests.rule("bad", "no-slash", "api")])
    shop.manifests.write("extra.yaml", broken)
    wait.until(lambda: shop.agent.metric("pathroute_manifests_refused") == 1, "1 refused", 5)
    shop.manifests.write_text("extra.yaml", "# nothing\n")
    wait.until(lambda: shop.agent.metric("pathroute_manifests_refused") == 0, "0 refused", 5)
