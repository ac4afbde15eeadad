# SPDX-License-Identifier: Apache-2.0
"""Kubernetes objects for the agent's --manifests directory."""

import os

import yaml

NAMESPACE = "shop"
WEB_IPV4 = "10.96.0.10"
WEB_IPV6 = "fd00:96::10"
WEB_PORT = 80


def service(name, addresses=(), port=80, target=8080):
    spec = {"type": "ClusterIP",
            "ports": [{"name": "http", "port": port, "protocol": "TCP", "targetPort": target}]}
    if addresses:
        spec["clusterIP"] = addresses[0]
        spec["clusterIPs"] = list(addresses)
        spec["ipFamilyPolicy"] = "PreferDualStack"
        spec["ipFamilies"] = ["IPv6" if ":" in address else "IPv4" for address in addresses]
    else:
        spec["clusterIP"] = "None"
    return {"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def _slice(service_name, version, endpoints, port):
    return {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
            "metadata": {"name": f"{service_name}-ipv{version}", "namespace": NAMESPACE,
                         "labels": {"kubernetes.io/service-name": service_name}},
            "addressType": f"IPv{version}",
            "ports": [{"name": "http", "port": port, "protocol": "TCP"}],
            "endpoints": endpoints}


def endpoint_slices(service_name, pods, port=8080, ready=True):
    """One slice per address family; pods have .ipv4 and .ipv6."""
    condition = {"ready": ready, "serving": ready, "terminating": False}
    return [_slice(service_name, version,
                   [{"addresses": [pod.address(version)], "conditions": dict(condition)}
                    for pod in pods], port)
            for version in (4, 6)]


def backend(service_name, weight=None):
    reference = {"service": {"name": service_name, "port": 80}}
    if weight is not None:
        reference["weight"] = weight
    return reference


def rule(name, path, *backends, kind="Prefix", method=None, **more):
    """backends: names of Services, or backend() values; more: redirect=…, loadBalancing=…."""
    made = {"name": name, "match": {"path": {"type": kind, "value": path}}}
    if method:
        made["match"]["method"] = method
    if backends:
        made["backends"] = [backend(entry) if isinstance(entry, str) else entry
                            for entry in backends]
    made.update(more)
    return made


def web():
    """The Service that clients connect to."""
    return service("web", (WEB_IPV4, WEB_IPV6))


def backend_service(name, pods):
    """A Service without addresses of its own, and its endpoints."""
    return [service(name), *endpoint_slices(name, pods)]


def path_route(name, rules, listener="web", hostnames=(), **more):
    spec = {"listeners": [{"service": {"name": listener, "port": WEB_PORT}}], "rules": rules}
    if hostnames:
        spec["hostnames"] = list(hostnames)
    spec.update(more)
    return {"apiVersion": "pathroute.io/v1alpha1", "kind": "PathRoute",
            "metadata": {"name": name, "namespace": NAMESPACE}, "spec": spec}


def shop(groups):
    """Service web routes /NAME/ to Service NAME, / to frontend, and redirects /old to /new.

    groups: {Service name: the pods behind it}.
    """
    objects = [web()]
    rules = [rule("old", "/old", kind="Exact", redirect={"path": "/new", "statusCode": 301})]
    for name, pods in groups.items():
        objects += backend_service(name, pods)
        rules.append(rule(name, "/" if name == "frontend" else f"/{name}/", name))
    return objects + [path_route("shop", rules, hostnames=["shop.example.com"])]


class Directory:
    """A manifest directory. Files appear whole: written aside, then renamed."""

    def __init__(self, path):
        self.path = path
        os.makedirs(path, exist_ok=True)

    def write_text(self, name, text):
        target = os.path.join(self.path, name)
        aside = os.path.join(self.path, f".{name}.part")
        with open(aside, "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(aside, target)
        return target

    def write(self, name, *objects):
        return self.write_text(name, yaml.safe_dump_all(objects, sort_keys=False))

    def remove(self, name):
        os.unlink(os.path.join(self.path, name))
