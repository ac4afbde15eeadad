# SPDX-License-Identifier: Apache-2.0
"""The commands of docs/OPERATING.md do what a reader at night expects of them."""

import os
import re
import shlex

import pytest

import manifests
import wait
from agent import BUILD, ROOT
from raw_http import ask

with open(os.path.join(ROOT, "docs/OPERATING.md"), encoding="utf-8") as _file:
    TEXT = _file.read()
COMMANDS = re.findall(r"^    (pathroute(?:ctl|-agent) [^|\n]*)$", TEXT, re.M)
EXAMPLE = {"HOST": "shop.example.com", "PATH": "/api/"}


def words(command):
    return [EXAMPLE.get(word, word) for word in shlex.split(command)]


@pytest.mark.parametrize("command", [found for found in COMMANDS if "tail" not in found])
def test_a_command_of_the_guide_works(shop, command):
    name, *arguments = words(command)
    done = shop.node.run(os.path.join(BUILD, name), *arguments, "--bpffs", shop.bpffs)
    assert done.stdout


def test_there_are_commands():
    assert {"trace", "tail", "top"} <= {command.split()[1] for command in COMMANDS}


def test_tail_shows_a_request_with_its_rule_and_pod(shop):
    process = shop.start(shop.node, "tail", os.path.join(BUILD, "pathroutectl"), "tail", "--bpffs",
                         shop.bpffs)

    def shows():
        ask(shop["client"], manifests.WEB_IPV4, "/api/")
        return "shop/shop/api -> " in process.log()

    try:
        wait.until(shows, "a line of tail")
    finally:
        process.stop()


def verdicts_that_grow(lab, act):
    before = lab.agent.verdicts()
    act()
    return {name for name, count in (lab.agent.verdicts() - before).items() if count}


def test_the_guide_knows_each_answer_of_the_router_by_its_text(shop):
    with open(os.path.join(ROOT, "bpf/verdicts.h"), encoding="ascii") as file:
        known = set(re.findall(r'REPLY, \d+,\s*"([^"]*)"', file.read()))
    told = set(re.findall(r"^\| \d{3} `([^`]*)` \|", TEXT, re.M))
    assert len(told) >= 5 and told <= known


def test_a_packet_for_nobody_grows_nothing_of_the_routers(shop):
    def knock():
        with pytest.raises(OSError):
            ask(shop["client"], manifests.WEB_IPV4, port=81, timeout=0.3)

    assert verdicts_that_grow(shop, knock) <= {"not_ours"}


def test_a_tls_hello_is_told_as_the_reason_of_a_reset(shop):
    def greet():
        shop["client"].namespace.run("curl", "-sk", f"https://{manifests.WEB_IPV4}:80/",
                                     check=False)

    assert "tls_hello" in verdicts_that_grow(shop, greet)
