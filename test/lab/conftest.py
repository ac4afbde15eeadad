# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the lab tests."""

pytest_plugins = ["lab_fixtures"]
