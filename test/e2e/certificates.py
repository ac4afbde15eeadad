# SPDX-License-Identifier: Apache-2.0
"""Certificates for a control plane of an hour: one authority, short-lived, made by openssl."""

import os
import subprocess

DAYS = "2"


class Authority:
    """All files are in one directory: ca.crt, ca.key, NAME.crt, NAME.key."""

    def __init__(self, directory):
        self.directory = directory
        self._openssl("req", "-x509", *_new_key(), "-subj", "/CN=pathroute-test-ca", "-days", DAYS,
                      "-keyout", "ca.key", "-out", "ca.crt")

    def path(self, name):
        return os.path.join(self.directory, name)

    def _openssl(self, *arguments):
        done = subprocess.run(["openssl", *arguments], cwd=self.directory, text=True,
                              capture_output=True, check=False)
        assert done.returncode == 0, f"openssl {' '.join(arguments)}: {done.stderr}"

    def sign(self, name, subject, *extensions):
        """Writes NAME.crt and NAME.key; extensions as in subjectAltName=IP:127.0.0.1."""
        self._openssl("req", "-new", *_new_key(), "-subj", subject, "-keyout", f"{name}.key",
                      "-out", f"{name}.csr")
        with open(self.path(f"{name}.ext"), "w", encoding="ascii") as file:
            file.write("\n".join(extensions) + "\n")
        self._openssl("x509", "-req", "-in", f"{name}.csr", "-CA", "ca.crt", "-CAkey", "ca.key",
                      "-CAcreateserial", "-days", DAYS, "-extfile", f"{name}.ext",
                      "-out", f"{name}.crt")

    def make_key(self, name):
        """NAME.key alone, to sign tokens with, and its public half NAME.pub."""
        self._openssl("genrsa", "-out", f"{name}.key", "2048")
        self._openssl("rsa", "-in", f"{name}.key", "-pubout", "-out", f"{name}.pub")


def _new_key():
    return "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"
