# SPDX-License-Identifier: Apache-2.0
"""The image, built once for all tests that look into it."""

import os

import pytest

import images


def pytest_collection_modifyitems(items):
    if os.geteuid() != 0:
        for item in items:
            if {"image", "stunnel"} & set(item.fixturenames):
                item.add_marker(pytest.mark.skip("not root"))


@pytest.fixture(scope="session")
def image():
    return images.agent_image()


@pytest.fixture(scope="session")
def files(image):
    """The folder that has the image's files."""
    with images.mounted(image) as folder:
        yield folder
