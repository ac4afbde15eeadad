# SPDX-License-Identifier: Apache-2.0
"""Waiting for conditions, never for time."""

import socket
import time


def until(condition, what, timeout=10.0, interval=0.02):
    """Returns the first true value of condition(); AssertionError naming `what` after timeout."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout:g} s in vain for {what} (last: {value!r})")
        time.sleep(interval)


def accepts(namespace, address, port):
    """True if something listens there, as seen from the namespace."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with namespace.socket(family) as probe:
        probe.settimeout(1)
        return probe.connect_ex((address, port)) == 0
