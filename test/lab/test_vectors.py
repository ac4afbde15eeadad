# SPDX-License-Identifier: Apache-2.0
"""The heads that the parser's unit test reads, over real connections: the same answer as there."""

import collections
import concurrent.futures
import hashlib
import json
import os
import re
import select
import subprocess

import pytest

import manifests
import servers
import wait
from agent import BUILD
from lab_fixtures import opened
from raw_http import Connection, request
from stream import Stream

AT_ONCE = 16
BEFORE = request("/api/before")


class Reader:
    """Pods that tell which head they have read, and remember what came on each connection."""

    def __init__(self):
        self.received = []

    def serve(self, name):
        def serve(connection):
            raw = bytearray()
            self.received.append(raw)
            stream = Stream(connection, raw.extend)
            while head := stream.read_head():
                last = head != BEFORE
                servers.answer(connection, name, b"",
                               [f"X-Head: {hashlib.sha256(head).hexdigest()}"] +
                               ["Connection: close"] * last)
                if last:
                    return
        return serve

    def heads(self):
        """How often each sequence of bytes came, but for the requests that went before."""
        found = (bytes(raw).replace(BEFORE, b"", 1) for raw in self.received)
        return collections.Counter(filter(None, found))


@pytest.fixture(scope="module")
def vectors():
    done = subprocess.run([os.path.join(BUILD, "lab", "vectors")], capture_output=True, check=True)
    made = json.loads(done.stdout)
    for vector in made:
        vector["bytes"] = bytes.fromhex(vector["bytes"])
    return made


@pytest.fixture(scope="module")
def pods():
    with opened() as make:
        lab = make(pods=("frontend", "api"))
        lab.reader = Reader()
        started = [servers.Server(pod, lab.reader.serve(pod.name)) for pod in lab.pods]
        services = [entry for pod in lab.pods
                    for entry in manifests.backend_service(pod.name, [pod])]
        rules = [manifests.rule("frontend", "/", "frontend"), manifests.rule("api", "/api/", "api")]
        lab.manifests.write("any.yaml", manifests.web(), *services,
                            manifests.path_route("any", rules))
        lab.agent.start()
        yield lab
        for server in started:
            server.close()


def for_the_pod(vector):
    """What the pod must read: no empty lines in front, no offer that is hidden from it."""
    head = re.sub(rb"^(\r\n)+", b"", vector["bytes"])
    return re.sub(rb"(?i)\r\nUpgrade:", b"\r\nX-Upgrd:", head) if vector["defused"] else head


def expect_silence(connection, vector):
    """Nothing is said while the head may go on; then FIN ends it."""
    wait.until(lambda: connection.unacknowledged() == 0, "the acknowledgement")
    assert not select.select([connection.socket], [], [], 0)[0]
    connection.finish()
    if vector["bytes"]:
        assert connection.reply().status == 400


def check(lab, web, vector, later):
    """What is wrong with the answer; empty: nothing."""
    try:
        with Connection(lab["client"], web) as connection:
            if later:
                connection.send(BEFORE)
                assert connection.reply().pod == "api"
            connection.send(vector["bytes"])
            expect(connection, vector)
    except (AssertionError, OSError) as error:
        return f"{vector['name']}: {error!r}"
    return ""


def expect(connection, vector):
    if vector["outcome"] == "reset":
        with pytest.raises(ConnectionResetError):
            connection.read_to_end()
        return
    if vector["outcome"] == "waits":
        expect_silence(connection, vector)
    elif vector["outcome"] == "reply":
        reply = connection.reply(head_only=vector["bytes"].startswith(b"HEAD "))
        assert (reply.status, reply.pod) == (vector["status"], "")
    else:
        reply = connection.reply(head_only=True)
        digest = hashlib.sha256(for_the_pod(vector)).hexdigest()
        assert (reply.status, reply.pod) == (200, vector["pod"])
        assert reply.fields["x-head"] == digest, "the pod has read other bytes"
    assert connection.read_to_end() == b""


@pytest.mark.parametrize("later", [False, True], ids=["first", "later"])
def test_each_head_gets_what_the_parser_says_of_it(pods, web, vectors, later):
    pods.reader.received.clear()
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        wrong = list(filter(None, pool.map(lambda vector: check(pods, web, vector, later),
                                           vectors)))
    assert not wrong, "\n".join([f"{len(wrong)} of {len(vectors)}", *wrong])
    assert pods.reader.heads() == collections.Counter(
        for_the_pod(vector) for vector in vectors if vector["outcome"] == "passes")
