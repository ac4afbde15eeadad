# SPDX-License-Identifier: Apache-2.0
"""A lab whose agent is told by the API server: a node of a cluster, without its kubelet.

Pods are namespaces with real servers as in any lab; the test writes the EndpointSlices that name
them. The agent reaches the API server by a way of its own, which the test can make faulty.
"""

import copy
import os
import re
import signal

import manifests
import wait
from agent import BUILD, Agent
from faulty_way import FaultyWay
from kube import write_whole
from lab import Lab
from raw_http import ask

AUDITED = "pathroutes,services,endpointslices"
MANAGED_BY = {"endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"}


class KubeAgent(Agent):
    """The agent as the DaemonSet would run it, with a kubeconfig for its credentials."""

    kubeconfig = node_name = namespace = lease_namespace = None

    def source(self):
        options = ["--kubeconfig", self.kubeconfig, "--node-name", self.node_name,
                   "--lease-namespace", self.lease_namespace]
        return options + (["--namespace", self.namespace] if self.namespace else [])

    def event_times(self):
        """{bound in seconds: changes that were in the tables after so long} since it started."""
        found = re.findall(r'^pathroute_event_to_maps_seconds_bucket{le="([^"]+)"} (\d+)',
                           self.get("/metrics")[1], re.M)
        return {float(bound): int(count) for bound, count in found}

    def memory(self):
        """Resident bytes."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:
            line = next(line for line in file if line.startswith("VmRSS:"))
        return int(line.split()[1]) * 1024


class ClusterLab(Lab):
    """space: the Kubernetes namespace of its objects; token: what the agent shows."""

    def __init__(self, plane, space, token, node_name="node-1", **options):
        self.space = space
        super().__init__(**options)
        self.way = FaultyWay(self.node, plane.port)
        self.token_file = os.path.join(self.directory, "token")
        self.write_token(token)
        agent = KubeAgent(self.node, self.directory, self.bpffs, None)
        agent.kubeconfig = space.kube.kubeconfig(
            os.path.join(self.directory, "kubeconfig"), self.way.url, self.token_file)
        agent.node_name, agent.lease_namespace = node_name, "pathroute-system"
        self.agent = agent

    def write_token(self, token):
        write_whole(self.token_file, token)

    def close(self):
        if hasattr(self, "way") and not self.kept:
            self.agent.stop()
            self.way.close()
        super().close()

    # ---- What controllers and users write ----

    def set_endpoints(self, service, pods, **conditions):
        """The EndpointSlices of a Service; conditions: {pod name: {"ready": …}}, else all ready."""
        for found in manifests.endpoint_slices(service, pods):
            found["metadata"]["labels"].update(MANAGED_BY)
            for pod, endpoint in zip(pods, found["endpoints"]):
                endpoint["nodeName"] = self.agent.node_name
                endpoint["targetRef"] = {"kind": "Pod", "name": pod.name,
                                         "namespace": self.space.name}
                endpoint["conditions"].update(conditions.get(pod.name, {}))
            self.space.apply(found)

    def apply_shop(self, **backends):
        """As Lab.write_shop(), at the API server."""
        groups = backends or {pod.name: [pod] for pod in self.pods}
        self.space.apply(*[document for document in manifests.shop(groups)
                           if document["kind"] != "EndpointSlice"])
        for service, pods in groups.items():
            self.set_endpoints(service, pods)

    def route(self):
        """The PathRoute of the shop as applied, to be changed and applied again."""
        return copy.deepcopy(manifests.shop({pod.name: [] for pod in self.pods})[-1])

    def add_rule(self, name, path, backend, route="extra"):
        """A PathRoute with one rule."""
        self.space.apply(manifests.path_route(f"{route}-{name}",
                                              [manifests.rule(name, path, backend)],
                                              hostnames=["shop.example.com"]))

    # ---- What clients see ----

    def answers(self, path, pods, address=manifests.WEB_IPV4):
        """True if a request for the path is answered by one of the pods."""
        try:
            return ask(self["client"], address, path, timeout=2).pod in pods
        except OSError:
            return False

    def wait_for(self, path, *pods, timeout=10):
        wait.until(lambda: self.answers(path, pods), f"{path} from {' or '.join(pods)}", timeout,
                   interval=0.001)

    def audit(self):
        """CompletedProcess of: kubectl get ... -A -o json | pathroutectl audit -"""
        objects = self.space.kubectl("get", AUDITED, "-A", "-o", "json").stdout
        return self.node.run(os.path.join(BUILD, "pathroutectl"), "audit", "-", "--bpffs",
                             self.agent.bpffs, check=False, input=objects)

    def quit_nginx(self, name):
        """As kubelet's SIGTERM does with a server that shuts down gently."""
        process = next(process for process in self.processes if process.name == f"nginx-{name}")
        process.send(signal.SIGQUIT)
        return process
