#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the fuzz targets of build-fuzz (clang, libFuzzer, AddressSanitizer, UBSan): `make fuzz T=evtx SECONDS=60`.

    tests/fuzz/fuzz.py [--dir build-fuzz] [--target NAME] [--seconds 60] [--jobs 1] [--seed 1]

Seeds come from tests/fuzz/seeds.py into DIR/seeds/TARGET, what is found out into DIR/corpus/TARGET, and an
input that breaks something into DIR/crash/TARGET-*. One line a target; exit 1 when anything broke.
Such an input is replayed with: DIR/tests/fuzz/TARGET_fuzz FILE
"""
import argparse
import glob
import os
import re
import subprocess
import sys
import threading

LOCK = threading.Lock()
# An input of `engines` touches thousands of features: weighing inputs by them takes four fifths of the time.
MORE = {"engines": ["-entropic=0", "-max_len=8192"]}


def targets(folder, only):
    found = sorted(glob.glob(os.path.join(folder, "tests", "fuzz", "*_fuzz")))
    names = [os.path.basename(p)[:-len("_fuzz")] for p in found if os.path.isfile(p)]
    return [n for n in names if n == only] if only else names


def command(args, name):
    here = os.path.join(args.dir, "tests", "fuzz", f"{name}_fuzz")
    corpus, seeds, crash = (os.path.join(args.dir, d, name) for d in ("corpus", "seeds", "crash"))
    os.makedirs(corpus, exist_ok=True)
    os.makedirs(seeds, exist_ok=True)
    os.makedirs(os.path.dirname(crash), exist_ok=True)
    words = os.path.join(os.path.dirname(os.path.abspath(__file__)), f"{name}.dict")
    # Records and rules are larger than libFuzzer's own guess; 2 GiB and 10 s are bounds no input may pass.
    return [here, corpus, seeds, f"-max_total_time={args.seconds}", f"-seed={args.seed}", "-max_len=140000", "-timeout=10",
            "-rss_limit_mb=2048", "-print_final_stats=1", "-reload=0", f"-artifact_prefix={crash}-"] + MORE.get(name, []) + (
                [f"-dict={words}"] if os.path.exists(words) else [])


def fuzz(args, name, broken):
    log = os.path.join(args.dir, f"{name}.log")
    env = dict(os.environ)
    env.setdefault("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1")
    env.setdefault("ASAN_OPTIONS", "allocator_may_return_null=1:detect_leaks=1")
    with open(log, "wb") as f:
        code = subprocess.run(command(args, name), stdin=subprocess.DEVNULL, stdout=f, stderr=f, env=env, check=False).returncode
    with open(log, encoding="utf-8", errors="replace") as f:
        text = f.read()
    runs = re.findall(r"stat::number_of_executed_units:\s*(\d+)", text)
    cover = re.findall(r"cov: (\d+)", text)
    files = len(os.listdir(os.path.join(args.dir, "corpus", name)))
    with LOCK:
        print(f"{'ok  ' if code == 0 else 'FAIL'} {name}: {int(runs[-1]) if runs else 0:,} inputs, {cover[-1] if cover else '?'} edges, "
              f"{files} kept", flush=True)
        if code != 0:
            broken.append(name)
            print("".join(f"     | {line}\n" for line in text.splitlines()[-40:]), flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--dir", default="build-fuzz")
    p.add_argument("--target", default="")
    p.add_argument("--seconds", type=int, default=60)
    p.add_argument("--jobs", type=int, default=1, help="targets at once")
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    names = targets(args.dir, args.target)
    if not names:
        sys.exit(f"no target {args.target or 'at all'} in {args.dir}; there are: {' '.join(targets(args.dir, '')) or 'none'}")
    broken, queue = [], list(names)

    def work():
        while True:
            with LOCK:
                if not queue:
                    return
                name = queue.pop(0)
            fuzz(args, name, broken)

    threads = [threading.Thread(target=work) for _ in range(args.jobs)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(f"count: {len(names)} targets, {args.seconds} s each, seed {args.seed}, {len(broken)} broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
