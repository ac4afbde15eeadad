#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The images of the Dockerfiles, without a container engine and without a registry.

buildah builds them; what the Dockerfiles take for their base is made by debootstrap. All are kept
in ${XDG_CACHE_HOME:-~/.cache}/pathroute/images, and built again when the sources change.

images.py --base: only make the base.
images.py FILE: also write the image to FILE, an OCI archive, as `localhost/pathroute-agent:test`.
"""

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SUITE = "bookworm"
# As the Dockerfile names it.
BASE = f"docker.io/library/debian:{SUITE}-slim"
AGENT = "localhost/pathroute-agent"
STUNNEL = "localhost/pathroute-stunnel"
# What Debian's own slim image leaves out.
UNWANTED = ("usr/share/doc", "usr/share/info", "usr/share/man", "usr/share/locale",
            "var/cache/apt", "var/lib/apt/lists", "var/log")


def cache(*names):
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "pathroute", "images", *names)


def buildah(*arguments):
    """The command, with a storage of our own: the machine's own images stay as they are."""
    return ["buildah", "--root", cache("storage"), "--runroot", cache("run"), *arguments]


def environment():
    # Make's own variables would change what `make image` does here.
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("MAKE", "MFLAGS"))}
    return {"BUILDAH_ISOLATION": "chroot", **kept}


def run(*command, **options):
    """Its standard output; AssertionError with what it said if it fails."""
    done = subprocess.run(command, cwd=ROOT, env=environment(), text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options)
    assert done.returncode == 0, (
        f"{' '.join(command)}: {done.returncode}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def say(text):
    print(f"images: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def locked():
    """Two test runs at once build once."""
    os.makedirs(cache(), exist_ok=True)
    with open(cache("lock"), "w", encoding="ascii") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def has(image):
    command = buildah("inspect", "--type", "image", image)
    return subprocess.run(command, env=environment(), stdout=subprocess.DEVNULL, check=False,
                          stderr=subprocess.DEVNULL).returncode == 0


# ---- The base ----

def archive():
    """Where apt of this machine gets the suite from; [] if it does not know."""
    if not shutil.which("apt-get"):
        return []
    known = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)",
                            "Identifier: Packages", f"Codename: {SUITE}", "Component: main"],
                           stdout=subprocess.PIPE, text=True, check=False).stdout.split()
    return known[:1]


def have_base():
    """Made if it is not there; the caller has the lock."""
    if not has(BASE):
        make_base()


def make_base():
    say(f"making a minimal Debian {SUITE} with debootstrap, once")
    with tempfile.TemporaryDirectory(dir=cache()) as folder:
        system = os.path.join(folder, "system")
        run("debootstrap", "--variant=minbase", SUITE, system, *archive())
        for name in UNWANTED:
            shutil.rmtree(os.path.join(system, name), ignore_errors=True)
            os.makedirs(os.path.join(system, name))
        container = run(*buildah("from", "scratch")).strip()
        run(*buildah("add", "-q", container, system, "/"))
        run(*buildah("config", "--cmd", "/bin/sh", container))
        run(*buildah("commit", "-q", "--rm", container, BASE))


def apt_of_this_machine():
    """Options that give the build this machine's way to the same packages, if it has one."""
    try:
        with open("/etc/os-release", encoding="utf-8") as file:
            if f"VERSION_CODENAME={SUITE}" not in file.read().split():
                return []
    except OSError:
        return []
    folders = ("/etc/apt", "/usr/share/keyrings", "/etc/ssl/certs")
    return [f"--volume={folder}:{folder}:ro" for folder in folders if os.path.isdir(folder)]


# ---- Ours ----

def _files(*names):
    """All files of these files and folders of the tree."""
    for name in names:
        path = os.path.join(ROOT, name)
        if os.path.isfile(path):
            yield path
        for folder, folders, inner in os.walk(path):
            folders.sort()
            yield from (os.path.join(folder, entry) for entry in sorted(inner))


def _of_agent():
    """What the Dockerfile may copy, by .dockerignore, and what says how."""
    with open(os.path.join(ROOT, ".dockerignore"), encoding="utf-8") as file:
        wanted = re.findall(r"^!(.+)$", file.read(), re.M)
    return _files(*sorted([*wanted, "Dockerfile", ".dockerignore"]))


def _of_stunnel():
    return _files("deploy/stunnel", "mk/deploy.mk")


def _fingerprint(paths):
    digest = hashlib.sha256()
    for path in paths:
        with open(path, "rb") as file:
            content = file.read()
        digest.update(f"{os.path.relpath(path, ROOT)} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:16]


def fingerprint():
    """Changes with what any of our images is made of."""
    return _fingerprint([*_of_agent(), *_of_stunnel()])


def _make(target, variable, image):
    say(f"make {target}, with buildah")
    options = ["--pull=never", *apt_of_this_machine()]
    run("make", "--no-print-directory", target, f"ENGINE={' '.join(buildah())}",
        f"{variable}={image}", f"IMAGE_OPTIONS={' '.join(options)}")


def _forget_others(name, image):
    for line in run(*buildah("images", "--format", "{{.Name}}:{{.Tag}}")).split():
        if line.startswith(f"{name}:") and line != image:
            run(*buildah("rmi", line))


def _image(name, paths, target, variable):
    """The name of the image in our storage; built if it is not there."""
    image = f"{name}:{_fingerprint(paths)}"
    with locked():
        have_base()
        if not has(image):
            _make(target, variable, image)
            _forget_others(name, image)
    return image


def agent_image():
    return _image(AGENT, _of_agent(), "image", "IMAGE")


def stunnel_image():
    return _image(STUNNEL, _of_stunnel(), "image-stunnel", "STUNNEL_IMAGE")


@contextlib.contextmanager
def mounted(image):
    """The files of the image, in a folder that may be written."""
    container = run(*buildah("from", "--pull-never", image)).strip()
    try:
        yield run(*buildah("mount", container)).strip()
    finally:
        run(*buildah("rm", container))


def added(image):
    """Bytes that it has more than its base."""
    sizes = []
    for name in (image, BASE):
        with mounted(name) as folder:
            sizes.append(int(run("du", "-s", "--block-size=1", folder).split()[0]))
    return sizes[0] - sizes[1]


def missing():
    """Why no image can be made here, or ""."""
    if os.geteuid() != 0:
        return "not root"
    for name in ("buildah", "debootstrap"):
        if not shutil.which(name):
            return f"no {name} here: make deps"
    try:
        with locked():
            have_base()
    except AssertionError as error:
        return f"no base for images: {str(error).strip().splitlines()[-1]}"
    return ""


def save(path):
    run(*buildah("push", "-q", agent_image(), f"oci-archive:{path}:{AGENT}:test"))


if __name__ == "__main__":
    if sys.argv[1:] == ["--base"]:
        sys.exit(missing() or None)
    save(os.path.abspath(sys.argv[1]))
