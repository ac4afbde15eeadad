# SPDX-License-Identifier: Apache-2.0
"""Programs of our own that tests need, compiled on first use, and the impairing forwarder."""

import glob
import json
import os
import subprocess

import wait
from agent import BUILD
from processes import Process

HERE = os.path.dirname(os.path.abspath(__file__))


def build(name):
    """Compiles <name>.c and <name>_*.c of this directory if they are newer than the program."""
    target = os.path.join(BUILD, "lab", name)
    sources = glob.glob(f"{HERE}/{name}.c") + glob.glob(f"{HERE}/{name}_*.[ch]")
    newest = max(os.path.getmtime(source) for source in sources)
    if not os.path.exists(target) or os.path.getmtime(target) < newest:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        aside = f"{target}.{os.getpid()}"
        subprocess.run(["cc", "-std=gnu11", "-D_GNU_SOURCE", "-O2", "-Wall", "-Wextra", "-o", aside,
                        *[source for source in sources if source.endswith(".c")]], check=True)
        os.rename(aside, target)
    return target


class Forwarder:
    """Joins a wired peer to the node; faults in percent: loss, duplicate, reorder, corrupt."""

    def __init__(self, lab, peer, seed=1, **faults):
        argv = [build("impair"), "--seed", str(seed)]
        for name, value in faults.items():
            argv += [f"--{name.replace('_', '-')}", str(value)]
        self.process = Process(peer.middle, lab.directory, f"impair-{peer.name}",
                               argv + ["near", "far"])
        lab.adopt(self.process)
        wait.until(lambda: "ready" in self.process.log(), "the forwarder")

    def stop(self):
        """Returns the counts: frames, tcp, lost, duplicated, reordered, corrupted, unsent."""
        self.process.stop()
        return json.loads(self.process.log().splitlines()[-1])
