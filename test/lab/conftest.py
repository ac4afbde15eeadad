# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the lab tests, and the order of their files."""

pytest_plugins = ["lab_fixtures"]

# They wait longest, and so come first: no worker is left alone with one of them in the end.
LONGEST = ("test_restarts", "test_silence", "test_failover", "test_chain")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.stem not in LONGEST)
