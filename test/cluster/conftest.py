# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests with a whole cluster: those of the lab and of e2e, and its own."""

import os
import sys

TEST = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path += [os.path.join(TEST, name) for name in ("lab", "e2e", "image")]

pytest_plugins = ["lab_fixtures", "node_fixtures"]
