# SPDX-License-Identifier: Apache-2.0
"""The control plane of a cluster with nodes: that of test/e2e, with scheduler and controllers.

It runs in the namespaces of the tests, and listens on the machine's end of the link to the nodes.
"""

import yaml

from control_plane import ControlPlane, Here
from kube import write_whole
from processes import Process

ADDRESS = "198.18.28.1"
SERVICES = "10.96.0.0/16"
SERVICE_ADDRESS = "10.96.0.1"
PODS = "10.244.0.0/16"
OF_NODES = ("kubelet", "kube-proxy")
CONTROLLERS = "system:kube-controller-manager"
SCHEDULER = "system:kube-scheduler"
PROXY = "system:kube-proxy"
POLICY_AGENT = "kube-router"


def node_user(name):
    return f"system:node:{name}"


class ClusterPlane(ControlPlane):
    address = ADDRESS
    names = f"IP:{ADDRESS},IP:{SERVICE_ADDRESS},DNS:kubernetes,DNS:kubernetes.default.svc"
    wanted = ("kube-apiserver", "kubectl", "kube-controller-manager", "kube-scheduler", *OF_NODES)

    def __init__(self, directory, node_names):
        self.node_names = node_names
        self.helpers = []
        super().__init__(directory)
        self.authority.sign("kubelet-client", "/O=system:masters/CN=kube-apiserver",
                            "extendedKeyUsage=clientAuth")

    def users(self):
        nodes = {node_user(name): "system:nodes" for name in self.node_names}
        return {**super().users(), CONTROLLERS: "", SCHEDULER: "", PROXY: "",
                POLICY_AGENT: "", **nodes}

    def server_options(self):
        path = self.authority.path
        return [f"--advertise-address={ADDRESS}", f"--service-cluster-ip-range={SERVICES}",
                "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction",
                "--allow-privileged=true",
                f"--kubelet-client-certificate={path('kubelet-client.crt')}",
                f"--kubelet-client-key={path('kubelet-client.key')}",
                f"--kubelet-certificate-authority={path('ca.crt')}",
                "--kubelet-preferred-address-types=InternalIP"]

    def write_kubeconfig(self, user, path, authority):
        """authority: the CA's file, as the reader will find it."""
        write_whole(path, yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": self.url,
                                                      "certificate-authority": authority}}],
            "users": [{"name": "test", "user": {"token": self.tokens[user]}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}]}))
        return path

    def start_controllers(self):
        path = self.authority.path
        for user, options in ((SCHEDULER, []), (CONTROLLERS, [
                f"--service-account-private-key-file={path('accounts.key')}",
                f"--root-ca-file={path('ca.crt')}", "--use-service-account-credentials",
                f"--cluster-cidr={PODS}", "--allocate-node-cidrs=false",
                # The default, 20 requests/s, makes its start last five seconds more.
                "--kube-api-qps=500", "--kube-api-burst=1000"])):
            name = user.removeprefix("system:")
            config = self.write_kubeconfig(user, path(f"{name}.conf"), path("ca.crt"))
            self.helpers.append(Process(Here, self.directory, name, [
                self.programs[name], f"--kubeconfig={config}", "--leader-elect=false",
                "--secure-port=0", *options]))

    def restart_controllers(self):
        """As they do themselves in a cluster with several of them, when they have lost their
        Lease. Otherwise they notice after most of a minute that the API server is back."""
        self.stop_controllers()
        self.start_controllers()

    def stop_controllers(self):
        for process in self.helpers:
            process.stop(timeout=2)
        self.helpers = []

    def is_ready(self):
        return super().is_ready() and self.have_controllers()

    def have_controllers(self):
        for process in self.helpers:
            assert process.is_alive(), f"{process.name} has ended:\n{process.log()[-4000:]}"
        return True

    def stop(self):
        self.stop_controllers()
        super().stop()
