# SPDX-License-Identifier: Apache-2.0
"""examples/tls: stunnel in a network namespace of the router ends TLS in front of the shop."""

import contextlib
import dataclasses
import os

import pytest

import wait
from agent import ROOT
from lab_fixtures import opened, start_shop
from namespace import Namespace
from processes import Process
from raw_http import ask
from test_clients import HOST, PATHS, PODS, needs
from tls_client import chromium, curl, key_hash, make_certificate

EXAMPLE = os.path.join(ROOT, "examples/tls")
SERVE = os.path.join(ROOT, "deploy/stunnel/serve")
ADDRESS = "10.99.0.2"

pytestmark = needs("/usr/bin/stunnel4")


@dataclasses.dataclass
class Tls:
    """The shop's lab with stunnel in front; folder has certificate and key."""

    lab: object
    folder: str
    namespace: Namespace
    stunnel: Process = None

    def serve(self, keep=True):
        """stunnel with the example's configuration; keep: with the client's address."""
        with open(f"{EXAMPLE}/stunnel.conf", encoding="ascii") as file:
            text = file.read().replace("/etc/pathroute-tls", self.folder)
        if not keep:
            text = text.replace("transparent = source", "")
        path = os.path.join(self.folder, "stunnel.conf")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        self.stunnel = Process(self.namespace, self.folder, "stunnel", [SERVE, path], env={
            **os.environ, "WATCH_SECONDS": "0.1", "LINGER_SECONDS": "0"})
        wait.until(lambda: wait.accepts(self.namespace, "127.0.0.1", 443), "stunnel")

    def fetch(self, *paths, check=True):
        """What curl prints, which checks the certificate."""
        return curl(self.lab["client"], self.folder, ADDRESS,
                    *[f"https://{HOST}{path}" for path in paths], check=check)

    def stop(self):
        if self.stunnel:
            self.stunnel.stop()
            self.stunnel = None


@contextlib.contextmanager
def example_namespace(lab):
    name = f"{lab.prefix}-tls"
    environment = {**os.environ, "TLS_NAMESPACE": name}
    lab.node.run(f"{EXAMPLE}/namespace", "up", env=environment)
    try:
        yield Namespace(name, create=False)
    finally:
        lab.node.run(f"{EXAMPLE}/namespace", "down", env=environment)


@pytest.fixture(scope="module")
def front():
    with opened() as make:
        lab = start_shop(make())
        folder = os.path.join(lab.directory, "tls")
        os.mkdir(folder)
        make_certificate(folder, HOST)
        with example_namespace(lab) as namespace:
            yield Tls(lab, folder, namespace)


@pytest.fixture
def tls(front):
    front.serve()
    yield front
    front.stop()


def test_each_path_over_one_connection_gets_its_pod(tls):
    seen = tls.fetch(*PATHS, *PATHS)
    assert [line for line in seen.splitlines() if line.startswith("pod=")] == [
        f"pod={pod}" for pod in PODS * 2]


def test_pods_see_the_clients_address(tls):
    assert f"remote={tls.lab['client'].ipv4}\n" in tls.fetch("/api/")


def test_without_transparent_pods_see_stunnels_address(front):
    front.serve(keep=False)
    try:
        assert f"remote={ADDRESS}\n" in front.fetch("/api/")
    finally:
        front.stop()


def test_large_replies_arrive_whole(tls):
    size = 5_000_000
    with open(os.path.join(tls.lab.files, "big.bin"), "wb") as file:
        file.write(b"t" * size)
    assert tls.fetch("/blog/big.bin") == "t" * size


def test_a_new_certificate_is_served_without_a_restart(tls):
    process = tls.stunnel.pid
    before = key_hash(tls.folder)
    make_certificate(tls.folder, HOST)
    assert key_hash(tls.folder) != before
    # curl trusts the new one only.
    wait.until(lambda: "pod=api" in tls.fetch("/api/", check=False), "the new certificate")
    assert tls.stunnel.pid == process and tls.stunnel.is_alive()


def test_clients_without_tls_are_served_beside_it(tls):
    assert ask(tls.lab["client"], "10.96.0.10", "/api/").pod == "api"


@needs("/usr/bin/chromium")
def test_chromium_gets_a_page_over_https(tls):
    shown = chromium(tls.lab["client"], tls.folder, ADDRESS, f"https://{HOST}/api/x")
    assert "pod=api" in shown and "uri=/api/x" in shown
