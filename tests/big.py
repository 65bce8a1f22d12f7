#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Much data, little memory: tests/big.py [--spoor build/spoor] [--gb 10] [--folder DIR]

Simulates a world of a month, gives the very same files (hard links: no room on disk) to as many organisations as make --gb, and hunts
them all at once. Every record must be read and every sighting written once an organisation, in order of time, and the memory
must be that of hunting the world once, and SLACK_MB: it depends on the threads, the rules and what is spilled, not on the input.
"""
import argparse
import json
import os
import subprocess
import sys
import tempfile

SLACK_MB = 64


def hunt(spoor, folder, name, paths):
    """(exit code, summary, number of sightings, whether they are in order of time)"""
    out, summary = (os.path.join(folder, f"{name}.{kind}") for kind in ("ndjson", "json"))
    r = subprocess.run([spoor, "hunt", "--no-case", "-q", "--format", "sightings", "--output", out, "--summary", summary, *paths], check=False)
    if not os.path.exists(summary):
        sys.exit(f"{name}: exit code {r.returncode} and no summary")
    count, ordered, last = 0, True, ""
    with open(out, encoding="utf-8") as f:
        for line in f:
            time = json.loads(line)["time"]
            ordered = ordered and last[:19] <= time[:19]  # fractions have as many digits as their source gave
            count, last = count + 1, time
    with open(summary, encoding="utf-8") as f:
        return r.returncode, json.load(f), count, ordered


def links(folder, world, copies):
    """The organisations and their folders, as arguments: each has the files of the whole world."""
    paths = []
    for n in range(copies):
        org = os.path.join(folder, f"org{n}")
        for place, _, names in os.walk(world):
            there = os.path.join(org, os.path.relpath(place, world))
            os.makedirs(there, exist_ok=True)
            for name in names:
                os.link(os.path.join(place, name), os.path.join(there, name))
        paths += ["--org", f"org{n}", org]
    return paths


def run(spoor, folder, gb):
    world = os.path.join(folder, "world")
    subprocess.run([spoor, "simulate", "-q", "--days", "30", "--out", world], check=True)
    for name in ("truth.ndjson", "orgs.yaml"):
        os.unlink(os.path.join(world, name))
    size = sum(os.path.getsize(os.path.join(place, n)) for place, _, names in os.walk(world) for n in names)
    copies = max(2, round(gb * 1e9 / size))
    code, one, sightings, _ = hunt(spoor, folder, "one", links(folder, world, 1))
    many_code, many, found, ordered = hunt(spoor, folder, "many", links(os.path.join(folder, "many"), world, copies))
    records, read = (sum(s["records"] for s in summary["sources"]) for summary in (one, many))
    checks = [
        ("both end with 0", (code, many_code), (0, 0)),
        ("records read", read, copies * records),
        ("sightings written", found, copies * sightings),
        ("sightings there are", sightings > 0, True),
        ("in order of time", ordered, True),
        ("nothing left out", many["skipped"] + many["limits_hit"], []),
        (f"memory within {SLACK_MB} MB of one world's ({one['peak_rss_kb']} kB), it is {many['peak_rss_kb']} kB",
         many["peak_rss_kb"] <= one["peak_rss_kb"] + SLACK_MB * 1024, True),
    ]
    wrong = [f"{what}: {seen!r}, not {wanted!r}" for what, seen, wanted in checks if seen != wanted]
    print("\n".join(wrong))
    print(f"count: {copies} x {size / 1e6:.0f} MB, {read:,} records, {found:,} sightings in {many['wall_ms'] / 1000:.0f} s, "
          f"{many['peak_rss_kb'] / 1024:.0f} MB of memory, {len(wrong)} wrong")
    return 1 if wrong else 0


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--spoor", default="build/spoor")
    p.add_argument("--gb", type=float, default=10)
    p.add_argument("--folder", help="where the world is written for the time of the test; by default $TMPDIR")
    args = p.parse_args()
    with tempfile.TemporaryDirectory(prefix="spoor-big-", dir=args.folder) as folder:
        return run(os.path.abspath(args.spoor), folder, args.gb)


if __name__ == "__main__":
    sys.exit(main())
