# SPDX-License-Identifier: Apache-2.0
"""Talking to the API server: quickly over one kept connection, or as a person does, by kubectl."""

import copy
import http.client
import json
import os
import ssl
import subprocess
import threading

import yaml

FIELD_MANAGER = "pathroute-tests"
PATHROUTES = "/apis/pathroute.io/v1alpha1"

_KINDS = {
    "Namespace": ("/api/v1", "namespaces", False),
    "Node": ("/api/v1", "nodes", False),
    "Pod": ("/api/v1", "pods", True),
    "ServiceAccount": ("/api/v1", "serviceaccounts", True),
    "Service": ("/api/v1", "services", True),
    "Event": ("/apis/events.k8s.io/v1", "events", True),
    "EndpointSlice": ("/apis/discovery.k8s.io/v1", "endpointslices", True),
    "Lease": ("/apis/coordination.k8s.io/v1", "leases", True),
    "PathRoute": (PATHROUTES, "pathroutes", True),
    "CustomResourceDefinition": ("/apis/apiextensions.k8s.io/v1", "customresourcedefinitions",
                                 False),
}


class ApiError(Exception):
    """A reply other than 2xx: its HTTP status, and reason and message of the v1.Status."""

    def __init__(self, status, body):
        try:
            told = json.loads(body)
        except ValueError:
            told = {}
        self.status = status
        self.reason = told.get("reason", "")
        self.message = told.get("message", body.decode(errors="replace"))
        self.causes = told.get("details", {}).get("causes", [])
        super().__init__(f"{status} {self.reason}: {self.message}")


def path_of(kind, namespace=None, name=None, part=None):
    """"/api/v1/namespaces/shop/services/web", or shorter."""
    base, plural, namespaced = _KINDS[kind]
    scope = f"/namespaces/{namespace}" if namespaced and namespace else ""
    return "".join([base, scope, f"/{plural}", f"/{name}" if name else "",
                    f"/{part}" if part else ""])


def path_of_object(document, part=None):
    metadata = document["metadata"]
    return path_of(document["kind"], metadata.get("namespace"), metadata["name"], part)


class Kube:
    """One user's view of a control plane. A connection for each thread."""

    def __init__(self, plane, token):
        self.plane = plane
        self.token = token
        self._connections = threading.local()

    # ---- HTTP ----

    def _connection(self):
        if not hasattr(self._connections, "one"):
            self._connections.one = http.client.HTTPSConnection(
                self.plane.address, self.plane.port, context=self.plane.tls(), timeout=30)
        return self._connections.one

    def _exchange(self, method, path, text, headers):
        connection = self._connection()
        try:
            connection.request(method, path, text, headers)
            reply = connection.getresponse()
            return reply.status, reply.read()
        except (OSError, http.client.HTTPException):
            # The next request gets a new connection.
            connection.close()
            raise

    def request(self, method, path, body=None, content_type="application/json"):
        """The decoded reply; ApiError if it is not 2xx."""
        text = None if body is None else json.dumps(body)
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": content_type}
        try:
            status, content = self._exchange(method, path, text, headers)
        except (ConnectionError, ssl.SSLEOFError):
            # The API server has been restarted since the last request.
            status, content = self._exchange(method, path, text, headers)
        if status >= 300:
            raise ApiError(status, content)
        return json.loads(content) if content.startswith((b"{", b"[")) else content.decode()

    def get(self, kind, namespace=None, name=None):
        return self.request("GET", path_of(kind, namespace, name))

    def list(self, kind, namespace=None):
        return self.get(kind, namespace)["items"]

    def create(self, document, query=""):
        metadata = document["metadata"]
        return self.request("POST", path_of(document["kind"], metadata.get("namespace")) + query,
                            document)

    def apply(self, *documents):
        """Server-side: creates or changes, whatever was there before."""
        query = f"?fieldManager={FIELD_MANAGER}&force=true"
        return [self.request("PATCH", path_of_object(document) + query, document,
                             "application/apply-patch+yaml") for document in documents]

    def replace(self, document):
        return self.request("PUT", path_of_object(document), document)

    def patch(self, kind, namespace, name, change, part=None):
        return self.request("PATCH", path_of(kind, namespace, name, part), change,
                            "application/merge-patch+json")

    def delete(self, kind, namespace, name):
        return self.request("DELETE", path_of(kind, namespace, name))

    def delete_all(self, kind, namespace):
        return self.request("DELETE", path_of(kind, namespace))

    # ---- kubectl ----

    def kubeconfig(self, path, server=None, token_file=None, namespace="default"):
        """Writes a kubeconfig of this user; another server may be a proxy in front."""
        user = {"tokenFile": token_file} if token_file else {"token": self.token}
        document = {
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {
                "server": server or self.plane.url,
                "certificate-authority": self.plane.authority.path("ca.crt")}}],
            "users": [{"name": "test", "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test",
                                                      "namespace": namespace}}],
        }
        write_whole(path, yaml.safe_dump(document))
        return path

    def kubectl(self, *arguments, check=True, stdin=None, timeout=60):
        """CompletedProcess of kubectl as this user."""
        config = self.plane.authority.path(f"kubectl-{self.token[-8:]}.conf")
        if not os.path.exists(config):
            self.kubeconfig(config)
        command = [self.plane.programs["kubectl"], "--kubeconfig", config, "--cache-dir",
                   self.plane.authority.path("kubectl-cache"), *map(str, arguments)]
        done = subprocess.run(command, input=stdin, text=True, capture_output=True,
                              timeout=timeout, check=False)
        assert not check or done.returncode == 0, (
            f"kubectl {' '.join(map(str, arguments))}: {done.stderr}")
        return done


def write_whole(path, text):
    """Readers find the old content or the new one, never a part."""
    aside = f"{path}.part"
    with open(aside, "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(aside, path)


def placed(document, namespace):
    """A copy of the object in another namespace."""
    document = copy.deepcopy(document)
    document["metadata"]["namespace"] = namespace
    return document
