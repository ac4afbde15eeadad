#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A node of a cluster: a process tree with namespaces, a root and control groups of its own.

node_init.py DIRECTORY: join the control groups, then become pid 1 of the node. DIRECTORY/spec.json:

    name      the node's
    cgroups   directories of control groups to join
    programs  the folder of Kubernetes' programs, which is /run/programs in the node
    services  [{name, argv, after}]: started once the path `after` exists, again when they end,
              ended when it is removed; their output is in /var/log/NAME.log

DIRECTORY/var is the node's /var; DIRECTORY/pid gets pid 1 as the caller sees it. The node ends with
that process: the kernel ends all others, and the mounts go with the last one.
"""

import json
import os
import signal
import subprocess
import sys
import time

NAMESPACES = ("--mount", "--net", "--pid", "--uts", "--ipc")
# kubelet writes these for the whole machine; in a node it gets files instead.
SHARED_SETTINGS = ("vm/overcommit_memory", "vm/panic_on_oom", "kernel/panic",
                   "kernel/panic_on_oops", "kernel/keys/root_maxkeys", "kernel/keys/root_maxbytes")
PAUSE = 1.0  # seconds between two starts of a service


def run(*command):
    subprocess.run(command, check=True)


def read_spec(directory):
    with open(os.path.join(directory, "spec.json"), encoding="utf-8") as file:
        return json.load(file)


def enter(directory):
    for group in read_spec(directory)["cgroups"]:
        with open(os.path.join(group, "cgroup.procs"), "w", encoding="ascii") as file:
            file.write(str(os.getpid()))
    os.execvp("unshare", ["unshare", *NAMESPACES, "--fork", "--kill-child", "--", sys.executable,
                          os.path.abspath(__file__), directory, "inside"])


# ---- Root ----

def mount_root(directory, root):
    """The machine's files, not to be changed by a node, and without its other mounts: they could
    not be unmounted outside while a node has them, too."""
    run("mount", "--bind", "/", root)
    run("mount", "-o", "remount,bind,ro", root)
    run("mount", "--bind", os.path.join(directory, "var"), f"{root}/var")
    run("mount", "-t", "tmpfs", "-o", "mode=755", "run", f"{root}/run")
    run("mount", "-t", "tmpfs", "-o", "mode=1777", "tmp", f"{root}/tmp")
    run("mount", "--rbind", "/dev", f"{root}/dev")
    run("mount", "-t", "proc", "proc", f"{root}/proc")
    # A new one of each: it shows the devices, or has the pins, of this node only.
    run("mount", "-t", "sysfs", "sysfs", f"{root}/sys")
    run("mount", "--rbind", "/sys/fs/cgroup", f"{root}/sys/fs/cgroup")
    run("mount", "-t", "bpf", "-o", "mode=700", "bpf", f"{root}/sys/fs/bpf")


def mount_programs(root, programs):
    folder = f"{root}/run/programs"
    os.mkdir(folder)
    run("mount", "--bind", programs, folder)


def hide_shared_settings(root):
    for setting in SHARED_SETTINGS:
        copy = f"{root}/run/{setting.replace('/', '.')}"
        with open(f"/proc/sys/{setting}", encoding="ascii") as source, \
                open(copy, "w", encoding="ascii") as file:
            file.write(source.read())
        run("mount", "--bind", copy, f"{root}/proc/sys/{setting}")


def change_root(root):
    os.mkdir(f"{root}/run/old")
    run("pivot_root", root, f"{root}/run/old")
    os.chdir("/")
    run("umount", "-l", "/run/old")
    os.rmdir("/run/old")
    # Pods may ask for mounts that propagate.
    run("mount", "--make-rshared", "/")


def make_node(directory, spec):
    # /proc is still the caller's.
    with open(os.path.join(directory, "pid.part"), "w", encoding="ascii") as file:
        file.write(os.readlink("/proc/self"))
    os.rename(f"{directory}/pid.part", f"{directory}/pid")
    root = os.path.join(directory, "root")
    mount_root(directory, root)
    mount_programs(root, spec["programs"])
    hide_shared_settings(root)
    change_root(root)
    run("hostname", spec["name"])
    # containerd puts pods' network namespaces there.
    os.symlink("/run", "/var/run")
    for setting in ("ip_forward", "conf/all/forwarding"):
        with open(f"/proc/sys/net/ipv4/{setting}", "w", encoding="ascii") as file:
            file.write("1")


# ---- Services ----

class Service:
    def __init__(self, name, argv, after):
        self.name, self.argv, self.after = name, argv, after
        self.process = None
        self.started = -PAUSE

    def is_running(self):
        return self.process is not None and self.process.returncode is None

    def start_or_end(self):
        if not os.path.exists(self.after):
            if self.is_running():
                self.process.terminate()
        elif not self.is_running() and time.monotonic() - self.started >= PAUSE:
            self._start()

    def _start(self):
        self.started = time.monotonic()
        with open(f"/var/log/{self.name}.log", "ab") as log:
            self.process = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, start_new_session=True)

    def note_end(self, pid, status):
        if self.process is not None and self.process.pid == pid:
            self.process.returncode = os.waitstatus_to_exitcode(status)
            print(f"{self.name} has ended: {self.process.returncode}", flush=True)


def reap(services):
    """Also what was left to pid 1 by its parents' end: containers' shims."""
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        for service in services:
            service.note_end(pid, status)


def serve(services):
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    while True:
        for service in services:
            service.start_or_end()
        signal.sigtimedwait({signal.SIGCHLD}, 0.1)
        reap(services)


def main():
    directory = sys.argv[1]
    if len(sys.argv) == 2:
        enter(directory)
    spec = read_spec(directory)
    make_node(directory, spec)
    serve([Service(**service) for service in spec["services"]])


main()
