"""Prints what structures_bench measured as a table of ratios: structures_table.py REPORT.json"""

import collections
import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    runs = json.load(file)["benchmarks"]
medians = collections.defaultdict(dict)
for run in runs:
    if run.get("aggregate_name") != "median":
        continue
    structure, work, contender, *size = run["run_name"].removesuffix("/process_time").split("/")
    medians[structure, work, "".join(size)][contender] = run["cpu_time"]

print("| structure | work | size | ours, ns | beside it | its ns | its time / ours |")
print("| --- | --- | ---: | ---: | --- | ---: | ---: |")
for (structure, work, size), times in sorted(medians.items()):
    ours = times.pop("sluice")
    for contender, time in times.items():
        print(f"| {structure} | {work} | {size} | {ours:.1f} | {contender} | {time:.1f} | {time / ours:.1f} |")
