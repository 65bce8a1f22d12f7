#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hits per rule of spoor and of rsigma on the same logs and rules, record by record.

    bench/peers_hits.py --peers FOLDER [--kind evtx|nxlog] [--logs FOLDER] [--rules FOLDER]... [--json FILE]

In: logs (default: the pack evtx-attack of ../shared), live SigmaHQ rules, FOLDER/bin/rsigma and FOLDER/bin/evtx_dump, and
../shared/bench/peers/flatten.py, which turns logs into the flat events that rsigma needs. Out: how many rules have
the same hits, and a line for each that has not: hits of both, records that only one has, the first such record of each.
--json keeps all of them. A hit is (rule, file, record number); flatten.py gives an event with two categories twice,
but no rule sees both.
"""
import argparse
import collections
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

import corpus
from work import LIVE

ROOT = corpus.ROOT
NUMBERS = ("EventRecordID", "RecordNumber")


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--peers", default=os.environ.get("PEERS", ""), required=not os.environ.get("PEERS"))
    p.add_argument("--kind", choices=("evtx", "nxlog"), default="evtx")
    p.add_argument("--logs")
    p.add_argument("--rules", action="append")
    p.add_argument("--spoor", default=os.path.join(ROOT, "build", "spoor"))
    p.add_argument("--flatten", default=os.path.join(ROOT, "..", "shared", "bench", "peers", "flatten.py"))
    p.add_argument("--json")
    args = p.parse_args()
    data = corpus.packs()
    if not data and not (args.logs and args.rules):
        sys.exit("the data of ../shared is not there; give --logs and --rules")
    args.logs = args.logs or os.path.join(data, "evtx-attack")
    args.rules = args.rules or [os.path.join(data, "sigma-rules", d) for d in LIVE]
    return args


# ---------------------------------------------------------------- running both

def run(argv, good, **more):
    r = subprocess.run(argv, stderr=subprocess.PIPE, check=False, **more)
    if r.returncode not in good:
        sys.exit(f"{' '.join(argv[:3])} ...: code {r.returncode}: {r.stderr.decode('utf-8', 'replace')[-500:]}")


def number(event):
    return next((str(event[k]) for k in NUMBERS if k in event), "?")


def spoor_hits(args, folder):
    """rule id -> {(file, record): how often}; titles too."""
    out = os.path.join(folder, "spoor")
    run([args.spoor, "hunt", args.logs, "--no-case", "--no-own-rules", *(x for r in args.rules for x in ("--rules", r)),
         "--format", "json", "--output", out, "-q"], (0, 3))
    hits, titles = collections.defaultdict(collections.Counter), {}
    with open(out, encoding="utf-8") as f:
        for s in map(json.loads, f):
            hits[s["rule"]["id"]][s["event"]["source"], number(s["fields"])] += 1
            titles[s["rule"]["id"]] = s["rule"]["title"]
    return hits, titles


def rsigma_hits(args, folder):
    """The same of rsigma, on events that flatten.py made of the logs."""
    flat, rules, out = (os.path.join(folder, n) for n in ("flat.jsonl", "rules", "rsigma"))
    files = sorted(glob.glob(os.path.join(glob.escape(args.logs), "**", "*.evtx" if args.kind == "evtx" else "*.json*"), recursive=True))
    tool = [os.path.join(args.peers, "bin", "evtx_dump")] if args.kind == "evtx" else []
    with open(flat, "wb") as f:
        run([sys.executable, args.flatten, args.kind, *tool, *files], (0,), stdout=f)
    for r in args.rules:
        shutil.copytree(r, os.path.join(rules, os.path.basename(r)))
    run([os.path.join(args.peers, "bin", "rsigma"), "engine", "eval", "-r", rules, "--logsource-routing", "--include-event", "-e", "@" + flat, "-o", out],
        (0, 1), stdout=subprocess.DEVNULL)
    hits, titles = collections.defaultdict(collections.Counter), {}
    with open(out, encoding="utf-8") as f:
        for s in map(json.loads, f):
            hits[s["rule_id"]][s["event"]["_file"], number(s["event"])] += 1
            titles[s["rule_id"]] = s["rule_title"]
    return hits, titles


# ---------------------------------------------------------------- comparing

def differences(ours, theirs):
    """For each rule whose hits differ: (rule, ours, theirs, only ours, only theirs); most first."""
    rows = []
    for rule in ours.keys() | theirs.keys():
        a, b = ours.get(rule, collections.Counter()), theirs.get(rule, collections.Counter())
        if a != b:
            rows.append((rule, sum(a.values()), sum(b.values()), sorted((a - b).elements()), sorted((b - a).elements())))
    return sorted(rows, key=lambda r: (-len(r[3]) - len(r[4]), r[0]))


def place(args, hit):
    return f"{re.sub(r'[|]', '/', os.path.relpath(hit[0], args.logs))} #{hit[1]}"


def show(args, ours, theirs, titles):
    rows = differences(ours, theirs)
    both = [r for r in ours if ours[r] == theirs.get(r)]
    total = lambda hits: sum(sum(c.values()) for c in hits.values())
    print(f"spoor {total(ours):,} hits of {len(ours)} rules, rsigma {total(theirs):,} of {len(theirs)}; "
          f"equal, record by record: {len(both)} rules with {sum(sum(ours[r].values()) for r in both):,} hits; different: {len(rows)} rules\n")
    print("| rule | spoor | rsigma | only spoor | only rsigma | first record of one alone |\n|---|---:|---:|---:|---:|---|")
    for rule, a, b, mine, other in rows:
        first = place(args, (mine or other)[0])
        print(f"| {rule[:8]} {titles.get(rule, '')} | {a} | {b} | {len(mine)} | {len(other)} | {first} |")
    return rows


def main():
    args = arguments()
    folder = tempfile.mkdtemp(prefix="spoor-peers-")
    try:
        ours, titles = spoor_hits(args, folder)
        theirs, more = rsigma_hits(args, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    rows = show(args, ours, theirs, more | titles)
    if args.json:
        with open(args.json, "w", encoding="utf-8") as f:
            json.dump([dict(zip(("rule", "spoor", "rsigma", "only_spoor", "only_rsigma"), r), title=(more | titles).get(r[0])) for r in rows], f, indent=1)


if __name__ == "__main__":
    main()
