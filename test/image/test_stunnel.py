# SPDX-License-Identifier: Apache-2.0
"""What is in stunnel's image."""

import subprocess

import pytest

import images

MEGABYTE = 1000 * 1000
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # as of a container


@pytest.fixture(scope="module")
def stunnel():
    return images.stunnel_image()


@pytest.fixture(scope="module")
def stunnel_files(stunnel):
    with images.mounted(stunnel) as folder:
        yield folder


def inside(files, *command):
    """In the image, as its own user."""
    return subprocess.run(["chroot", "--userspec=65534:65534", files, *command], text=True,
                          capture_output=True, check=False, env={"PATH": PATH})


def test_stunnel_has_all_its_libraries(stunnel_files):
    assert "stunnel 5." in inside(stunnel_files, "stunnel4", "-version").stderr


def test_the_image_is_small(stunnel):
    added = images.added(stunnel)
    print(f"stunnel's image: {added / MEGABYTE:.1f} MB above the base")
    assert 0 < added < 30 * MEGABYTE


def test_a_configuration_that_is_missing_ends_it_with_a_reason(stunnel_files):
    done = inside(stunnel_files, "serve", "/etc/pathroute-tls/stunnel.conf")
    assert done.returncode != 0 and "stunnel.conf" in done.stderr


def test_a_client_s_address_can_be_kept(stunnel_files):
    done = subprocess.run(
        ["unshare", "--net", "sh", "-euc",
         'ip link add eth0 type veth peer name eth1; chroot "$1" sh -euc '
         '"keep-client-address 80; keep-client-address 80; ip rule"', "sh", stunnel_files],
        text=True, capture_output=True, check=False, env={"PATH": PATH})
    assert done.stdout.count("sport 80 lookup 1080") == 1, done
