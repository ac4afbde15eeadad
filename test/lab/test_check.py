# SPDX-License-Identifier: Apache-2.0
"""What `pathroute-agent check` tells before anything is installed."""

import json
import os

import pytest

import foreign
import topology
from agent import BUILD
from lab_fixtures import opened, start_shop
from xdp_wire import Wire

XDP_FAILED = 19


@pytest.fixture(scope="module")
def lab():
    with opened() as make:
        yield make(kind="bridge")


def check(lab, *options):
    """(exit status, {name: (ok, finding)})"""
    done = lab.node.run(os.path.join(BUILD, "pathroute-agent"), "check", "--bpffs", lab.bpffs,
                        "-o", "json", *options, check=False)
    entries = json.loads(done.stdout)
    return done.returncode, {entry["name"]: (entry["ok"], entry["finding"]) for entry in entries}


def programs(lab, *options):
    """How many programs the kernel took."""
    ok, finding = check(lab, *options)[1]["programs"]
    assert ok
    return int(finding.split(" takes all ")[1].split()[0])


def xdp(lab, *options):
    """(exit status, what is said of XDP)"""
    status, findings = check(lab, "--device", "*", *options)
    return status, findings["xdp"][1]


def test_the_program_of_delivery_chain_is_tried_where_it_is_asked_for(lab):
    assert programs(lab, "--delivery", "chain") == programs(lab) + 1


def test_xdp_is_for_no_veth_by_itself(lab):
    assert xdp(lab) == (0, "no device is to have it")


def test_a_driver_with_native_xdp_is_told(lab):
    assert xdp(lab, "--xdp", "vethclient") == (0, "native: vethclient")


def test_a_named_device_without_native_xdp_fails(lab):
    status, finding = xdp(lab, "--xdp", topology.BRIDGE, "--xdp", "vethclient")
    assert (status, finding) == (XDP_FAILED,
                                 f"native: vethclient, no native mode: {topology.BRIDGE}")


def test_a_named_device_with_the_program_of_somebody_else_fails(lab):
    lab.node.ip(f"link set dev vethapi xdpgeneric obj {foreign.OBJECT} sec xdp")
    assert xdp(lab, "--xdp", "vethapi") == (XDP_FAILED, "another program is there: vethapi")
    lab.node.ip("link set dev vethapi xdpgeneric off")


def test_the_program_of_a_running_agent_is_ours(make_lab):
    lab = make_lab()
    lab.adopt(Wire(lab["client"]))
    lab.agent.options += ["--xdp", "vethclient"]
    start_shop(lab)
    assert xdp(lab, "--xdp", "vethclient") == (0, "native: vethclient")


def test_check_leaves_nothing_behind(lab):
    check(lab, "--device", "*", "--xdp", "veth*", "--delivery", "chain")
    assert not lab.agent.pins()
    assert "pathroute" not in lab.node.run("bpftool", "net", "show").stdout
