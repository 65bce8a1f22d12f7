#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Speed as ratios, from one interleaved run: `make bench`.

    bench/bench.py [--mb 512] [--rounds 5] [--engine fast|plain] [--peers FOLDER] [--dir FOLDER] [--images FOLDER] [--quick]

  corpus.py   the logs: dense chunks and events of ../shared, repeated to --mb megabytes each
  work.py     what is measured, as jobs; measure.py times them; hostile.py makes values that should hurt
  report.py   the table, with what must be reached; curve.py the pictures

Every round runs each job once, one after the other; the least time of the rounds counts, and a ratio is of two such
times of this run. Whole commands are measured from start to end, rules and output included, on one thread unless said.
Rules that fire on more than one record in a thousand of these repeated attacks are left out of the judged runs; the run
with every rule stands beside them. Without ../shared it measures spoor's own sample and rules, and judges less.

--quick is a look: 64 MB, one round, no memory and no hostile values. --dir keeps the corpora and the plan cache there. Peers
(rsigma, evtx_dump) count where they are on PATH or in FOLDER/bin of --peers (or $PEERS).
"""
import argparse
import datetime
import os
import shutil
import subprocess
import sys
import tempfile

import curve
import measure
import report
import work

ROOT = measure.ROOT
TIMES = 8  # the longer input of the memory row: 0.5 GB against 4 GB


def say(text):
    print(text, file=sys.stderr, flush=True)


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--mb", type=int, default=512)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--spoor", default=os.path.join(ROOT, "build", "spoor"))
    p.add_argument("--engine", default="", help="default: the program's own choice")
    p.add_argument("--peers", default=os.environ.get("PEERS", ""))
    p.add_argument("--dir", default="", help="keep the corpora here (six gigabytes)")
    p.add_argument("--images", default="", help="where the curves are drawn (default: docs/img for a whole run, else beside the table)")
    p.add_argument("--markdown", default=os.path.join(ROOT, "build", "bench.md"))
    p.add_argument("--quick", action="store_true")
    args = p.parse_args()
    if args.quick:
        args.mb, args.rounds = min(args.mb, 64), 1
    whole = args.mb >= 512 and args.rounds >= 5
    args.images = args.images or (os.path.join(ROOT, "docs", "img") if whole else os.path.dirname(os.path.abspath(args.markdown)))
    return args


# ---------------------------------------------------------------- pictures

def draw(args, best, corpora, rules):
    """The curves, from what the rounds measured; the paths written."""
    os.makedirs(args.images, exist_ok=True)
    mixed, how = corpora["mixed"], f"{measure.cpu_model()}; mixed EVTX, {args.mb} MB; least of {args.rounds}"
    points = [(n, best[("rules", n, "cpu")]) for n in work.COUNTS if ("rules", n, "cpu") in best]
    out = {}
    if points:
        points.append((rules, best[("hunt", "mixed", "cpu")]))
        points = [(n, seconds / mixed["records"] * 1e9) for n, seconds in points]
        out["rules-curve.svg"] = curve.picture(points, ("What more rules cost", how + "; one thread, CPU time"), ("Sigma rules", "ns a record"),
                                               lambda x, y: f"{y:,.0f} ns at {x:,}")
    counts = work.thread_counts()
    if len(counts) > 1:
        one = best[("threads", 1, "wall")]
        points = [(n, one / best[("threads", n, "wall")]) for n in counts]
        out["threads-curve.svg"] = curve.picture(points, ("What more threads bring", how + "; dashed: threads times one"), ("threads (-j)", "throughput, one thread = 1"),
                                                 lambda x, y: f"{y:.2f}", [(1, 1), (counts[-1], counts[-1])])
    for name, text in out.items():
        with open(os.path.join(args.images, name), "w", encoding="utf-8") as f:
            f.write(text)
    return [os.path.join(args.images, name) for name in out]


# ---------------------------------------------------------------- all of it

def intro(args, w):
    noise = ", ".join(f"{len(o) // 2} of {report.NAMES[n]}" for n, o in w.noise.items())
    rules = f"{len(w.rule_files):,} live SigmaHQ rule files" if w.data else "spoor's own rules"
    return (f"{datetime.date.today()}, {measure.cpu_model()}, {os.cpu_count()} processors, {args.mb} MB a corpus, least of {args.rounds} "
            f"interleaved rounds; {rules}; engine: {args.engine or 'the default'}. Noisy rules left out of the judged runs: {noise}.\n")


def measured(args, folder):
    say(f"writing the corpora to {folder}")
    subprocess.run([sys.executable, os.path.join(ROOT, "bench", "corpus.py"), folder, str(args.mb)], check=True)
    w = work.Work(folder, args)
    best = work.rounds(w, args.rounds, say)
    memory = hostile = None
    if not args.quick:
        say("memory")
        memory = work.memory(w, TIMES)
        say("hostile values")
        hostile = work.hostile_values(w)
    table = report.rows(best, w.corpora, memory, hostile, TIMES)
    text = intro(args, w) + "\n" + table.markdown()
    if hostile:
        text += f"\nDearest rule on hostile values: {hostile['dear'][1]}, {hostile['dear'][0]:.0f} ns a byte, reading included; worst ratio: {hostile['ratio'][1]}.\n"
    return text, draw(args, best, w.corpora, len(w.rule_files))


def main():
    args = arguments()
    if not os.access(os.path.join(ROOT, "build/bench/decode_bench"), os.X_OK):
        say("build/bench/decode_bench is not there, decoding is not measured: install zlib1g-dev, remove build/ and build again")
    folder = args.dir or tempfile.mkdtemp(prefix="spoor-bench-")
    os.makedirs(folder, exist_ok=True)
    try:
        text, pictures = measured(args, folder)
    finally:
        if not args.dir:
            shutil.rmtree(folder, ignore_errors=True)
    print(text)
    with open(args.markdown, "w", encoding="utf-8") as f:
        f.write(text)
    print("The same as Markdown: " + args.markdown + "".join(f"\nA picture: {p}" for p in pictures))


if __name__ == "__main__":
    main()
