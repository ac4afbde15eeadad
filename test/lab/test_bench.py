# SPDX-License-Identifier: Apache-2.0
"""The benchmark: its arithmetic, its documents, its proxies' configurations, and one short run."""

import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest

from agent import ROOT

BENCH = os.path.join(ROOT, "bench")
sys.path.append(BENCH)  # where all that follows comes from

import generator
import machine
import pages
import plot
import proxies
import ratios
import rules
import workloads
from stage import Stage

REPORT = ("REPORT requests=1000 bytes=9 duration_us=500000 status=3 connect=1 read=2 write=0 "
          "timeout=0 p50_us=120 p99_us=900 max_us=1000\n")


def rates(*values):
    return [{"rate": value, "failed": 0} for value in values]


def test_a_ratio_is_the_median_of_each_rounds_own_ratio():
    # The second round was slow for both; the quotient of the medians would be 200 / 80 = 2.5.
    assert ratios.ratio(rates(200, 40, 300), rates(100, 20, 80)) == 2


def test_a_round_that_has_no_rate_is_left_out_of_ratio_and_median():
    broken = [{"error": "no reply at all", "failed": 1}, *rates(30)]
    assert ratios.ratio(broken, rates(10, 10)) == 3
    assert ratios.summarize(broken)["rate"] == 30
    assert ratios.summarize(broken)["failed"] == 1


def test_the_best_proxy_is_neither_direct_nor_bare_nor_ours():
    ways = {"direct": rates(9), "bare": rates(9), "ours": rates(9), "nginx": rates(2, 3, 4),
            "haproxy": rates(1, 2, 9), "caddy": [{"error": "gone", "failed": 1}]}
    assert ratios.best_proxy(ways) == "nginx"
    assert ratios.best_proxy({"ours": rates(9)}) is None


def test_every_goal_is_judged_by_a_ratio_that_is_computed():
    found = {name: {way: [{"rate": 100, "p50_us": 20, "cpu_us": 30, "failed": 0}]
                    for way in ("direct", "bare", "ours", "nginx")} for name in workloads.BY_NAME}
    some = {count: {"ours": {"rounds": rates(100)}} for count in (10, 100000)}
    values = ratios.compute(found, some)
    goals = {entry["ratio"]: entry["met"] for entry in ratios.judge(values)}
    assert goals["keepalive_over_bare"] and goals["added_latency_us"]
    assert goals["keepalive_over_best_proxy"] is False
    assert None not in goals.values()


def test_what_was_not_measured_is_neither_met_nor_missed():
    assert {entry["met"] for entry in ratios.judge(ratios.compute({}, {}))} == {None}


def test_processor_time_and_latency_are_added_by_difference():
    found = {workloads.KEEPALIVE: {"ours": [{"cpu_us": 31.5}], "bare": [{"cpu_us": 30}]},
             workloads.ONE: {"ours": [{"p50_us": 25}], "direct": [{"p50_us": 20}]}}
    values = ratios.compute(found, {})
    assert values["added_cpu_us_per_request"] == 1.5
    assert values["added_latency_us"] == 5


def test_failed_requests_are_added_up_over_all_parts():
    failed = [{"failed": 2}]
    assert ratios.failures({"close-32": {"ours": failed, "nginx": [{"failed": 0}]}},
                           {10: {"ours": {"rounds": failed}}},
                           {"ours": {"off": failed, "on": failed}}) == {"ours": 8, "nginx": 0}


def test_a_run_counts_what_failed_and_rates_only_what_did_not():
    made = generator.sample(generator.parse_report(REPORT), 1.0, 0.5, 0.4, 0.2)
    assert made["failed"] == 6
    assert made["rate"] == 997 / 0.5
    assert made["cpu_us"] == pytest.approx((1.0 - 0.2 * 0.5) / 1000 * 1e6)
    assert made["client_cores"] == pytest.approx(0.8)


def test_on_a_machine_with_other_work_there_is_no_processor_time():
    made = generator.sample(generator.parse_report(REPORT), 1.0, 0.5, 0.4, None)
    assert made["cpu_us"] is None


def test_an_unannounced_close_after_each_reply_is_no_failure_but_one_more_is():
    report = generator.parse_report(REPORT.replace("read=2", "read=1001"))
    assert generator.forgive_closes(report)["read"] == 1


def test_output_without_a_report_has_no_figures():
    assert generator.parse_report("unable to connect") is None


def test_unused_time_is_idle_iowait_and_steal():
    stat = "cpu  1000 1000 1000 500 70 1000 1000 8 1000 1000\ncpu0 1 1 1 1 1 1 1 1 1 1\n"
    assert machine.unused_seconds(stat) == (500 + 70 + 8) / machine.TICKS


@pytest.mark.parametrize("proxy", proxies.PROXIES, ids=lambda proxy: proxy.name)
def test_a_proxys_configuration_names_port_and_pods(proxy, tmp_path):
    values = {"DIRECTORY": tmp_path, "PORT": 8123, "WORKERS": 2, "THREADS": 512, "MODULES": "/m",
              "RULES": "", **proxies.pod_values({"frontend": "10.1.0.1", "api": "10.1.0.2",
                                                 "blog": "10.1.0.3"})}
    proxies.write_configs(proxy, tmp_path, values)
    text = "".join((tmp_path / name).read_text() for name in (proxy.config, *proxy.more))
    assert not re.search(r"@[A-Z_]+@", text)
    assert "8123" in text + " ".join(proxy.arguments).replace("@PORT@", "8123")
    assert all(address in text for address in ("10.1.0.1", "10.1.0.2", "10.1.0.3"))


def test_a_placeholder_without_a_value_is_an_error():
    with pytest.raises(KeyError):
        proxies.render("listen @POTR@;", {"PORT": 1})


def test_paths_of_many_rules_are_spread_over_all_of_them():
    paths = rules.some_paths(100000)
    assert len(set(paths)) == rules.PATHS
    assert paths[0] == rules.path(0) and paths[-1] >= rules.path(99000)
    assert rules.some_paths(10) == [rules.path(number) for number in range(10)]


def test_no_pathroute_of_many_rules_has_more_than_it_may():
    sizes = [len(route["spec"]["rules"]) for route in rules.routes(1000)]
    assert sum(sizes) == 1000 and max(sizes) == rules.RULES_OF_ROUTE


@pytest.mark.parametrize("value, top", [(0, 1), (0.07, 0.1), (1, 1), (1.01, 2), (4.9, 5), (51, 100),
                                        (20000, 20000)])
def test_a_scale_ends_at_the_next_round_number(value, top):
    assert plot.ceiling(value) == pytest.approx(top)


def test_bars_are_as_long_as_their_values_and_end_at_the_top():
    assert plot.position(50, 100) == pytest.approx(plot.position(100, 100) / 2, abs=0.1)
    assert plot.position(300, 100) == plot.position(100, 100)


def test_a_figure_is_well_formed_and_has_a_bar_for_each_way():
    bars = [plot.Bar("a & b", 10, 9, 11), plot.Bar("c", 5, 5, 5, plot.OURS)]
    root = ElementTree.fromstring(plot.figure([("<title>", "note", bars), ("two", "", bars[:1])]))
    space = "{http://www.w3.org/2000/svg}"
    drawn = [entry for entry in root.iter(f"{space}rect") if entry.get("y")]
    texts = [entry.text for entry in root.iter(f"{space}text")]
    assert len(drawn) == 3
    assert float(drawn[0].get("width")) == pytest.approx(2 * float(drawn[1].get("width")), abs=0.2)
    assert "a & b" in texts and "<title>" in texts


def test_the_readmes_part_is_replaced_and_nothing_else():
    text = "before\n<!-- bench -->\nold\n<!-- /bench -->\nafter\n"
    changed = pages.put_between(text, "new \\1")
    assert changed == "before\n<!-- bench -->\n\nnew \\1\n\n<!-- /bench -->\nafter\n"
    assert pages.put_between(changed, "new \\1") == changed
    with pytest.raises(ValueError, match="once"):
        pages.put_between("no marks", "new")


def test_the_readme_has_the_marks():
    with open(os.path.join(ROOT, "README.md"), encoding="utf-8") as file:
        pages.put_between(file.read(), "new")


def test_three_rules_in_turn_get_a_third_of_the_requests_each():
    with Stage(["ours"]) as site:
        made = generator.run(site.ways["ours"], workloads.BY_NAME[workloads.ALTERNATING], 1)
        asked = [site.lab.agent.metric("pathroute_rule_requests_total", rule=name)
                 for name in ("frontend", "api", "blog")]
    assert made["failed"] == 0
    assert sum(asked) >= made["requests"] and min(asked) > 0.33 * sum(asked)


@pytest.fixture(scope="module")
def short_run(tmp_path_factory):
    """(exit status, standard output, what bench.json has) of a run of a second for each way."""
    target = tmp_path_factory.mktemp("bench") / "bench.json"
    done = subprocess.run(
        [sys.executable, os.path.join(BENCH, "run"), "--quick", "--ways", "direct,bare,ours",
         "--workloads", workloads.KEEPALIVE, "--parts", "workloads", "--rounds", "1",
         "--seconds", "1", "--output", target], text=True, capture_output=True, timeout=120,
        check=False)
    assert target.exists(), done.stdout + done.stderr
    return done.returncode, done.stdout, json.loads(target.read_text())


def test_a_short_run_measures_every_way_and_compares_them(short_run):
    status, output, made = short_run
    assert status == 0, output
    ways = made["workloads"][workloads.KEEPALIVE]["ways"]
    assert list(ways) == ["direct", "bare", "ours"]
    for entry in ways.values():
        assert entry["median"]["rate"] > 0 and entry["median"]["p50_us"] > 0
    assert made["ratios"]["keepalive_over_bare"] > 0
    assert made["failed"] == {"direct": 0, "bare": 0, "ours": 0}
    assert set(made["machine"]) == {"processor", "processors", "memory_gib", "kernel", "date"}
    assert "PathRoute" in output and "keep-alive requests/s, over a bare redirect" in output


def test_a_short_run_can_be_shown(short_run):
    made = short_run[2]
    figures = pages.figures(made)
    assert "throughput.svg" in figures
    assert "PathRoute" in pages.whole(made, list(figures))
    assert "docs/bench/throughput.svg" in pages.short(made, list(figures))


def test_a_way_that_there_is_not_is_named():
    done = subprocess.run([sys.executable, os.path.join(BENCH, "run"), "--ways", "ours,theirs"],
                          text=True, capture_output=True, timeout=20, check=False)
    assert done.returncode == 1 and "no way theirs; there are direct, bare" in done.stderr
