# SPDX-License-Identifier: Apache-2.0
"""Tokens of service accounts, signed by the tests with the API server's own key.

The API server gives none for less than ten minutes, and takes one for a minute after its end.
"""

import base64
import json
import subprocess
import time

import wait
from cluster_fixtures import AGENT_NAME, AGENT_NAMESPACE
from control_plane import ISSUER
from kube import ApiError, Kube

LEEWAY = 60  # seconds
TRUSTED = 10  # seconds for which the API server remembers a token that was good


def _encoded(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def expiring(plane, kube, seconds):
    """A token of the agent that the API server takes for so many seconds from now."""
    account = kube.request("GET", f"/api/v1/namespaces/{AGENT_NAMESPACE}/serviceaccounts/"
                           f"{AGENT_NAME}")
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": [ISSUER], "iat": now - 3600, "nbf": now - 3600,
              "exp": now - LEEWAY + seconds,
              "sub": f"system:serviceaccount:{AGENT_NAMESPACE}:{AGENT_NAME}",
              "kubernetes.io": {"namespace": AGENT_NAMESPACE, "serviceaccount": {
                  "name": AGENT_NAME, "uid": account["metadata"]["uid"]}}}
    signed = ".".join(_encoded(json.dumps(part).encode())
                      for part in ({"alg": "RS256", "typ": "JWT"}, claims))
    signature = subprocess.run(["openssl", "dgst", "-sha256", "-sign",
                                plane.authority.path("accounts.key")], input=signed.encode(),
                               capture_output=True, check=True).stdout
    return f"{signed}.{_encoded(signature)}"


def wait_until_refused(plane, token):
    """Until a token that has ended is not only that but also forgotten."""
    kube = Kube(plane, token)

    def is_refused():
        try:
            kube.get("PathRoute")
        except ApiError as error:
            return error.status == 401
        return False

    wait.until(is_refused, "401", timeout=TRUSTED + 20, interval=0.2)
