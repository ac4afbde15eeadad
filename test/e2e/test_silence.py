# SPDX-License-Identifier: Apache-2.0
"""A way to the API server that swallows everything: no FIN, no RST, only silence tells."""

import pytest

import silence
import wait

NOTICED = 240  # seconds


def test_silence_is_noticed(silenced):
    wait.until(lambda: silenced.agent.get("/readyz")[0] == 503, "readiness to go", NOTICED)
    assert silenced.agent.get("/livez")[0] == 200
    assert silenced.answers("/first/", {"api"}, silence.ADDRESS)
    silenced.space.apply(silence.quiet_route("second"))
    silenced.way.renew()


@pytest.mark.last
def test_silent_connections_are_left_for_new_ones(silenced):
    """The old ones stay silent for good."""
    wait.until(lambda: silenced.answers("/second/", {"api"}, silence.ADDRESS), "the new route",
               timeout=100)
    silenced.agent.wait_ready()
