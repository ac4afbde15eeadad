# SPDX-License-Identifier: Apache-2.0
"""The cluster of the tests itself: alone on its machine, and gone without a trace."""

import os
import signal
import subprocess
import sys

import pytest

import cgroups
import wait
from cluster import DIRECTORY, Cluster, locked, remove_all
from measured import note
from wires import HOST_LINK

# Says "alone" when no other run has a cluster and the images are there, then "up", and stands until
# it is ended.
STANDS = f"""
import signal, sys
sys.path += {[path for path in sys.path if path]!r}
from cluster import Cluster
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a background job of a shell
class Told(Cluster):
    def _begin(self, store):
        print("alone", flush=True)
        super()._begin(store)
with Told() as cluster:
    print("up", cluster.times[-1][0], flush=True)
    signal.pause()
"""


def traces():
    """What a cluster has on this machine, outside of its own namespaces, while none stands."""
    with locked():
        with open("/proc/self/mounts", encoding="utf-8") as file:
            mounts = [line for line in file if f" {DIRECTORY}" in line]
        paths = [DIRECTORY, f"/sys/class/net/{HOST_LINK}"]
        return [*mounts, *cgroups.are_there(), *cgroups.processes(),
                *[path for path in paths if os.path.exists(path)]]


@pytest.fixture
def standing(current):
    """A cluster of another process, which is coming up."""
    current.close()
    process = subprocess.Popen([sys.executable, "-c", STANDS], text=True, stdout=subprocess.PIPE)
    assert process.stdout.readline() == "alone\n"
    yield process
    process.kill()
    process.wait()
    with locked():
        remove_all()


def wait_until_up(process):
    told = process.stdout.readline().split()
    assert told[:1] == ["up"]
    note(f"two nodes ready after {float(told[1]):.1f} s")


def test_an_interrupted_start_leaves_nothing(standing):
    wait.until(lambda: os.path.exists(f"{DIRECTORY}/node1/pid"), "the first node", 60)
    standing.send_signal(signal.SIGINT)
    standing.wait(30)
    assert traces() == []


def test_a_killed_run_leaves_no_process_and_is_cleaned_up_by_the_next(standing):
    wait_until_up(standing)
    standing.kill()
    wait.until(lambda: not cgroups.processes(), "its processes to end", 20)
    wait.until(lambda: not os.path.exists(f"/sys/class/net/{HOST_LINK}"), "its link to go", 20)
    with Cluster():
        pass
    assert traces() == []


def test_two_clusters_do_not_stand_at_one_time(standing, monkeypatch):
    wait_until_up(standing)
    monkeypatch.setattr("cluster.LOCK_SECONDS", 0.5)
    with pytest.raises(AssertionError, match="another cluster on this machine"), Cluster():
        pass
    assert standing.poll() is None
