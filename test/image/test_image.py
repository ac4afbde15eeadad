# SPDX-License-Identifier: Apache-2.0
"""What is in the image, and that the agent works in it with the rights a pod has."""

import json
import os
import re
import subprocess

import pytest

import images
from images import ROOT

MEGABYTE = 1000 * 1000
RIGHTS = "+bpf,+net_admin,+perfmon"


def enter(files, *command, rights=RIGHTS):
    """The command in the image as in a pod: root with these capabilities and a read-only root."""
    script = ('mount --bind "$1" "$1"; mount -t proc proc "$1/proc"; mount --rbind /sys "$1/sys"; '
              'mount -o remount,bind,ro "$1"; cd "$1"; shift; exec "$@"')
    return subprocess.run(
        [os.path.join(ROOT, "test/isolated"), "sh", "-euc", script, "sh", files,
         "setpriv", "--bounding-set", f"-all,+sys_chroot,{rights}", "chroot", ".", *command],
        text=True, capture_output=True, check=False)


def version():
    with open(os.path.join(ROOT, "agent/base/version.h"), encoding="ascii") as file:
        return re.search(r'PATHROUTE_VERSION "(.*)"', file.read())[1]


def told(image):
    return json.loads(images.run(*images.buildah("inspect", "--type", "image", image)))["OCIv1"]


def test_agent_and_ctl_start(files):
    assert enter(files, "pathroute-agent", "--version").stdout == f"pathroute-agent {version()}\n"
    assert enter(files, "kubectl-pathroute", "--help").returncode == 0


def test_the_entrypoint_is_the_agent(image, files):
    entry = told(image)["config"]["Entrypoint"]
    assert enter(files, *entry, "--version").stdout.startswith("pathroute-agent ")


def test_the_programs_load_with_the_rights_of_the_pod(files):
    done = enter(files, "pathroute-agent", "check", "--device", "lo", "--output", "json")
    found = {check["name"]: check["ok"] for check in json.loads(done.stdout)}
    needed = ("capabilities", "bpffs", "programs", "attach")
    assert {name: found.get(name) for name in needed} == dict.fromkeys(needed, True), done.stdout


def test_check_names_the_capability_that_a_pod_lacks(files):
    done = enter(files, "pathroute-agent", "check", "--device", "lo", rights="+net_admin,+perfmon")
    assert done.returncode == 10
    assert "BPF" in done.stdout


def test_it_adds_less_than_60_megabytes_to_its_base(image):
    added = images.added(image)
    print(f"image: {added / MEGABYTE:.1f} MB above the base")
    assert 0 < added < 60 * MEGABYTE


@pytest.mark.parametrize("pattern", [
    r"^usr/bin/(.*-)?(cc|gcc|g\+\+|cpp|clang|as|ld|make|bpftool|llvm-.*)(-[0-9.]+)?$",
    r"^usr/include/.*\.h$", r"\.a$", r"^src/", r"^var/lib/apt/lists/.*Packages",
    r"^var/cache/apt/.*\.(deb|bin)$", r"^var/log/.*[^/]$"])
def test_it_has_no(files, pattern):
    found = [os.path.relpath(os.path.join(folder, name), files)
             for folder, _, names in os.walk(files) for name in names]
    assert len(found) > 1000
    assert [path for path in found if re.search(pattern, path)] == []


def test_its_labels_tell_what_it_is(image):
    labels = {name.removeprefix("org.opencontainers.image."): value
              for name, value in told(image)["config"]["Labels"].items()}
    assert labels["title"] == "PathRoute"
    assert labels["version"] == version()
    assert labels["licenses"] == "Apache-2.0 AND (GPL-2.0-only OR BSD-2-Clause)"
    assert re.fullmatch(r"[0-9a-f]{40}|unknown", labels["revision"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", labels["created"])


def test_it_carries_the_licences(files):
    for name, source in (("LICENSE", "LICENSE"), ("LICENSE.bpf", "bpf/LICENSE")):
        with open(os.path.join(files, "usr/share/doc/pathroute", name), encoding="utf-8") as copy, \
                open(os.path.join(ROOT, source), encoding="utf-8") as original:
            assert copy.read() == original.read()
