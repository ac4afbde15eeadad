# SPDX-License-Identifier: Apache-2.0
"""kube-router's firewall on all nodes: it makes iptables rules and ipsets of NetworkPolicies.

    with PolicyAgents(cluster):
        ...

Nothing of it is left on the nodes afterwards.
"""

import os
import shutil

import yaml

import images
import wait
from agent import ROOT
from cluster_plane import POLICY_AGENT
from node import HAS_POLICY_AGENT

_READS = {"": ["namespaces", "pods", "services", "nodes", "endpoints"],
          "networking.k8s.io": ["networkpolicies"], "discovery.k8s.io": ["endpointslices"]}
_RBAC = "rbac.authorization.k8s.io"
# Its chains, and jumps to them.
_RULES = "KUBE-ROUTER|KUBE-POD-FW|KUBE-NWPLCY"
# --cleanup-config wants IPVS in the kernel.
_REMOVE = f"iptables-save -t filter | grep -vE '{_RULES}' | iptables-restore && ipset destroy"


def _role():
    rules = [{"apiGroups": [group], "resources": kinds, "verbs": ["get", "list", "watch"]}
             for group, kinds in _READS.items()]
    return {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRole", "metadata": {"name": POLICY_AGENT},
            "rules": rules}


def _binding():
    return {"apiVersion": f"{_RBAC}/v1", "kind": "ClusterRoleBinding",
            "metadata": {"name": POLICY_AGENT},
            "roleRef": {"apiGroup": _RBAC, "kind": "ClusterRole", "name": POLICY_AGENT},
            "subjects": [{"kind": "User", "name": POLICY_AGENT}]}


class PolicyAgents:
    def __init__(self, cluster):
        self.cluster, self.kube = cluster, cluster.admin

    def __enter__(self):
        program = images.run(os.path.join(ROOT, "deps/kube-router/build")).strip()
        self.kube.kubectl("apply", "-f", "-", stdin=yaml.safe_dump_all([_role(), _binding()]))
        try:
            for node in self.cluster.nodes:
                shutil.copy(program, os.path.join(node.files, POLICY_AGENT))
                node.tell(HAS_POLICY_AGENT)
            for node in self.cluster.nodes:
                self._wait_for_rules(node)
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_):
        self._remove()

    def _wait_for_rules(self, node):
        try:
            wait.until(lambda: self._has_rules(node), f"rules of {POLICY_AGENT}", 60)
        except AssertionError as error:
            told = node.log(POLICY_AGENT)[-2000:]
            raise AssertionError(f"{node.name}: {error}: {told}") from None

    @staticmethod
    def _has_rules(node):
        return "KUBE-POD-FW" in node.run("iptables-save", "-t", "filter")

    def _remove(self):
        for node in self.cluster.nodes:
            node.take_back(HAS_POLICY_AGENT)
        for node in self.cluster.nodes:
            wait.until(lambda: not node.command_ends_well("pgrep", "-x", POLICY_AGENT),
                       f"{POLICY_AGENT} of {node.name} to end", 30)
            node.run("sh", "-c", _REMOVE)
            assert not self._has_rules(node) and node.run("ipset", "list", "-n") == ""
        self.kube.kubectl("delete", "clusterrole,clusterrolebinding", POLICY_AGENT)
