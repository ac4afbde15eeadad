# SPDX-License-Identifier: Apache-2.0
"""A namespace with web servers behind a PathRoute, and those who send requests to them."""

import contextlib
import dataclasses
import itertools

import yaml

import cgroups
import objects
import wait
from held_namespace import HeldNamespace

BACKENDS = ("frontend", "api", "blog")
_serial = itertools.count(1)


@dataclasses.dataclass
class Client:
    """Whoever sends requests from a network namespace."""

    name: str
    namespace: HeldNamespace
    ipv4: str = ""


class OfDeployment:
    """The names of a Deployment's pods, those to come as well, as Load wants a set."""

    def __init__(self, name):
        self.prefix = f"{name}-"

    def __contains__(self, pod):
        return pod.startswith(self.prefix)


class Namespaced:
    """A namespace, and what a user does in it."""

    def __init__(self, cluster):
        self.cluster = cluster
        self.name = f"shop-{next(_serial)}"
        self.kube = cluster.admin
        self.kube.kubectl("create", "namespace", self.name)

    def close(self):
        self.kube.kubectl("delete", "namespace", self.name, "--wait=false")

    def kubectl(self, *arguments, **options):
        return self.kube.kubectl("--namespace", self.name, *arguments, **options).stdout

    def apply(self, *documents):
        self.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all(documents))

    def wait_for_rollout(self, name, timeout=120):
        self.kubectl("rollout", "status", f"deployment/{name}", f"--timeout={timeout}s",
                     timeout=timeout + 10)

    def wait_for_route(self, name="shop"):
        for condition in ("Accepted", "ResolvedRefs", "Programmed", "Ready"):
            self.kubectl("wait", f"--for=condition={condition}", f"pathroute/{name}",
                         "--timeout=30s")

    def address(self, service):
        return self.kube.get("Service", self.name, service)["spec"]["clusterIP"]

    def pods(self, app):
        """Those that are not being deleted."""
        return [pod for pod in self.kube.list("Pod", self.name)
                if pod["metadata"].get("labels", {}).get("app") == app and
                "deletionTimestamp" not in pod["metadata"]]

    def client(self, node, labels=None):
        """A pod on the node, made now."""
        name = f"client-{next(_serial)}"
        self.apply(objects.waiting_pod(name, node, labels))
        self.kubectl("wait", "--for=condition=Ready", f"pod/{name}", "--timeout=60s", timeout=70)
        return inside(self.kube.get("Pod", self.name, name))


class Shop(Namespaced):
    """Deployments frontend, api, blog and their Services; PathRoute shop at Service web."""

    def __init__(self, cluster, **options):
        """node: that of all web servers; replicas: of each; node_port: of a second listener."""
        super().__init__(cluster)
        with self._removed_on_failure():
            node_port = options.pop("node_port", None)
            self.apply(*[objects.deployment(name, **options) for name in BACKENDS],
                       *[objects.service(name) for name in BACKENDS],
                       objects.service("web", app="frontend"),
                       objects.route(BACKENDS, node_port))
            for name in BACKENDS:
                self.wait_for_rollout(name)
            self.wait_for_route()
        self.web = self.address("web")

    @contextlib.contextmanager
    def _removed_on_failure(self):
        try:
            yield
        except BaseException:
            self.close()
            raise


def inside(pod):
    """The pod as a client."""
    uid, name = pod["metadata"]["uid"], pod["metadata"]["name"]
    pids = wait.until(lambda: cgroups.processes_of_pod(uid), f"processes of pod {name}")
    return Client(name, HeldNamespace(name, min(pids)), pod["status"]["podIP"])


def on_node(node):
    """The node itself as a client."""
    return Client(node.name, node.namespace, node.address)


PATHS = {"/" if name == "frontend" else f"/{name}/": OfDeployment(name) for name in BACKENDS}
