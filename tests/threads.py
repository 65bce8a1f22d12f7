#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same hunt with 1, 2, 4 and 7 threads, twice each: equal output, and nothing that ThreadSanitizer reports.

    tests/threads.py --spoor build-tsan/spoor [--sample build/tests/unit/read/evtx_sample]
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile

RULE = ("title: any\nid: 5a0c0000-0000-4000-8000-000000000001\nstatus: test\nlevel: low\nlogsource: {product: windows}\ndetection:\n"
        "  a:\n    CommandLine|re: '(?i)whoami|user +[0-9]{1,3}7'\n  b:\n    EventID: 4688\n  condition: 1 of them\n")


def fixture(folder, sample):
    """A few dozen files of both kinds; some hold the same bytes, one is broken."""
    os.makedirs(os.path.join(folder, "logs", "deep"))
    one = os.path.join(folder, "one.evtx")
    subprocess.run([sample, one], check=True)
    for i in range(12):
        event = {"Event": {"System": {"Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}}, "EventID": 1, "Computer": f"pc{i}",
                                      "Channel": "Microsoft-Windows-Sysmon/Operational"}, "EventData": {}}}
        with open(os.path.join(folder, "logs", f"{i}.ndjson"), "w", encoding="utf-8") as f:
            for n in range(400):
                event["Event"]["System"]["TimeCreated"] = {"#attributes": {"SystemTime": f"2026-03-02T10:{n % 60:02}:00.{i:07}Z"}}
                event["Event"]["EventData"] = {"Image": "C:\\net.exe", "CommandLine": f"net user {n}"}
                f.write(json.dumps(event) + "\n")
        with open(one, "rb") as f:
            data = bytearray(f.read())
        if i % 3:
            data += data[4096:] * i
        with open(os.path.join(folder, "logs", "deep", f"{i}.evtx"), "wb") as f:
            f.write(data[:len(data) - (3000 if i == 5 else 0)])
    os.mkdir(os.path.join(folder, "rules"))
    with open(os.path.join(folder, "rules", "any.yml"), "w", encoding="utf-8") as f:
        f.write(RULE)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--spoor", default="build-tsan/spoor")
    p.add_argument("--sample", default="build/tests/unit/read/evtx_sample")
    args = p.parse_args()
    folder = tempfile.mkdtemp(prefix="spoor-threads-")
    # The address space of newer kernels is laid out in a way that TSan's runtime of gcc 12 does not know.
    fixed = ["setarch", "-R"] if shutil.which("setarch") else []
    env = dict(os.environ, TSAN_OPTIONS="halt_on_error=1:exitcode=66:second_deadlock_stack=1", XDG_CACHE_HOME=folder, NO_COLOR="1")
    outputs, runs, bad = {}, 0, 0
    try:
        fixture(folder, os.path.abspath(args.sample))
        for round_ in range(2):
            for jobs in ("1", "2", "4", "7"):
                r = subprocess.run([*fixed, os.path.abspath(args.spoor), "hunt", "--no-case", "logs", "--rules", "rules", "--no-own-rules",
                                    "--format", "json", "-j", jobs], cwd=folder, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   stdin=subprocess.DEVNULL, timeout=300, check=False)
                runs += 1
                outputs.setdefault((r.returncode, r.stdout), f"-j {jobs}, round {round_ + 1}")
                if r.returncode not in (0, 3) or b"ThreadSanitizer" in r.stderr or not r.stdout:
                    bad += 1
                    print(f"-j {jobs}: code {r.returncode}\n{r.stderr.decode('utf-8', 'replace')[:6000]}")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if len(outputs) > 1:
        print("the output depends on the number of threads; the first runs of each kind: " + "; ".join(outputs.values()))
    lines = max((len(out.splitlines()) for _, out in outputs), default=0)
    print(f"count: {runs} hunts, {lines} sightings each, {bad} bad, {len(outputs)} different outputs")
    return 1 if bad or len(outputs) != 1 else 0


if __name__ == "__main__":
    sys.exit(main())
