# SPDX-License-Identifier: Apache-2.0
"""What the machine is, what its processors did, and what memory is in use.

Busy time is that of the whole machine: client, router, pods and softirq alike. It is what is left
of the elapsed time of all processors after idle, iowait and steal of /proc/stat. A tickless kernel
keeps those three by the clock, while user, system and softirq would be sampled by the tick.
"""

import datetime
import os
import platform
import time

TICKS = os.sysconf("SC_CLK_TCK")
QUIET = 0.1  # of the processors may be busy with other things
_IDLE, _IOWAIT, _STEAL = 4, 5, 8


def unused_seconds(stat):
    """Seconds since boot that the processors of /proc/stat's text were not working for us."""
    words = stat.splitlines()[0].split()
    return sum(int(words[index]) for index in (_IDLE, _IOWAIT, _STEAL)) / TICKS


def _read(path):
    with open(path, encoding="ascii", errors="replace") as file:
        return file.read()


class BusyClock:
    """Busy processor seconds of the whole machine since it was made."""

    def __init__(self):
        self.processors = os.cpu_count()
        self.start, self.unused = time.monotonic(), unused_seconds(_read("/proc/stat"))

    def read(self):
        """(busy seconds of all processors, elapsed seconds)."""
        elapsed = time.monotonic() - self.start
        unused = unused_seconds(_read("/proc/stat")) - self.unused
        return max(0.0, elapsed * self.processors - unused), elapsed


def idle_base(seconds):
    """Busy processors while nothing is asked of anything."""
    clock = BusyClock()
    # Not a wait for something: the time itself is measured.
    time.sleep(seconds)
    busy, elapsed = clock.read()
    return busy / elapsed


def is_quiet(idle_cores):
    """Whether other work leaves the processors' time to the benchmark; else it says nothing."""
    return idle_cores <= QUIET * os.cpu_count()


def used_memory():
    """Bytes of the whole machine that cannot be had by others, without caches of files."""
    found = {line.split(":")[0]: int(line.split()[1]) * 1024
             for line in _read("/proc/meminfo").splitlines()}
    return found["MemTotal"] - found["MemFree"] - found["Buffers"] - found["Cached"]


def process_tree(pid):
    """The process and all its descendants."""
    found = [pid]
    for task in os.listdir(f"/proc/{pid}/task"):
        for child in _read(f"/proc/{pid}/task/{task}/children").split():
            found += process_tree(int(child))
    return found


def process_memory(pid):
    """Bytes of a process tree; what its processes share is counted once."""
    total = 0
    for one in process_tree(pid):
        for line in _read(f"/proc/{one}/smaps_rollup").splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) * 1024
    return total


def facts():
    """The machine, without anything that says which one it is."""
    models = [line.split(":", 1)[1].strip() for line in _read("/proc/cpuinfo").splitlines()
              if line.startswith("model name")]
    memory = _read("/proc/meminfo").split()[1]
    return {"processor": models[0] if models else platform.machine(),
            "processors": os.cpu_count(), "memory_gib": round(int(memory) / (1 << 20)),
            "kernel": ".".join(platform.release().split(".")[:2]),
            "date": datetime.date.today().isoformat()}
