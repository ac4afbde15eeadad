# SPDX-License-Identifier: Apache-2.0
"""The same sources give the same programs, wherever they lie and whenever they are built."""

import hashlib
import os
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAMS = ("pathroute-agent", "pathroutectl")
SOURCES = ("Makefile", "mk", "deps", "bpf", "agent", "ctl")


def copy_sources(folder):
    for name in SOURCES:
        source = os.path.join(ROOT, name)
        copy = shutil.copytree if os.path.isdir(source) else shutil.copy
        os.makedirs(folder, exist_ok=True)
        copy(source, os.path.join(folder, name))


def build(folder, output):
    """{program: sha256}"""
    copy_sources(folder)
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("MAKE", "MFLAGS", "BUILD"))}
    done = subprocess.run(["make", "-s", "-j2", "DEPS=no", f"BUILD={output}", "all"], cwd=folder,
                          env=environment, text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    found = {}
    for name in PROGRAMS:
        with open(os.path.join(folder, output, name), "rb") as file:
            found[name] = hashlib.sha256(file.read()).hexdigest()
    return found


def test_other_directories_give_the_same_programs(tmp_path):
    here = build(str(tmp_path / "sources"), "build")
    assert build(str(tmp_path / "a" / "longer" / "way"), str(tmp_path / "output")) == here
