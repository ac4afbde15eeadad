# SPDX-License-Identifier: Apache-2.0
"""HTTPS: the chart's stunnel in front of a PathRoute whose web servers are all on node1."""

import os
import re

import pytest

import container_store
import images
import wait
from cluster_fixtures import AGENT_NAMESPACE
from objects import HOST
from shop import BACKENDS, PATHS
from tls_client import chromium, curl, make_certificate

NAME = "pathroute-tls"
SECRET = "shop-certificate"


@pytest.fixture(scope="module")
def shop(make_shop):
    return make_shop(node="node1")


@pytest.fixture(scope="module")
def folder(cluster, tmp_path_factory):
    """With the certificate, which is also in the Secret."""
    folder = str(tmp_path_factory.mktemp("tls"))
    make_certificate(folder, HOST)
    cluster.release.kubectl("create", "secret", "tls", SECRET, f"--cert={folder}/tls.crt",
                            f"--key={folder}/tls.key")
    yield folder
    cluster.release.set({})


class Front:
    """stunnel as the chart puts it in front, with these values."""

    def __init__(self, release, shop, folder, **values):
        self.folder, self.release = folder, release
        release.set({"tls.enabled": "true", "tls.secretName": SECRET,
                     "tls.connect": f"{shop.web}:80", "tls.image.repository": images.STUNNEL,
                     "tls.image.tag": container_store.STUNNEL_TAG,
                     "tls.image.pullPolicy": "Never", **values})
        release.kubectl("rollout", "status", f"deployment/{NAME}", "--timeout=60s", timeout=70)
        wait.until(self._is_alone, "stunnel's pods of before to end", 30)
        spec = release.kube.get("Service", AGENT_NAMESPACE, NAME)["spec"]
        self.address, self.node_port = spec["clusterIP"], spec["ports"][0].get("nodePort")

    def _is_alone(self):
        """A pod that was told to end serves for some seconds more."""
        return not [pod for pod in self.release.kube.list("Pod", AGENT_NAMESPACE)
                    if pod["metadata"]["name"].startswith(NAME) and
                    "deletionTimestamp" in pod["metadata"]]

    def fetch(self, client, *paths, address=None, port=443):
        return curl(client, self.folder, address or self.address,
                    *[f"https://{HOST}:{port}{path}" for path in paths])


@pytest.fixture(scope="module")
def plain(shop, folder, cluster):
    return Front(cluster.release, shop, folder)


@pytest.fixture(scope="module")
def keeping(plain, shop, cluster):
    """It keeps the client's address, so that it must be where the web servers are."""
    return Front(cluster.release, shop, plain.folder, **{
        "tls.keepClientAddress": "true", "tls.replicas": "1", "tls.service.type": "NodePort",
        "tls.nodeSelector.kubernetes\\.io/hostname": "node1"})


def test_curl_gets_each_path_from_its_pod(plain, near, far, cluster):
    for client in (near, far, cluster["outside1"]):
        pods = re.findall(r"^pod=(\S+)$", plain.fetch(client, *PATHS, *PATHS), re.M)
        assert len(pods) == 2 * len(PATHS)
        assert all(pod in names for pod, names in zip(pods, [*PATHS.values()] * 2))


@pytest.mark.skipif(not os.access("/usr/bin/chromium", os.X_OK), reason="no chromium here")
def test_chromium_gets_a_page(plain, far):
    shown = chromium(far, plain.folder, plain.address, f"https://{HOST}/blog/2026")
    assert "pod=blog-" in shown and "uri=/blog/2026" in shown


def test_stunnels_log_is_silent_while_all_is_well(plain, near):
    assert "pod=" in plain.fetch(near, "/api/")
    told = plain.release.kubectl("logs", f"deployment/{NAME}")
    assert "error" not in told, told


def test_stunnel_has_no_rights(plain):
    told = plain.release.kubectl("exec", f"deployment/{NAME}", "--", "grep", "-E", "^(Uid|CapEff)",
                                 "/proc/1/status").split()
    assert told[:2] == ["Uid:", "65534"] and told[-1] == "0" * 16


def test_pods_see_the_client_s_address_if_it_is_kept(keeping, near, far):
    for client in (near, far):
        for path in PATHS:
            assert f"remote={client.ipv4}\n" in keeping.fetch(client, path)


def test_the_address_of_a_client_outside_is_kept(keeping, cluster):
    client = cluster["outside1"]
    for name in BACKENDS[1:]:
        seen = keeping.fetch(client, f"/{name}/", address=cluster["node1"].address,
                             port=keeping.node_port)
        assert f"remote={client.ipv4}\n" in seen and f"pod={name}-" in seen
