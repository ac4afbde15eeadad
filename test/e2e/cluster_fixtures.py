# SPDX-License-Identifier: Apache-2.0
"""Fixtures: the control plane, once for all tests, and a namespace for each. A pytest plugin."""

import itertools
import os
import re
import shutil
import tempfile

import pytest
import yaml

import measured
import wait
from agent import ROOT
from cluster_lab import ClusterLab
from control_plane import ControlPlane
from kube import PATHROUTES, ApiError, Kube, placed
from lab_fixtures import opened

CRD = os.path.join(ROOT, "crd/pathroutes.yaml")
MANIFESTS = os.path.join(ROOT, "deploy/manifests")
AGENT_NAMESPACE = "pathroute-system"
AGENT_NAME = "pathroute-agent"
PREFIX = "pathroute-plane-"
_serial = itertools.count(1)


def pytest_terminal_summary(terminalreporter):
    for line in measured.figures:
        terminalreporter.write_line(line)


def sweep():
    """Removes what runs left behind that were killed."""
    for name in os.listdir(tempfile.gettempdir()):
        owner = re.match(PREFIX + r"(\d+)-", name)
        if owner and not os.path.exists(f"/proc/{owner[1]}"):
            shutil.rmtree(os.path.join(tempfile.gettempdir(), name), ignore_errors=True)


def run_plane():
    sweep()
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-") as directory:
        plane = ControlPlane(directory)
        try:
            yield plane.start()
        finally:
            plane.stop()


def make_admin(plane):
    """The cluster's administrator; the CRD is there."""
    kube = plane.admin()
    install_crd(kube)
    return kube


def install_crd(kube):
    kube.kubectl("apply", "-f", CRD)
    wait_served(kube, PATHROUTES + "/pathroutes")


def wait_served(kube, path):
    """A CRD is established before the API server serves its objects."""
    def is_served():
        try:
            return kube.request("GET", path)["items"] is not None
        except ApiError:
            return False

    wait.until(is_served, f"the API server to serve {path}")


def install_manifests(admin):
    """The administrator; what deploy/manifests has is there, though no controller acts on it."""
    admin.kubectl("apply", "-k", MANIFESTS)
    return admin


def plane_fixtures(scope):
    """Fixtures plane, admin and installed."""
    return [pytest.fixture(scope=scope, name=name)(function) for name, function in (
        ("plane", run_plane), ("admin", make_admin), ("installed", install_manifests))]


# Of all tests, but for files that delete what the others need: those have a plane of their own.
plane, admin, installed = plane_fixtures("session")


def account_token(kube, namespace, name, seconds=3600):
    """A token of a service account, as a pod is given one; the API server takes no less than 600
    seconds."""
    return kube.request("POST", f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}/token", {
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "spec": {"expirationSeconds": seconds}})["status"]["token"]


@pytest.fixture
def agent_user(installed, plane):
    """The API server as the agent sees it."""
    return Kube(plane, account_token(installed, AGENT_NAMESPACE, AGENT_NAME))


class Space:
    """A namespace of the API server that is empty again after the test."""

    def __init__(self, kube):
        self.kube = kube
        self.name = f"space-{next(_serial)}"
        kube.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name}})

    def apply(self, *documents):
        return self.kube.apply(*[placed(document, self.name) for document in documents])

    def create(self, document, query=""):
        return self.kube.create(placed(document, self.name), query)

    def dry_run(self, document):
        """The object as it would be stored, or ApiError."""
        return self.create(document, "?dryRun=All&fieldValidation=Strict")

    def get(self, kind, name):
        return self.kube.get(kind, self.name, name)

    def delete(self, kind, name):
        return self.kube.delete(kind, self.name, name)

    def patch(self, kind, name, change, part=None):
        return self.kube.patch(kind, self.name, name, change, part)

    def kubectl(self, *arguments, **options):
        return self.kube.kubectl("--namespace", self.name, *arguments, **options)

    def clear(self):
        for kind in ("PathRoute", "EndpointSlice", "Service"):
            try:
                self.kube.delete_all(kind, self.name)
            except ApiError as error:
                if error.status != 404:
                    raise


@pytest.fixture
def make_cluster(installed, plane, make_space):
    """ClusterLab(...) for one test. Without a space of another lab it gets one of its own."""
    # Who led and which nodes there were is not of this test.
    installed.delete_all("Lease", AGENT_NAMESPACE)
    token = account_token(installed, AGENT_NAMESPACE, AGENT_NAME)
    with opened(ClusterLab) as make:
        yield lambda space=None, **options: make(plane, space or make_space(), token, **options)


@pytest.fixture
def cluster(make_cluster):
    """The shop: NGINX pods frontend, api and blog, their objects applied, the agent ready."""
    lab = make_cluster()
    lab.serve()
    lab.apply_shop()
    lab.agent.start()
    return lab


@pytest.fixture
def make_space(admin):
    spaces = []

    def make():
        spaces.append(Space(admin))
        return spaces[-1]

    yield make
    for space in spaces:
        space.clear()


@pytest.fixture
def space(make_space):
    return make_space()


def documents(path):
    with open(path, encoding="utf-8") as file:
        return [document for document in yaml.safe_load_all(file) if document]
