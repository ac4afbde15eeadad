# SPDX-License-Identifier: Apache-2.0
"""The programs on other kernels than this machine's: that they load, route and are attached.

A kernel is booted in QEMU without KVM, and what `inside` runs there is read from its console.
KERNELS: names of Debian's packages or .deb files; without it, the kernel of this Debian.
"""

import os
import platform
import re
import shutil
import subprocess

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
KERNELS = os.environ.get("KERNELS", "").split() or ["of Debian"]
TOOLS = ("qemu-system-x86_64", "busybox", "cpio", "modprobe", "apt-cache", "dpkg-deb")
BOOT_SECONDS = 900


def missing():
    if platform.machine() != "x86_64":
        return "not an x86-64 machine"
    path = f"{os.environ['PATH']}:/usr/sbin:/sbin"
    tools = [tool for tool in TOOLS if not shutil.which(tool, path=path)]
    return f"no {tools[0]} here: make deps" if tools else ""


class Console:
    """What a machine with another kernel said, part by part."""

    def __init__(self, text):
        self.parts = {}
        for part in re.split(r"^==== ", text, flags=re.MULTILINE)[1:]:
            name, _, words = part.partition("\n")
            self.parts[name.strip()] = words
        found = re.search(r"^RESULT kernel (\S+)", text, re.MULTILINE)
        self.version = found[1] if found else ""
        self.text = text

    def succeeded(self, name):
        """Fails with what the part said, if it did not end with status 0."""
        words = self.parts.get(name)
        assert words is not None, f"{name} was not run: {self.text[-2000:]}"
        status = re.search(rf"^RESULT {name} (\d+)", words, re.MULTILINE)
        assert status and status[1] == "0", words[-4000:]
        return words


def fetch(kernel):
    """Its folder, or "" if it cannot be had."""
    command = [os.path.join(ROOT, "deps", "kernels", "fetch")]
    command += [] if kernel == KERNELS[0] == "of Debian" else [kernel]
    return subprocess.run(command, stdout=subprocess.PIPE, text=True).stdout.strip()


def skip(reason):
    print(f"SKIPPED other kernels: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session", params=KERNELS, ids=os.path.basename)
def console(request):
    if missing():
        skip(missing())
    kernel = fetch(request.param)
    if not kernel:
        skip(f"{request.param} cannot be fetched")
    command = [os.path.join(HERE, "boot"), kernel, os.path.join(HERE, "inside")]
    done = subprocess.run(command, timeout=BOOT_SECONDS, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)
    return Console(done.stdout.decode(errors="replace").replace("\r", ""))


def test_it_is_another_kernel(console):
    assert console.version and console.version != platform.release(), console.text[-2000:]


@pytest.mark.parametrize("delivery", ["fast", "chain"])
def test_check_finds_all_programs_taken(console, delivery):
    assert "ok   programs" in console.succeeded(f"check-{delivery}")


def test_packets_are_translated_as_here(console):
    words = console.succeeded("test_splice")
    assert re.search(r"\[  PASSED  \] [1-9]\d* test", words), words[-2000:]


def test_the_demo_answers_every_request(console):
    assert " 0 answered wrongly" in console.succeeded("demo")
