"""Resident memory of a subscriber, idle and busy, and of the server after all have left; joins a second, and what
one costs the server."""

import statistics

from measured_server import measure

WIRES = ("raw", "websocket")


def run(quick, rounds, say):
    subscribers = 500 if quick else 1000
    cells = []
    for wire in WIRES:
        runs = []
        for _ in range(rounds):
            runs.append(measure(wire, "--subscribers", subscribers, "--idle", 2, "--seconds", 3, "--away", 12))
            say(f"  {wire}: {runs[-1]['joins_per_second']:.0f} joins a second")

        def of_one(figure):
            return statistics.median((run[figure] - run["resident_before"]) / subscribers / 1024 for run in runs)

        cells.append({"wire": wire, "subscribers": subscribers,
                      "idle_kib": of_one("resident_idle"), "busy_kib": of_one("resident_busy"),
                      "after_to_before": statistics.median(run["resident_after"] / run["resident_before"] for run in runs),
                      "joins_per_second": statistics.median(run["joins_per_second"] for run in runs),
                      "join_microseconds": statistics.median(run["join_microseconds"] for run in runs)})
    return {"ratios": {f"after_to_before_{c['wire']}": c["after_to_before"] for c in cells}, "cells": cells}


def table(result):
    yield "| wire | subscribers of one room | KiB each, idle | KiB each, busy | server after all left / before | joins a second | server's CPU for one, us |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: |"
    for c in result["cells"]:
        yield (f"| {c['wire']} | {c['subscribers']} | {c['idle_kib']:.1f} | {c['busy_kib']:.1f} | "
               f"{c['after_to_before']:.2f} | {c['joins_per_second']:.0f} | {c['join_microseconds']:.0f} |")


def faults(result):
    """Nothing here can be counted wrong."""
    return []
