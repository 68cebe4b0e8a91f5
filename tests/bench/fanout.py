"""Server CPU for each delivered frame of one stream, beside a bare program that only sends (bare_limit.cpp)."""

import statistics

from measured_server import measure

CONTENDERS = {  # name: (wire, TLS, the limit beside it)
    "limit": ("limit", False, None),
    "raw": ("raw", False, "limit"),
    "websocket": ("websocket", False, "limit"),
    "tls_limit": ("limit", True, None),
    "tls": ("websocket", True, "tls_limit"),
}


def median(runs, figure):
    return statistics.median(run[figure] for run in runs)


def cell_of(name, subscribers, runs):
    figures = ("microseconds_per_frame", "user_share")
    cell = {"contender": name, "subscribers": subscribers, "runs": len(runs),
            "delivered": sum(run["delivered"] for run in runs), "lost": sum(run["lost"] for run in runs)}
    cell |= {figure: median(runs, figure) for figure in figures}
    # CPU-seconds per million frames are microseconds per frame.
    cell["least_microseconds_per_frame"] = min(run["microseconds_per_frame"] for run in runs)
    if all("calls_per_frame" in run for run in runs):
        cell["calls_per_frame"] = median(runs, "calls_per_frame")
    return cell


def ratio(runs, limit_runs):
    """The median over the rounds: in each both ran right after one another, on the same machine as busy as it was."""
    return statistics.median(ours["microseconds_per_frame"] / bare["microseconds_per_frame"]
                             for ours, bare in zip(runs, limit_runs))


def run(quick, rounds, say):
    names = ["limit", "raw", "websocket"] + ([] if quick else ["tls_limit", "tls"])
    cells, ratios = [], {}
    for subscribers in (100, 1000) if quick else (10, 100, 500, 1000, 2000):
        runs = {name: [] for name in names}
        for turn in range(rounds):
            # The order turns around, so that who comes first gains nothing by it.
            for name in names if turn % 2 == 0 else reversed(names):
                wire, tls, _ = CONTENDERS[name]
                seconds = 3 if quick else 5
                # Two keyframes to warm up: a link's first is sent carefully. Readers that look now and then: waking
                # a process of the same machine costs the sender more than all else, and remote readers do not.
                runs[name].append(measure(wire, "--subscribers", subscribers, "--seconds", seconds, "--warm-up", 3,
                                          "--poll", 4, tls=tls))
                say(f"  {subscribers} subscribers, {name}: "
                    f"{runs[name][-1]['microseconds_per_frame']:.2f} us a frame")
        for name in names:
            cell = cell_of(name, subscribers, runs[name])
            limit = CONTENDERS[name][2]
            if limit:
                cell["ratio"] = ratios[f"{name}_{subscribers}"] = ratio(runs[name], runs[limit])
            cells.append(cell)
    if not quick:
        per_frame = {(c["contender"], c["subscribers"]): c["microseconds_per_frame"] for c in cells}
        for name in ("raw", "websocket", "tls"):
            ratios[f"{name}_2000_to_100"] = per_frame[name, 2000] / per_frame[name, 100]
    return {"ratios": ratios, "cells": cells}


def table(result):
    yield "| server | subscribers | CPU-s per million frames | beside its limit | user share | system calls a frame | frames delivered | lost |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    for c in result["cells"]:
        ratio_text = f"{c['ratio']:.2f}" if "ratio" in c else ""
        calls = f"{c['calls_per_frame']:.2f}" if "calls_per_frame" in c else "?"
        yield (f"| {c['contender']} | {c['subscribers']} | {c['microseconds_per_frame']:.2f} | {ratio_text} | "
               f"{c['user_share']:.0%} | {calls} | "
               f"{c['delivered']} | {c['lost']} |")


def faults(result):
    """What makes the figures worth nothing: every frame must have arrived."""
    return [f"{c['contender']}, {c['subscribers']} subscribers: {c['lost']} frames lost"
            for c in result["cells"] if c["lost"]]
