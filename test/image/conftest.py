# SPDX-License-Identifier: Apache-2.0
"""The image, built once for all tests that look into it."""

import pytest

import images


def pytest_collection_modifyitems(items):
    concerned = [item for item in items if {"image", "stunnel"} & set(item.fixturenames)]
    reason = images.missing() if concerned else ""
    if reason:
        print(f"SKIPPED tests of the images: {reason}")
        for item in concerned:
            item.add_marker(pytest.mark.skip(reason))


@pytest.fixture(scope="session")
def image():
    return images.agent_image()


@pytest.fixture(scope="session")
def files(image):
    """The folder that has the image's files."""
    with images.mounted(image) as folder:
        yield folder
