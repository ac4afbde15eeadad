# SPDX-License-Identifier: Apache-2.0
"""A way to the API server that swallows everything: no FIN, no RST, only silence tells."""

import silence
import wait

NOTICED = 240  # seconds


def test_silence_is_noticed_and_its_connections_are_left(silenced):
    """The old connections stay silent for good."""
    silenced.space.apply(silence.quiet_route("second"))
    wait.until(lambda: silenced.agent.get("/readyz")[0] == 503, "readiness to go", NOTICED)
    assert silenced.agent.get("/livez")[0] == 200
    assert silenced.answers("/first/", {"api"}, silence.ADDRESS)
    silenced.way.renew()
    wait.until(lambda: silenced.answers("/second/", {"api"}, silence.ADDRESS), "the new route",
               timeout=100)
    silenced.agent.wait_ready()
