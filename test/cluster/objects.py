# SPDX-License-Identifier: Apache-2.0
"""What a user of the cluster applies: Deployments of web servers, Services, a PathRoute."""

import container_store
import manifests

POD_PORT = 8080
WEB_PORT = 80
HOST = "shop.example.com"


def deployment(name, replicas=1, node=None, host_network=False):
    """Web servers; all on one node if it is named, else on both in turn."""
    labels = {"app": name}
    server = {"name": "web", "image": container_store.WEB, "imagePullPolicy": "Never",
              "ports": [{"containerPort": POD_PORT}],
              "readinessProbe": {"httpGet": {"path": "/ready", "port": POD_PORT},
                                 "periodSeconds": 1}}
    spec = {"containers": [server], "terminationGracePeriodSeconds": 20,
            "enableServiceLinks": False, "automountServiceAccountToken": False}
    if node:
        spec["nodeSelector"] = {"kubernetes.io/hostname": node}
    else:
        spec["topologySpreadConstraints"] = [{
            "maxSkew": 1, "topologyKey": "kubernetes.io/hostname",
            "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": {"matchLabels": labels}}]
    if host_network:
        spec["hostNetwork"] = True
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels},
                     # Never fewer than there shall be, as who counts requests would have it.
                     "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
                     "template": {"metadata": {"labels": labels}, "spec": spec}}}


def service(name, app=None):
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
            "spec": {"selector": {"app": app or name},
                     "ports": [{"name": "http", "port": WEB_PORT, "targetPort": POD_PORT}]}}


def waiting_pod(name, node, labels=None):
    """A pod that does nothing: tests send requests from its network namespace."""
    container = {"name": "wait", "image": container_store.PAUSE, "imagePullPolicy": "Never"}
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "labels": labels or {}},
            "spec": {"nodeName": node, "containers": [container],
                     "terminationGracePeriodSeconds": 0, "automountServiceAccountToken": False}}


def route(backends, node_port=None, name="shop"):
    """/NAME/ goes to each backend, / to frontend."""
    rules = [manifests.rule(backend, "/" if backend == "frontend" else f"/{backend}/", backend)
             for backend in backends]
    made = manifests.path_route(name, rules, hostnames=[HOST])
    del made["metadata"]["namespace"]
    if node_port:
        made["spec"]["listeners"].append({"node": {"port": node_port}})
    return made


def ingress_policy(app, labels):
    """Only pods with these labels may ask the pods of a Deployment; {}: nobody may."""
    allowed = [{"from": [{"podSelector": {"matchLabels": labels}}]}]
    return _policy(f"to-{app}", {"app": app}, "Ingress", ingress=allowed if labels else [])


def egress_policy(labels, app):
    """Pods with these labels may ask the pods of one Deployment only."""
    allowed = [{"to": [{"podSelector": {"matchLabels": {"app": app}}}]}]
    return _policy(f"only-{app}", labels, "Egress", egress=allowed)


def _policy(name, labels, direction, **allowed):
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy",
            "metadata": {"name": name},
            "spec": {"podSelector": {"matchLabels": labels}, "policyTypes": [direction],
                     **allowed}}
