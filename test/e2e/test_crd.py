# SPDX-License-Identifier: Apache-2.0
"""PathRoute at the API server: what it admits, what it says, what kubectl shows."""

import glob
import os

import pytest

import manifests
from agent import ROOT
from altered import ABSENT, altered
from cluster_fixtures import documents
from decoder import ACCEPTED, Decoder
from kube import ApiError
from random_route import RandomRoute

FULL = {
    "apiVersion": "pathroute.io/v1alpha1", "kind": "PathRoute", "metadata": {"name": "full"},
    "spec": {
        "className": "pathroute",
        "listeners": [{"service": {"name": "web", "port": 80}}, {"node": {"port": 8080}}],
        "hostnames": ["shop.example.com", "*.Shop.example.com"],
        "wildcard": "Suffix",
        "ambiguousPaths": "Reject",
        "rules": [
            {"name": "api", "match": {"path": {"type": "Prefix", "value": "/api/"},
                                      "method": "GET"},
             "backends": [{"service": {"name": "api", "port": "http"}, "weight": 90},
                          {"service": {"name": "api-canary", "port": 80}, "weight": 10}],
             "loadBalancing": {"algorithm": "RoundRobin"}},
            {"name": "moved", "match": {"path": {"type": "Prefix", "value": "/moved"}},
             "redirect": {"replacePrefix": "/new", "statusCode": 308, "scheme": "https",
                          "hostname": "new.example.com", "port": 8443}},
            {"match": {"path": {"value": "/"}},
             "backends": [{"service": {"name": "frontend", "port": 80}}]},
        ],
        "defaultBackend": {"service": {"name": "frontend", "port": "http"}},
    },
}

PATH = "spec.rules[0].match.path.value"
BACKEND = "spec.rules[0].backends[0]"
REDIRECT = "spec.rules[1].redirect"
LABEL = "must be lower-case letters, digits and '-'"
DNS_NAME = "must be a DNS name: labels of letters, digits and '-', with dots between"

# What the API server says in the agent's own words: field to set, value, field that is named.
SAME_WORDS = [
    ("spec.rules[0].name", "A", None, LABEL),
    ("spec.rules[0].name", "-a", None, LABEL),
    ("spec.listeners[0].service.name", "a.b", None, LABEL),
    (BACKEND + ".service.name", "a_b", None, LABEL),
    ("spec.defaultBackend.service.name", "a-", None, LABEL),
    ("spec.listeners[0].node", {"port": 80}, "spec.listeners[0]",
     "must have either service or node"),
    ("spec.listeners[0].service", ABSENT, "spec.listeners[0]", "must have either service or node"),
    ("spec.hostnames[0]", "*", None, "must be a host name; leave hostnames out for any host"),
    ("spec.hostnames[0]", "a*.example.com", None, "may have '*' only as its whole first label"),
    ("spec.hostnames[0]", "*a.example.com", None, "may have '*' only as its whole first label"),
    ("spec.hostnames[0]", "*.*.example.com", None, "may have '*' only as its whole first label"),
    ("spec.hostnames[0]", "shop_example.com", None, DNS_NAME),
    ("spec.hostnames[0]", "shop.example.com.", None, DNS_NAME),
    ("spec.hostnames[0]", "shop.example.com:80", None, DNS_NAME),
    ("spec.hostnames[0]", "a" * 64 + ".example.com", None, DNS_NAME),
    ("spec.hostnames[0]", "*.", None, DNS_NAME),
    (PATH, "api", None, "must begin with '/'"),
    (PATH, "/a b", None, "must be visible ASCII"),
    (PATH, "/\u00e4", None, "must be visible ASCII"),
    (PATH, "/a?b", None, "must not have '?' or '#'"),
    (PATH, "/a#b", None, "must not have '?' or '#'"),
    (PATH, "/a\\b", None, "must not have '\\'"),
    (PATH, "/a//b", None, "must not have '//'"),
    (PATH, "/a/./b", None, "must not have '.' or '..' as an element"),
    (PATH, "/a/..", None, "must not have '.' or '..' as an element"),
    (PATH, "/a%20b", None, "must not have '%' or ';'"),
    (PATH, "/a;b", None, "must not have '%' or ';'"),
    (PATH, "/a" * 32, None, "has more than 31 elements"),
    ("spec.rules[0].redirect", {"path": "/x"}, "spec.rules[0]",
     "must have either backends or redirect"),
    ("spec.rules[0].backends", ABSENT, "spec.rules[0]", "must have either backends or redirect"),
    (REDIRECT + ".hostname", ABSENT, REDIRECT + ".port", "is possible only together with hostname"),
    ("spec.rules[1].match.path.type", "Exact", REDIRECT + ".replacePrefix",
     "is possible only with match.path.type Prefix"),
    (REDIRECT + ".hostname", "*.example.com", None, "must not have a '*'"),
    (REDIRECT + ".hostname", "a..b", None, DNS_NAME),
    (REDIRECT + ".path", "/x", REDIRECT, "must not have both path and replacePrefix"),
    (REDIRECT, {"scheme": "http"}, None, "leads to the same place"),
    (REDIRECT, {}, None, "leads to the same place"),
    (REDIRECT, {"path": "x"}, REDIRECT + ".path", "must begin with '/'"),
    (REDIRECT, {"path": "/%4x"}, REDIRECT + ".path", "has a '%' without two hex digits"),
    (REDIRECT, {"path": "/a|b"}, REDIRECT + ".path", "must not have any of \"<>^`{|}"),
    (REDIRECT, {"replacePrefix": "/%4"}, REDIRECT + ".replacePrefix",
     "has a '%' without two hex digits"),
]

# What both refuse, each in its own words; those of the API server.
OWN_WORDS = [
    ("spec", ABSENT, "spec", "Required value"),
    ("spec.listeners", ABSENT, "spec.listeners", "Required value"),
    ("spec.listeners", [], "spec.listeners", "should have at least 1 items"),
    ("spec.listeners", [{"node": {"port": 80}}] * 17, "spec.listeners", "must have at most 16"),
    ("spec.listeners[0].service.port", 0, "spec.listeners[0].service.port", "greater than or"),
    ("spec.listeners[0].service.port", 65536, "spec.listeners[0].service.port", "less than or"),
    ("spec.listeners[0].service.port", "", "spec.listeners[0].service.port", "at least 1 chars"),
    ("spec.listeners[0].service.port", "Http", "spec.listeners[0].service.port", "should match"),
    ("spec.listeners[0].service.port", "a" * 64, "spec.listeners[0].service.port", "Too long"),
    ("spec.listeners[0].service.port", 80.5, "spec.listeners[0].service.port", "integer"),
    ("spec.listeners[0].service.port", ABSENT, "spec.listeners[0].service.port", "Required"),
    ("spec.listeners[1].node.port", 65536, "spec.listeners[1].node.port", "less than or equal"),
    ("spec.listeners[1].node.port", "http", "spec.listeners[1].node.port", "type integer"),
    ("spec.listeners[0].service.namespace", "b", "spec.listeners[0].service.namespace", "unknown"),
    ("spec.className", "a" * 254, "spec.className", "Too long"),
    ("spec.hostnames", [f"h{index}.example.com" for index in range(65)], "spec.hostnames",
     "must have at most 64"),
    ("spec.hostnames[0]", "", "spec.hostnames[0]", "at least 1 chars"),
    ("spec.hostnames[0]", ".".join(["a" * 63] * 4), "spec.hostnames[0]", "Too long"),
    ("spec.hostnames[0]", 5, "spec.hostnames[0]", "type string"),
    ("spec.wildcard", "Label", "spec.wildcard", "SingleLabel"),
    ("spec.ambiguousPaths", "agree", "spec.ambiguousPaths", "Agree"),
    ("spec.rules", [], "spec", "must have rules or a defaultBackend"),
    ("spec.rules[0].match", ABSENT, "spec.rules[0].match", "Required value"),
    ("spec.rules[0].match.path", ABSENT, "spec.rules[0].match.path", "Required value"),
    ("spec.rules[0].match.path.value", ABSENT, PATH, "Required value"),
    ("spec.rules[0].match.path.type", "Regex", "spec.rules[0].match.path.type", "Exact"),
    ("spec.rules[0].match.method", "CONNECT", "spec.rules[0].match.method", "GET"),
    ("spec.rules[0].loadBalancing.algorithm", "Best", "spec.rules[0].loadBalancing.algorithm",
     "LeastRequests"),
    (PATH, "", PATH, "at least 1 chars"),
    (PATH, "/" + "a" * 256, PATH, "Too long"),
    ("spec.rules[0].name", "a" * 64, "spec.rules[0].name", "Too long"),
    ("spec.rules[0].backends", [], "spec.rules[0].backends", "should have at least 1 items"),
    ("spec.rules[0].backends", [{"service": {"name": "a", "port": 80}}] * 17,
     "spec.rules[0].backends", "must have at most 16"),
    (BACKEND + ".weight", -1, BACKEND + ".weight", "greater than or equal to 0"),
    (BACKEND + ".weight", 1000001, BACKEND + ".weight", "less than or equal to 1000000"),
    (BACKEND + ".service", ABSENT, BACKEND + ".service", "Required value"),
    (REDIRECT + ".statusCode", 300, REDIRECT + ".statusCode", "301"),
    (REDIRECT + ".scheme", "ftp", REDIRECT + ".scheme", "http"),
    (REDIRECT + ".port", 0, REDIRECT + ".port", "greater than or equal to 1"),
    (REDIRECT + ".replacePrefix", "/" + "a" * 256, REDIRECT + ".replacePrefix", "Too long"),
    ("spec.rules[1].name", "api", "spec.rules", "must have a name of its own for each rule"),
]


@pytest.fixture(scope="module")
def decoder():
    with Decoder() as decoder:
        yield decoder


def label(case):
    text = str(case[1]) if case[1] is not ABSENT else "absent"
    return f"{case[0].rsplit('.', 1)[-1]} {text[:24]}".encode("ascii", "replace").decode()


def refusal(space, document):
    """What the API server says against the object, on one line."""
    with pytest.raises(ApiError) as caught:
        space.dry_run(document)
    assert caught.value.status in (400, 422), caught.value
    return caught.value.message.replace("\n", " ")


@pytest.mark.parametrize("case", SAME_WORDS, ids=label)
def test_a_mistake_is_told_in_the_words_of_the_agent(space, decoder, case):
    field, value, named, words = case
    document = altered(FULL, (field, value))
    said = refusal(space, document)
    assert f"{named or field}: " in said and words in said
    assert words in decoder.judge(document)


@pytest.mark.parametrize("case", OWN_WORDS, ids=label)
def test_a_mistake_is_refused_with_the_field_and_by_the_agent_too(space, decoder, case):
    field, value, named, words = case
    changes = [(field, value)]
    if (field, value) == ("spec.rules", []):
        changes.append(("spec.defaultBackend", ABSENT))
    document = altered(FULL, *changes)
    said = refusal(space, document)
    assert named in said and words in said
    assert decoder.judge(document) != ACCEPTED


def test_an_object_with_every_field_is_admitted_and_accepted(space, decoder):
    stored = space.create(FULL)
    assert stored["spec"] == altered(
        FULL, ("spec.rules[2].match.path.type", "Prefix"),
        ("spec.rules[2].backends[0].weight", 1))["spec"]
    assert decoder.judge(stored) == ACCEPTED


def test_the_largest_object_is_admitted_and_accepted(space, decoder):
    backends = [{"service": {"name": f"{index}" + "b" * 61, "port": "p" * 63}, "weight": 1000000}
                for index in range(16)]
    rules = [{"name": f"{index:03}" + "r" * 60, "backends": backends,
              "match": {"path": {"value": f"/{index:03}" + "/e" * 30 + "e" * 192},
                        "method": "OPTIONS"}} for index in range(128)]
    stored = space.create(altered(
        FULL, ("spec.rules", rules),
        ("spec.listeners", [{"service": {"name": "s" * 63, "port": "p" * 63}}] * 16),
        ("spec.hostnames", [f"{index:063}." + ".".join(["h" * 63] * 2) + "." + "h" * 61
                            for index in range(64)])))
    assert len(stored["spec"]["rules"][0]["match"]["path"]["value"]) == 256
    assert len(stored["spec"]["hostnames"][0]) == 253
    assert decoder.judge(stored) == ACCEPTED


def test_the_api_server_and_the_agent_judge_alike(space, decoder):
    """600 PathRoutes at random: what one takes, the other takes, too."""
    source = RandomRoute(seed=5)
    judged = {True: 0, False: 0}
    for number in range(600):
        document = source.make()
        accepted = decoder.judge(document)
        try:
            stored, said = space.dry_run(document), ""
        except ApiError as error:
            stored, said = None, error.message
        assert (accepted == ACCEPTED) == (stored is not None), (number, accepted, said, document)
        if stored:
            assert decoder.judge(stored) == ACCEPTED, (number, stored)
        judged[stored is not None] += 1
    assert min(judged.values()) > 150, judged


def test_defaults_are_filled_in(space):
    spec = space.create({
        "apiVersion": "pathroute.io/v1alpha1", "kind": "PathRoute", "metadata": {"name": "small"},
        "spec": {"listeners": [{"node": {"port": 80}}],
                 "rules": [{"match": {"path": {"value": "/"}}, "loadBalancing": {},
                            "backends": [{"service": {"name": "a", "port": 80}}]},
                           {"match": {"path": {"value": "/old"}}, "redirect": {"path": "/"}}]}})
    spec = spec["spec"]
    assert (spec["className"], spec["wildcard"], spec["ambiguousPaths"]) == (
        "pathroute", "SingleLabel", "Agree")
    assert spec["rules"][0]["match"]["path"]["type"] == "Prefix"
    assert spec["rules"][0]["loadBalancing"]["algorithm"] == "LeastRequests"
    assert spec["rules"][0]["backends"][0]["weight"] == 1
    assert spec["rules"][1]["redirect"]["statusCode"] == 302


def test_a_host_name_twice_is_refused(space):
    said = refusal(space, altered(FULL, ("spec.hostnames", ["a.example.com"] * 2)))
    assert "spec.hostnames[1]: Duplicate value" in said


def test_status_is_written_apart_and_leaves_the_generation(space):
    space.create(FULL)
    condition = {"type": "Accepted", "status": "True", "observedGeneration": 1,
                 "reason": "Accepted", "message": "", "lastTransitionTime": "2026-01-31T12:00:00Z"}
    space.patch("PathRoute", "full", {"status": {
        "observedGeneration": 1, "rules": 3, "nodes": {"desired": 3, "programmed": 2},
        "conditions": [condition]}}, "status")
    changed = space.patch("PathRoute", "full", {"spec": {"wildcard": "SingleLabel"},
                                                "status": {"rules": 9}})
    assert changed["status"]["rules"] == 3 and changed["status"]["conditions"] == [condition]
    assert changed["metadata"]["generation"] == 2


def test_kubectl_get_shows_the_columns(space):
    space.create(FULL)
    condition = {"observedGeneration": 1, "reason": "Because", "message": "",
                 "lastTransitionTime": "2026-01-31T12:00:00Z"}
    space.patch("PathRoute", "full", {"status": {"rules": 3, "conditions": [
        {"type": "Accepted", "status": "True", **condition},
        {"type": "Programmed", "status": "False", **condition},
        {"type": "Ready", "status": "Unknown", **condition}]}}, "status")
    head, row = space.kubectl("get", "proute").stdout.splitlines()
    assert head.split() == ["NAME", "HOSTS", "RULES", "ACCEPTED", "PROGRAMMED", "READY", "AGE"]
    assert row.split()[:-1] == ["full", '["shop.example.com","*.Shop.example.com"]', "3", "True",
                                "False", "Unknown"]
    for name in ("pathroutes", "pathroute", "pathroute.pathroute.io"):
        assert "full" in space.kubectl("get", name).stdout


def fields(schema, path="pathroute"):
    """(name for kubectl explain, its schema), of every field."""
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}", field
        yield from fields(field.get("items", field), f"{path}.{name}")


def test_every_field_is_explained(space):
    schema = documents(os.path.join(ROOT, "crd/pathroutes.yaml"))[0]["spec"]["versions"][0][
        "schema"]["openAPIV3Schema"]
    names = [name for name, field in fields(schema)
             if not field.get("description") and name != "pathroute.metadata"]
    assert not names, "without description"
    shown = space.kubectl("explain", "pathroute.spec.rules.match.path.type").stdout
    assert "so that /api and /api/ both mean /api" in " ".join(shown.split())


@pytest.mark.parametrize("path", sorted(glob.glob(os.path.join(ROOT, "examples/*.yaml"))),
                         ids=os.path.basename)
def test_an_example_applies_as_it_is(admin, decoder, path):
    found = documents(path)
    for name in {document["metadata"]["namespace"] for document in found}:
        admin.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    try:
        admin.kubectl("apply", "-f", path)
        for document in found:
            stored = admin.get(document["kind"], document["metadata"]["namespace"],
                               document["metadata"]["name"])
            stored.update(apiVersion=document["apiVersion"], kind=document["kind"])
            assert decoder.judge(stored) == ACCEPTED
    finally:
        admin.kubectl("delete", "-f", path)


def test_the_shop_of_the_lab_applies(space):
    space.apply(*manifests.shop({"frontend": [], "api": []}))
