#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs ../shared/accept/NAME, or one section of it, and judges it: accept.py NAME[/SECTION]. Checks that are wrong themselves stand in known_wrong.txt
with the reason, and may stay red; any other failure, or a run that ends without its count, fails."""
import os
import subprocess
import sys

name, _, section = sys.argv[1].partition("/")
here = os.path.dirname(os.path.abspath(__file__))
known = []
with open(os.path.join(here, "known_wrong.txt"), encoding="utf-8") as f:
    for line in f:
        if line.strip() and not line.startswith("#"):
            known.append(line.split("\t")[0])
run = subprocess.run([sys.executable, f"../shared/accept/{name}", "--spoor", "build/spoor"] + (["--only", section] if section else []), stdout=subprocess.PIPE,
                     stderr=subprocess.STDOUT, text=True)
print(run.stdout, end="")
failed = [line[5:] for line in run.stdout.splitlines() if line.startswith("FAIL ")]
new = [line for line in failed if not any(line.startswith(k) for k in known)]
last = (run.stdout.strip().splitlines() or [""])[-1]
for line in new:
    print(f"not known: {line}")
print(f"count: {last}; {len(failed) - len(new)} of the failed checks are wrong themselves (known_wrong.txt)")
sys.exit(1 if new or " passed, " not in last else 0)
