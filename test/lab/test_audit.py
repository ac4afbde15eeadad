# SPDX-License-Identifier: Apache-2.0
"""What somebody else writes into the tables is found, told and set right."""

import json
import os
import signal
import subprocess

import pytest

import manifests
import wait
from agent import BUILD
from raw_http import ask


@pytest.fixture
def lab(make_shop):
    return make_shop()


def spoil(lab, name="paths"):
    """Deletes all elements of a map."""
    for entry in lab.agent.map_entries(name):
        subprocess.run(["bpftool", "map", "delete", "pinned", lab.agent.map_path(name), "key",
                        *entry["key"]], check=True)


def audit(lab, *arguments, **options):
    return lab.node.run(os.path.join(BUILD, "pathroutectl"), "audit", "--bpffs", lab.agent.bpffs,
                        *arguments, check=False, **options)


def manifest_files(lab):
    directory = lab.manifests.path
    return [os.path.join(directory, name) for name in sorted(os.listdir(directory))
            if name.endswith((".yaml", ".yml", ".json"))]


def test_an_audit_of_tables_as_they_should_be_finds_nothing(lab):
    done = audit(lab, "--manifests", lab.manifests.path)
    assert done.returncode == 0 and done.stdout.startswith("equal: "), done


def test_files_and_the_standard_input_are_taken_too(lab):
    files = [word for path in manifest_files(lab) for word in ("-f", path)]
    assert audit(lab, *files).returncode == 0
    text = "\n---\n".join(open(path, encoding="utf-8").read() for path in manifest_files(lab))
    assert audit(lab, "-", input=text).returncode == 0


def test_what_differs_is_told_in_words(lab):
    spoil(lab)
    done = audit(lab, "--manifests", lab.manifests.path)
    assert done.returncode == 1
    assert "missing" in done.stdout and f"at {manifests.WEB_IPV4}:80" in done.stdout
    report = json.loads(audit(lab, "--manifests", lab.manifests.path, "-o", "json").stdout)
    assert not report["equal"] and report["count"] == len(report["differences"]) > 0
    assert {"finding": "missing", "kind": "path"}.items() <= report["differences"][0].items()


def test_broken_objects_are_told_and_nothing_is_compared(lab):
    done = audit(lab, "-", input="apiVersion: v1\nkind: Service\nmetadata: {}\n")
    assert done.returncode == 2 and "stdin:" in done.stderr and "metadata.name" in done.stderr
    assert "nothing was compared" in done.stderr


def test_an_audit_of_nothing_is_wrong_usage(lab):
    done = audit(lab)
    assert done.returncode == 2 and "--manifests" in done.stderr


def test_the_agent_sets_right_what_somebody_else_has_written(lab):
    assert lab.agent.metric("pathroute_map_drift_total") == 0
    spoil(lab)
    lab.agent.process.send(signal.SIGUSR2)
    wait.until(lambda: lab.agent.metric("pathroute_map_drift_total") > 0, "the drift to be found")
    assert ask(lab["client"], manifests.WEB_IPV4, "/api/").status == 200
    assert audit(lab, "--manifests", lab.manifests.path).returncode == 0
    assert "audit: path " in lab.agent.log()


def test_an_audit_while_all_is_well_counts_and_writes_nothing(lab):
    before = lab.agent.log().count("routes applied")
    lab.agent.process.send(signal.SIGUSR2)
    wait.until(lambda: lab.agent.metric("pathroute_map_audits_total") > 0, "the audit")
    assert lab.agent.metric("pathroute_map_drift_total") == 0
    assert lab.agent.log().count("routes applied") == before
