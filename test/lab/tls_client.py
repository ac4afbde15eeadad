# SPDX-License-Identifier: Apache-2.0
"""A certificate, and clients of HTTPS that trust no other one."""

import os
import subprocess

# In a namespace of its own, without what it would look for in the Internet.
CHROMIUM = ("/usr/bin/chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--disable-dev-shm-usage")


def make_certificate(folder, host):
    """tls.crt and tls.key in the folder, signed by itself; replaced whole."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "30", "-subj", f"/CN={host}", "-addext", f"subjectAltName=DNS:{host}",
         "-keyout", f"{folder}/new.key", "-out", f"{folder}/new.crt"],
        check=True, capture_output=True)
    for name in ("key", "crt"):
        os.rename(f"{folder}/new.{name}", f"{folder}/tls.{name}")


def key_hash(folder):
    """As Chromium wants to hear which certificate it shall trust."""
    script = ("openssl x509 -in tls.crt -pubkey -noout | openssl pkey -pubin -outform der | "
              "openssl dgst -sha256 -binary | base64")
    return subprocess.run(["sh", "-c", script], cwd=folder, text=True, capture_output=True,
                          check=True).stdout.strip()


def curl(client, folder, address, *urls, check=True):
    """What it prints. The host of the first URL has the address."""
    host, port = _host(urls[0])
    return client.namespace.run(
        "curl", "-sS", "--max-time", "10", "--cacert", f"{folder}/tls.crt", "--resolve",
        f"{host}:{port}:{address}", *urls, check=check).stdout


def chromium(client, folder, address, url):
    """The document that it shows in the end."""
    return client.namespace.run(
        *CHROMIUM, f"--user-data-dir={folder}/chromium", "--dump-dom",
        f"--host-resolver-rules=MAP {_host(url)[0]} {address}",
        f"--ignore-certificate-errors-spki-list={key_hash(folder)}", url).stdout


def _host(url):
    host, _, port = url.split("/")[2].partition(":")
    return host, port or "443"
