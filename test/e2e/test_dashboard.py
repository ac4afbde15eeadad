# SPDX-License-Identifier: Apache-2.0
"""What the dashboard and docs/OPERATING.md ask Prometheus for is in /metrics, with its labels."""

import json
import os
import re

import pytest

import manifests
import wait
from agent import ROOT
from cluster_fixtures import plane_fixtures
from raw_http import ask

# Given by Prometheus: by the PodMonitor, and of the buckets of a histogram.
BY_PROMETHEUS = {"node", "le"}
plane, admin, installed = plane_fixtures("module")


def dashboard_queries():
    path = os.path.join(ROOT, "deploy/helm/pathroute/files/dashboard.json")
    with open(path, encoding="utf-8") as file:
        return [target["expr"] for panel in json.load(file)["panels"]
                for target in panel.get("targets", [])]


def alerts():
    with open(os.path.join(ROOT, "docs/OPERATING.md"), encoding="utf-8") as file:
        cells = re.findall(r"^\| `([^`]*pathroute_[^`]*)`", file.read(), re.M)
    return [cell.replace("\\|", "|") for cell in cells]


@pytest.fixture
def series(make_cluster):
    """[(name, {label: value})] of an agent that leads and has served requests."""
    lab = make_cluster()
    lab.serve()
    lab.apply_shop()
    lab.agent.options = ["--access-log", "-"]
    lab.agent.start()
    for path in ("/", "/api/", "/blog/"):
        wait.until(lambda: ask(lab["client"], manifests.WEB_IPV4, path).status == 200, path)
    wait.until(lambda: lab.agent.metric("pathroute_leader") == 1, "the agent to lead")
    wait.until(lambda: lab.agent.metric("pathroute_nodes") == 1, "the leader to know its node")
    return [(name, dict(re.findall(r'(\w+)="([^"]*)"', labels)))
            for name, labels in re.findall(r"^(pathroute_\w+)(?:{(.*)})? ",
                                           lab.agent.get("/metrics")[1], re.M)]


def matches(value, operator, wanted):
    if "$" in wanted:
        return True
    same = re.fullmatch(wanted, value) if "~" in operator else value == wanted
    return bool(same) != operator.startswith("!")


def has(series, name, selectors):
    return any(found == name and all(
        label in BY_PROMETHEUS or label in labels and matches(labels[label], operator, wanted)
        for label, operator, wanted in selectors) for found, labels in series)


def problems(query, series):
    """What the query asks for in vain."""
    for name, inside in re.findall(r"\b(pathroute_\w+)(?:{([^}]*)})?", query):
        selectors = re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', inside)
        for one in [selectors, *[[(label, operator, value)] for label, operator, wanted in selectors
                                 for value in wanted.split("|")]]:
            if not has(series, name, one):
                yield f"{query}: no {name} with {one}"
        known = set().union(*[labels for found, labels in series if found == name])
        for labels in re.findall(r"\bby \(([^)]*)\)", query):
            for label in set(labels.replace(" ", "").split(",")) - known - BY_PROMETHEUS:
                yield f"{query}: {name} has no label {label}"


def test_every_query_finds_its_metrics_and_labels(series):
    queries = dashboard_queries() + alerts()
    assert len(queries) > 50
    assert [text for query in queries for text in problems(query, series)] == []


def test_a_wrong_query_would_be_found(series):
    for query in ("pathroute_nonsense", 'pathroute_packets_total{verdict="nonsense"}',
                  "sum by (nonsense) (pathroute_flows)",
                  'pathroute_packets_total{class=~"drop|nonsense"}'):
        assert list(problems(query, series))
