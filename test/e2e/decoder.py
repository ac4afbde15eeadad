# SPDX-License-Identifier: Apache-2.0
"""The agent's own decoder of objects (decode.c), to compare with the API server's judgement."""

import json
import os
import subprocess

from agent import BUILD

ACCEPTED = "ok"


class Decoder:
    def __init__(self):
        self.process = subprocess.Popen([os.path.join(BUILD, "e2e/decode")], text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)

    def judge(self, document):
        """"ok", or "REASON: field: what is wrong"."""
        self.process.stdin.write(json.dumps(document) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()
