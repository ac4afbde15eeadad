# SPDX-License-Identifier: Apache-2.0
"""In the end the tables equal the API server's state, whoever compares them."""

import random
import signal
import subprocess

import manifests
import wait

CHANGES = 200


def change_something(lab, dice):
    """Endpoints, routes and services come, change and go."""
    number = dice.randrange(20)
    what = dice.randrange(4)
    if what == 0:
        lab.add_rule(str(number), f"/{number}/", dice.choice(("api", "blog", "frontend")))
    elif what == 1:
        lab.set_endpoints(dice.choice(("api", "blog")), dice.sample(lab.pods, dice.randrange(4)))
    elif what == 2:
        lab.space.apply(manifests.service(f"more-{number}"))
    else:
        lab.space.kubectl("delete", "proute", f"extra-{number}", "--ignore-not-found")


def test_kubectl_and_the_tables_agree(cluster):
    done = cluster.audit()
    assert done.returncode == 0 and done.stdout.startswith("equal: "), done


def test_after_many_changes_the_tables_equal_the_api_server(cluster):
    dice = random.Random(4)
    for _ in range(CHANGES):
        change_something(cluster, dice)
    cluster.add_rule("last", "/last/", "api")
    cluster.wait_for("/last/", "api", "blog", "frontend")
    done = cluster.audit()
    assert done.returncode == 0, done.stdout
    cluster.agent.process.send(signal.SIGUSR2)
    wait.until(lambda: cluster.agent.metric("pathroute_map_audits_total") > 0, "the agent's audit")
    assert cluster.agent.metric("pathroute_map_drift_total") == 0


def test_a_route_that_the_tables_lack_is_told(cluster):
    path = cluster.agent.map_path("paths")
    for entry in cluster.agent.map_entries("paths"):
        subprocess.run(["bpftool", "map", "delete", "pinned", path, "key", *entry["key"]],
                       check=True)
    done = cluster.audit()
    assert done.returncode == 1 and "/api/" in done.stdout, done.stdout
