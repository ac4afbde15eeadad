# SPDX-License-Identifier: Apache-2.0
"""Figures that tests have measured; the run ends with all of them."""

import math

figures = []


def note(text):
    figures.append(text)
    print(text)


def percentile(values, share):
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def note_times(what, seconds):
    """"what: p50 3.1 ms, p99 8.0 ms, worst 9.2 ms (of 100)"."""
    shown = ", ".join(f"{name} {percentile(seconds, share) * 1000:.1f} ms"
                      for name, share in (("p50", 0.5), ("p99", 0.99), ("worst", 1)))
    note(f"{what}: {shown} (of {len(seconds)})")


def bound_of(buckets, share):
    """The upper bound of the bucket in which this share of the samples has been reached; buckets:
    {bound in seconds: samples up to it}, as in a Prometheus histogram."""
    total = max(buckets.values())
    return min(bound for bound, count in buckets.items() if count >= share * total)
