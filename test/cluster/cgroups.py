# SPDX-License-Identifier: Apache-2.0
"""Control groups of a cluster: the same subtree in each hierarchy of this machine, version 1 or 2.

Which processes are a cluster's is told by them: those below /pathroute-cluster.
"""

import os

TOP = "pathroute-cluster"
INIT = "init"
_COPIED = ("cpuset.cpus", "cpuset.mems")


def hierarchies():
    """Where each is mounted."""
    with open("/proc/self/mounts", encoding="utf-8") as file:
        mounts = [line.split() for line in file]
    return [fields[1] for fields in mounts if fields[2] in ("cgroup", "cgroup2")]


def _tops():
    tops = [os.path.join(mount, TOP) for mount in hierarchies()]
    return [top for top in tops if os.path.isdir(top)]


def _make(parent, name):
    group = os.path.join(parent, name)
    os.makedirs(group, exist_ok=True)
    for file_name in _COPIED:
        # Version 1: a new cpuset is empty and takes no process.
        path = os.path.join(parent, file_name)
        if os.path.exists(path) and not os.path.exists(os.path.join(parent, "cgroup.controllers")):
            _write(os.path.join(group, file_name), _read(path))
    return group


def _delegate(group):
    """Version 2: what is below may limit what this group may limit."""
    path = os.path.join(group, "cgroup.controllers")
    if os.path.exists(path):
        for controller in _read(path).split():
            try:
                _write(os.path.join(group, "cgroup.subtree_control"), f"+{controller}")
            except OSError:
                # In use by version 1, or by processes of a group above.
                pass


def _read(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


def _write(path, text):
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


def make(name):
    """A subtree for a node; returns the groups that its first process joins."""
    groups = []
    for mount in hierarchies():
        _delegate(mount)
        top = _make(mount, TOP)
        _delegate(top)
        node = _make(top, name)
        _delegate(node)
        groups.append(_make(node, INIT))
    return groups


def root(name):
    """The subtree of a node as kubelet wants it: below the mount."""
    return f"/{TOP}/{name}"


def _groups():
    """All of a cluster, the deepest first."""
    for top in _tops():
        for folder, _, _ in os.walk(top, topdown=False):
            yield folder


def processes(part=""):
    """Process ids in the groups whose path contains the part, those of zombies, too."""
    found = set()
    for group in _groups():
        if part not in group:
            continue
        try:
            found.update(int(pid) for pid in _read(os.path.join(group, "cgroup.procs")).split())
        except OSError:
            # Removed since it was found.
            pass
    return found - {0}


def processes_of_pod(uid):
    return processes(f"/pod{uid}")


def remove():
    """When no process is left."""
    for group in list(_groups()):
        os.rmdir(group)


def are_there():
    return _tops()
