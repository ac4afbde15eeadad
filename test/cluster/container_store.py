# SPDX-License-Identifier: Apache-2.0
"""The images that a cluster needs, imported into a containerd once and kept for later runs.

A node gets a copy of the whole store by hard links: importing takes seconds on each node. Kept in
${XDG_CACHE_HOME:-~/.cache}/pathroute/images, until the sources of an image change.
"""

import contextlib
import glob
import hashlib
import os
import shutil
import subprocess
import tempfile

import images
import wait
from control_plane import Here
from processes import Process

HERE = os.path.dirname(os.path.abspath(__file__))
BUSYBOX = "/usr/bin/busybox"
# The pause container of each pod, and a pod that only waits.
PAUSE = "localhost/pause:test"
WEB = "localhost/web:test"
AGENT_TAGS = ("test", "test2")  # the same image, so that an upgrade has something to change
STUNNEL_TAG = "test"
NAMESPACE = "k8s.io"  # containerd's, in which kubelet looks
_PREFIX = "cluster-"
# What containerd would look for in vain, or not be allowed to do.
UNUSED_PLUGINS = [f"io.containerd.{name}" for name in (
    "internal.v1.opt", "snapshotter.v1.aufs", "snapshotter.v1.btrfs", "snapshotter.v1.devmapper",
    "snapshotter.v1.zfs")]


def _fingerprint():
    digest = hashlib.sha256(images.fingerprint().encode())
    for path in (__file__, BUSYBOX, *sorted(glob.glob(os.path.join(HERE, "web/*")))):
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()[:16]


# ---- Images ----

def _build_pause():
    container = images.run(*images.buildah("from", "scratch")).strip()
    images.run(*images.buildah("add", "-q", container, BUSYBOX, "/bin/busybox"))
    images.run(*images.buildah("config", "--entrypoint", '["/bin/busybox", "sleep", "1000000000"]',
                               container))
    images.run(*images.buildah("commit", "-q", "--rm", container, PAUSE))


def _build_web():
    images.run(*images.buildah("bud", "-q", "--layers", "--pull=never",
                               *images.apt_of_this_machine(), "-t", WEB,
                               os.path.join(HERE, "web")))


def _write_archive(folder):
    """All images in one archive: layers that they share are in it once."""
    agent, stunnel = images.agent_image(), images.stunnel_image()
    with images.locked():
        _build_pause()
        _build_web()
        layout = os.path.join(folder, "layout")
        for image, name in [(PAUSE, PAUSE), (WEB, WEB),
                            (stunnel, f"{images.STUNNEL}:{STUNNEL_TAG}")] + [
                (agent, f"{images.AGENT}:{tag}") for tag in AGENT_TAGS]:
            images.run(*images.buildah("push", "-q", "--disable-compression", image,
                                       f"oci:{layout}:{name}"))
    archive = os.path.join(folder, "images.tar")
    images.run("tar", "-C", layout, "-cf", archive, ".")
    return archive


# ---- containerd ----

def containerd_config(more=""):
    plugins = ", ".join(f'"{name}"' for name in UNUSED_PLUGINS)
    return f"version = 2\ndisabled_plugins = [{plugins}]\n{more}"


@contextlib.contextmanager
def _containerd(folder, store):
    """One that only imports; yields the command that talks to it."""
    config, socket = os.path.join(folder, "containerd.toml"), os.path.join(folder, "socket")
    with open(config, "w", encoding="ascii") as file:
        file.write(containerd_config().replace(
            "disabled_plugins = [", 'disabled_plugins = ["io.containerd.grpc.v1.cri", '))
    daemon = Process(Here, folder, "containerd", [
        "containerd", "--config", config, "--root", store, "--state",
        os.path.join(folder, "state"), "--address", socket])
    client = ["ctr", "--address", socket, "--namespace", NAMESPACE]

    def answers():
        assert daemon.is_alive(), daemon.log()
        asked = subprocess.run([*client, "version"], capture_output=True, check=False)
        return asked.returncode == 0

    try:
        wait.until(answers, "containerd", timeout=30)
        yield client
    finally:
        daemon.stop()


def _fill(store):
    os.makedirs(images.cache(), exist_ok=True)
    with tempfile.TemporaryDirectory(dir=images.cache()) as folder:
        archive = _write_archive(folder)
        fresh = os.path.join(folder, "store")
        with _containerd(folder, fresh) as client:
            images.run(*client, "images", "import", archive)
        os.rename(fresh, store)


def prepare():
    """The folder that is to become a node's /var/lib/containerd; filled if it is not there. The
    caller has the cluster's lock."""
    store = images.cache(_PREFIX + _fingerprint())
    if not os.path.isdir(store):
        images.say("importing the images of the cluster tests into containerd")
        _fill(store)
        for other in glob.glob(images.cache(_PREFIX + "*")):
            if other != store:
                shutil.rmtree(other)
    return store


def copy(store, target):
    """What is written in place is copied; unpacked layers are not written to."""
    done = subprocess.run(["cp", "-al", store, target], capture_output=True, check=False)
    if done.returncode != 0:
        # Another file system.
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(["cp", "-a", store, target], check=True)
    for path in glob.glob(os.path.join(target, "**/*.db"), recursive=True):
        shutil.copy2(path, f"{path}.own")
        os.rename(f"{path}.own", path)
