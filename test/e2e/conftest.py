# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the tests with a control plane: those of the lab, and the cluster's."""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))

pytest_plugins = ["lab_fixtures", "cluster_fixtures", "silence"]
