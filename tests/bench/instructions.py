"""Instructions that the server spends in user space for each delivered frame, counted by callgrind.

A count hardly depends on what else the machine does (how much comes in one read does, and how often a receiver is asked by a
ping), so it can be held to a stored figure. Two runs that differ in how long the stream lasts are taken from one another:
starting, joining and leaving cost the same in both. The figure of a wire, the one measured and the one stored in
instructions.json, is the median of three such pairs: one alone may be a twelfth off."""

import json
import os
import re
import statistics
import tempfile
import time

from measured_server import BIN, SLUICE, load, running

WIRES = ("raw", "websocket")
# Few enough for a server that runs fifty times slower than usual.
SUBSCRIBERS = 60
# The questions that a joiner is asked in its first second are over in the warm-up; keyframes come every two seconds.
SHORT_SECONDS, LONG_SECONDS = 2, 8
PAIRS = 3
# As far as one pair lay from the median of its three at most; a needless look or message a frame is more.
MARGIN = 0.10
STORED = os.path.join(os.path.dirname(__file__), "instructions.json")


def counted(wire, seconds):
    """One run: (instructions of the whole server process, frames that arrived, frames lost)."""
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "callgrind")
        command = ["valgrind", "--quiet", "--log-file=/dev/null", "--tool=callgrind", f"--callgrind-out-file={out}", *SLUICE]
        with running(command, r"is ready: https?://[^ ]*:(\d+)") as (process, port):
            figures = load(process, port, wire, "--subscribers", SUBSCRIBERS, "--warm-up", 3, "--seconds", seconds,
                           "--poll", 4, "--idle", 1)
            # Whom the end of the server finds here yet is told goodbye, which a run may or may not have to pay for.
            time.sleep(1)
        with open(out, encoding="utf-8") as file:
            total = re.search(r"^(?:summary|totals): (\d+)", file.read(), re.MULTILINE)
    return int(total[1]), figures["delivered"], figures["lost"]


def per_frame(wire):
    pairs = [(counted(wire, SHORT_SECONDS), counted(wire, LONG_SECONDS)) for _ in range(PAIRS)]
    each = sorted((long[0] - short[0]) / (long[1] - short[1]) for short, long in pairs)
    return {"contender": wire, "instructions_per_frame": statistics.median(each), "least": each[0], "most": each[-1],
            "lost": sum(short[2] + long[2] for short, long in pairs)}


def run(quick, rounds, say):
    del quick, rounds  # always as the stored figure was taken
    with open(STORED, encoding="utf-8") as file:
        stored = json.load(file)
    cells = []
    for wire in WIRES:
        cells.append(per_frame(wire) | {"stored": stored[wire]})
        say(f"  {wire}: {cells[-1]['instructions_per_frame']:.0f} instructions a frame "
            f"({cells[-1]['least']:.0f} to {cells[-1]['most']:.0f})")
    return {"ratios": {f"instructions_{c['contender']}": c["instructions_per_frame"] / c["stored"] for c in cells},
            "cells": cells}


def table(result):
    yield "| wire | instructions per delivered frame | least to most | stored | beside it | lost |"
    yield "| --- | ---: | ---: | ---: | ---: | ---: |"
    for c in result["cells"]:
        yield (f"| {c['contender']} | {c['instructions_per_frame']:.0f} | {c['least']:.0f} to {c['most']:.0f} | {c['stored']} | "
               f"{c['instructions_per_frame'] / c['stored']:.2f} | {c['lost']} |")


def faults(result):
    """More than was stored. Less is no fault, but store it, or what was gained can be lost again unseen."""
    for c in result["cells"]:
        if c["lost"]:
            yield f"{c['contender']}: {c['lost']} frames lost"
        if c["instructions_per_frame"] > (1 + MARGIN) * c["stored"]:
            yield (f"{c['contender']}: {c['instructions_per_frame']:.0f} instructions a frame, more than {MARGIN:.0%} above the "
                   f"{c['stored']} in tests/bench/instructions.json; if that is meant, store the new figure")
