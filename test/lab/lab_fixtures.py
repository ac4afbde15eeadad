# SPDX-License-Identifier: Apache-2.0
"""Fixtures of tests with labs, and what is printed when one fails. A pytest plugin."""

import contextlib
import os
import signal

import pytest

import manifests
from lab import Lab

LOG_LINES = 40
open_labs = []


def pytest_configure():
    # A terminated run cleans up as an interrupted one does.
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@contextlib.contextmanager
def opened(kind=Lab):
    """Yields a function that makes labs, all of which are gone after the block."""
    with contextlib.ExitStack() as stack:
        def make(*arguments, **options):
            lab = stack.enter_context(kind(*arguments, **options))
            open_labs.append(lab)
            stack.callback(open_labs.remove, lab)
            return lab
        yield make


def start_shop(lab):
    """Three NGINX pods and the routes of Lab.write_shop(), the agent ready."""
    lab.serve()
    lab.write_shop()
    lab.agent.start()
    return lab


@pytest.fixture
def make_lab():
    """Lab(...) for one test."""
    with opened() as make:
        yield make


@pytest.fixture
def make_shop(make_lab):
    """The shop for one test, in any topology."""
    return lambda **options: start_shop(make_lab(**options))


@pytest.fixture(scope="module")
def shop():
    """One shop for all tests of a file that leave it as they found it."""
    with opened() as make:
        yield start_shop(make())


@pytest.fixture(params=[4, 6], ids=["ipv4", "ipv6"])
def version(request):
    return request.param


@pytest.fixture
def web(version):
    """The address of Service web."""
    return manifests.WEB_IPV6 if version == 6 else manifests.WEB_IPV4


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for lab in open_labs:
        if os.environ.get("LAB_KEEP"):
            lab.keep()
            report.sections.append(("kept lab", f"{lab.prefix}, files in {lab.directory}"))
        lines = lab.agent.log().splitlines()[-LOG_LINES:]
        report.sections.append((f"agent's log in {lab.prefix}", "\n".join(lines)))
        report.sections.append((f"verdicts in {lab.prefix}", lab.agent.verdicts_text()))
