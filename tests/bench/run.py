#!/usr/bin/env python3
"""Measures whole servers: scripts/bench says how."""

import argparse
import json
import sys

import conference
import fanout
import instructions
import latency
import memory
from measured_server import come_first, raise_file_limit

BENCHES = {"fanout": fanout, "conference": conference, "memory": memory, "latency": latency,
           "instructions": instructions}


def main():
    parser = argparse.ArgumentParser(prog="scripts/bench")
    parser.add_argument("bench", choices=BENCHES)
    parser.add_argument("--quick", action="store_true", help="fewer sizes and shorter runs")
    parser.add_argument("--rounds", type=int, help="repeats of each run (default 5, quick 3)")
    parser.add_argument("--json", metavar="FILE", help="where to write the figures")
    options = parser.parse_args()
    raise_file_limit()
    come_first()
    bench = BENCHES[options.bench]
    result = bench.run(options.quick, options.rounds or (3 if options.quick else 5),
                       lambda text: print(text, file=sys.stderr, flush=True))
    print("\n".join(bench.table(result)))
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump(result, file, indent=1)
    faults = list(bench.faults(result))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


sys.exit(main())
