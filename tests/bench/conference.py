"""Meetings in which all publish a camera in two encodings and a microphone, and see and hear everybody."""

import statistics

from measured_server import measure

SIZES = (4, 10, 25)


def run(quick, rounds, say):
    cells, ratios = [], {}
    limits, runs = [], {size: [] for size in SIZES}
    for turn in range(rounds):
        # One send a frame, of the size of a camera's: what a server that gathers nothing would pay at least.
        limits.append(measure("limit", "--subscribers", 100, "--seconds", 3, "--warm-up", 3, "--poll", 4))
        for size in SIZES if turn % 2 == 0 else reversed(SIZES):
            runs[size].append(measure("raw", "--members", size, "--seconds", 3 if quick else 6, "--warm-up", 4,
                                      "--poll", 2))
            say(f"  meeting of {size}: {runs[size][-1]['microseconds_per_frame']:.2f} us a frame")
    for size in SIZES:
        cell = {"members": size, "runs": rounds, "lost": sum(run["lost"] for run in runs[size])}
        for figure in ("microseconds_per_frame", "frames_per_second", "user_share"):
            cell[figure] = statistics.median(run[figure] for run in runs[size])
        if all("calls_per_frame" in run for run in runs[size]):
            cell["calls_per_frame"] = statistics.median(run["calls_per_frame"] for run in runs[size])
            ratios[f"calls_{size}"] = cell["calls_per_frame"]
        ratios[f"cpu_{size}"] = cell["ratio"] = statistics.median(
            ours["microseconds_per_frame"] / bare["microseconds_per_frame"]
            for ours, bare in zip(runs[size], limits))
        cells.append(cell)
    return {"ratios": ratios, "cells": cells}


def table(result):
    yield "| members | frames delivered a second | CPU-s per million frames | beside one bare send a frame | system calls a frame | user share | lost |"
    yield "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for c in result["cells"]:
        calls = f"{c['calls_per_frame']:.2f}" if "calls_per_frame" in c else "?"
        yield (f"| {c['members']} | {c['frames_per_second']:.0f} | {c['microseconds_per_frame']:.2f} | {c['ratio']:.2f} | "
               f"{calls} | {c['user_share']:.0%} | {c['lost']} |")


def faults(result):
    """Frames that were left out, or a link that was taken for a slow one."""
    return [f"meeting of {c['members']}: {c['lost']} frames lost" for c in result["cells"] if c["lost"]]
