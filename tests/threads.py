#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The same hunt with 1, 2, 3 and 8 threads: equal output, summary and notes, and nothing that ThreadSanitizer reports.

    tests/threads.py --spoor build-tsan/spoor [--sample build/tests/unit/read/evtx_sample]

Two fixtures: a few dozen small files of both kinds, and a few large ones that are read in parts of 1 MiB (read/parts.h),
with everything in them that could betray where they were cut: damaged chunks, slack, byte-identical records, torn lines,
records over many lines, arrays. The large ones are also read through a pipe, which is never cut: that must give the same.
"""
import argparse
import collections
import hashlib
import json
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

RULE = ("title: any\nid: 5a0c0000-0000-4000-8000-000000000001\nstatus: test\nlevel: low\nlogsource: {product: windows}\ndetection:\n"
        "  a:\n    CommandLine|re: '(?i)whoami|user +[0-9]{1,3}7'\n  b:\n    EventID: 4688\n  condition: 1 of them\n")
# Security 4688 has no hashes: the rule is UNKNOWN there, and the summary counts how often.
UNKNOWN = ("title: never known\nid: 5a0c0000-0000-4000-8000-000000000002\nstatus: test\nlevel: low\n"
           "logsource: {product: windows, category: process_creation}\ndetection:\n  a:\n    Hashes|contains: '00'\n  condition: a\n")
TEXT = ("title: plain\nid: 5a0c0000-0000-4000-8000-000000000003\nstatus: test\nlevel: low\nlogsource: {product: linux, service: syslog}\ndetection:\n"
        "  keywords: ['needle 77']\n  condition: keywords\n")
JOBS = ("1", "2", "3", "8")
TEXT_SOURCE = ["--logsource", "product=linux,service=syslog"]
PART = 1 << 20


def write(path, data):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as f:
        f.write(data)


def event(n, number=1):
    channel = "Microsoft-Windows-Sysmon/Operational" if number == 1 else "Security"
    return {"Event": {"System": {"Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon" if number == 1 else "Microsoft-Windows-Security-Auditing"}},
                                 "EventID": number, "Computer": f"pc{n % 50}", "Channel": channel, "TimeCreated": {"#attributes": {
                                     "SystemTime": f"2026-03-02T10:{n % 60:02}:00.{n % 1000:07}Z"}}},
                      "EventData": {"Image": "C:\\net.exe", "CommandLine": f"net user {n % 900}", "Padding": "x" * 400}}}


def line(n):
    return json.dumps(event(n, 4688 if n % 20 == 3 else 1)).encode() + b"\n"


def small(folder, log):
    """A few dozen files of both kinds; some hold the same bytes, one is broken."""
    for i in range(12):
        write(os.path.join(folder, "small", f"{i}.ndjson"), b"".join(json.dumps(event(n)).encode() + b"\n" for n in range(150)))
        data = log + log[4096:] * (i if i % 3 else 0)
        write(os.path.join(folder, "small", "deep", f"{i}.evtx"), data[:len(data) - (3000 if i == 5 else 0)])


def carvable(chunk):
    """In the slack stands the chunk's last record, of which the live one is changed a little: a copy of those before."""
    last, free = struct.unpack_from("<II", chunk, 44)
    chunk[free + 8:2 * free + 8 - last] = chunk[last:free]
    chunk[last + 16] ^= 1


def large_evtx(log):
    """Four parts: the same chunks again and again, some damaged."""
    chunks = [bytearray(log[i:i + 65536]) for i in range(4096, len(log), 65536)]
    out = [log[:4096]]
    for n in range(58):
        chunk = bytearray(chunks[n % len(chunks)])
        if n % 11 == 7:
            chunk[52] ^= 1
        if n % 16 == 15:
            chunk[700:900] = b"A" * 200
        if n % 13 == 5:
            carvable(chunk)
        if n == 20:
            chunk[0] = 0
        if n == 33:
            chunk[:] = bytes(65536)
        out.append(bytes(chunk))
    return b"".join(out)[:-20000]


def large_ndjson(middle):
    """Lines with `middle`, which gets a supply of events, behind the first 1.3 MiB; then more lines."""
    out, size, n = [], 0, 0
    while size < 3 * PART:
        part = line(n) if n % 50 else line(n) + line(n - 1)
        if middle and size > 1.3 * PART:
            part, middle = middle(n) + part, None
        out.append(part)
        size += len(part)
        n += 1
    return b"".join(out)


def torn(n):
    return b"".join(line(i)[:-(i % 300) - 2] + b"\n" + line(i)[:200] + b"\n" + line(i) + b"\n}}}\n" for i in range(n, n + 700))


def pretty(n):
    return b"".join(json.dumps(event(i, 4688), indent=2).encode() + b"\n" for i in range(n, n + 1500))


def flat(n):
    """Many records that are members of one, on lines that look like records."""
    return b"".join(b'{"list":[\n' + b",\n".join(line(j).strip() for j in range(i, i + 90)) + b"\n]}\n" for i in range(n, n + 1800, 90))


def array(n):
    return b"[\n" + b",\n".join(line(i).strip() for i in range(n, n + 2000)) + b"\n]\n"


def long(n):
    return b'{"long":"' + b"x" * (2 * PART) + b'"}\n' + line(n).replace(b"\n", b"\r\n")


def large(folder, log):
    write(os.path.join(folder, "large", "a.evtx"), large_evtx(log))
    write(os.path.join(folder, "large", "b.evtx"), large_evtx(log)[4096:])
    for make in (None, torn, pretty, flat, array, long):
        write(os.path.join(folder, "large", f"{make.__name__ if make else 'lines'}.ndjson"), large_ndjson(make))
    write(os.path.join(folder, "text", "text.log"), b"".join(b"%d some words, needle %d %s" % (n, n % 997, b"\r\n" if n % 9 else b"\n\n") for n in range(60000)))


def fixture(folder, sample):
    one = os.path.join(folder, "one.evtx")
    subprocess.run([sample, one], check=True)
    with open(one, "rb") as f:
        log = f.read()
    small(folder, log)
    large(folder, log)
    for name, text in (("any", RULE), ("unknown", UNKNOWN), ("text", TEXT)):
        write(os.path.join(folder, "rules", name + ".yml"), text.encode())


class Hunter:
    def __init__(self, spoor, folder):
        # The address space of newer kernels is laid out in a way that TSan's runtime of gcc 12 does not know.
        self.argv = [*(["setarch", "-R"] if shutil.which("setarch") else []), os.path.abspath(spoor), "hunt", "--no-case", "--rules", "rules",
                     "--no-own-rules", "--summary", "summary.json", "--progress", "never"]
        self.env = dict(os.environ, TSAN_OPTIONS="halt_on_error=1:exitcode=66:second_deadlock_stack=1", XDG_CACHE_HOME=folder, NO_COLOR="1")
        self.folder, self.runs, self.bad, self.lines = folder, 0, 0, 0

    def run(self, what, *options, stdin=subprocess.DEVNULL, carve=True):
        """Everything that must be the same: code, output, summary and notes, less the times in them."""
        r = subprocess.run([*self.argv, what, *options, *(["--carve"] if carve else [])], cwd=self.folder, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=stdin,
                           timeout=600, check=False)
        self.runs += 1
        if r.returncode not in (0, 3) or b"ThreadSanitizer" in r.stderr or not r.stdout:
            self.bad += 1
            print(f"{what} {' '.join(options)}: code {r.returncode}\n{r.stderr.decode('utf-8', 'replace')[:6000]}")
            return r.returncode, b"", {}, ""
        self.lines += r.stdout.count(b"\n")
        with open(os.path.join(self.folder, "summary.json"), encoding="utf-8") as f:
            summary = json.load(f)
        for key in ("wall_ms", "cpu_ms", "peak_rss_kb"):
            del summary[key]
        return r.returncode, r.stdout, summary, re.sub(rb"(?m)^Read .*", b"", r.stderr)

    def differ(self, what, *runs):
        """Says which of the runs, (name, result), is not like the first."""
        for name, result in runs[1:]:
            for part, mine, first in zip(("exit code", "output", "summary", "notes"), result, runs[0][1]):
                if mine != first:
                    self.bad += 1
                    print(f"{what}: {part} of {name} is not that of {runs[0][0]}")


def digest(tag, *parts):
    h = hashlib.sha256(tag.encode() + b"\0")
    for part in parts:
        h.update(struct.pack(">I", len(part)) + part)
    return h.digest()


def ids_are_right(hunter, what):
    """The ids of contract 1, counted here: k is the number of byte-identical records sighted before in the source."""
    _, out, _, _ = hunter.run(what, "--format", "json", "-j", "3")
    sightings = sorted(map(json.loads, out.splitlines()), key=lambda s: s["event"]["offset"])
    seen, last, k, repeated = collections.Counter(), None, 0, 0
    for s in sightings:
        e, raw = s["event"], bytes.fromhex(s["event"]["sha256"])
        if last != e["offset"]:
            last = e["offset"]
            k = seen[raw]
            seen[raw] += 1
        repeated += k > 0
        event_id = digest("spoor/event/v1", s["org"].encode(), raw, struct.pack(">Q", k))
        sighting_id = digest("spoor/sighting/v1", s["org"].encode(), s["rule"]["id"].encode(), bytes.fromhex(s["rule"]["sha256"]), event_id)
        if (e["id"], s["id"]) != (event_id.hex(), sighting_id.hex()):
            hunter.bad += 1
            print(f"{what}@{e['offset']}: wrong ids, copy {k}")
            return
    if not repeated:
        hunter.bad += 1
        print(f"{what}: no record was there twice")


def copies_are_dropped(hunter, what):
    """All that is carved is a copy of a record sighted live before: it makes no difference to the sightings."""
    without, carved = (hunter.run(what, "--format", "json", "-j", "3", carve=carve) for carve in (False, True))
    hunter.differ(what, ("hunting it without --carve", without[:2]), ("hunting it with --carve", carved[:2]))
    if not carved[2]["sources"][0]["carved"]:
        hunter.bad += 1
        print(f"{what}: nothing was carved")


def profile_counts(hunter, what):
    """--profile-rules: the same output, a hit for each sighting, and looks that do not depend on the number of threads."""
    def profiled(jobs):
        _, out, summary, _ = hunter.run(what, "--format", "json", "-j", jobs, "--profile-rules", carve=False)
        looks = {p["rule"]: (p["looked"], p["hits"]) for p in summary.get("profile", [])}
        sighted = collections.Counter(json.loads(line)["rule"]["id"] for line in out.splitlines())
        if {rule: hits for rule, (_, hits) in looks.items() if hits} != sighted or not sighted or summary["repeated"]:
            hunter.bad += 1
            print(f"{what} -j {jobs}: hits of the profile are not the sightings: {looks}, {sighted}")
        return None, out, looks

    plain = hunter.run(what, "--format", "json", "-j", "1", carve=False)
    runs = [(f"-j {jobs} --profile-rules", profiled(jobs)) for jobs in JOBS]
    hunter.differ(what, ("no profile", (None, plain[1])), *((name, run[:2]) for name, run in runs))
    hunter.differ(what, *runs)


def through_pipe(hunter, name, *options):
    """A pipe is read in one go; but for its name the outcome is that of the file."""
    def plain(result):
        code, out, summary, _ = result
        out = out.replace(b'"source":"' + name.encode() + b'"', b'"source":"-"')
        for source in summary.get("sources", []):
            source["source"] = "-"
        return code, out, summary

    with subprocess.Popen(["cat", os.path.join(hunter.folder, name)], stdout=subprocess.PIPE) as cat:
        piped = hunter.run("-", "--format", "json", *options, stdin=cat.stdout)
        cat.stdout.close()
    hunter.differ(name, ("the pipe", plain(piped)), ("the file", plain(hunter.run(name, "--format", "json", "-j", "3", *options))))


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--spoor", default="build-tsan/spoor")
    p.add_argument("--sample", default="build/tests/unit/read/evtx_sample")
    args = p.parse_args()
    folder = tempfile.mkdtemp(prefix="spoor-threads-")
    try:
        fixture(folder, os.path.abspath(args.sample))
        hunter = Hunter(args.spoor, folder)
        for what, options in (("small", ["--format", "json"]), ("text", ["--format", "json", *TEXT_SOURCE]), ("large", ["--format", "json"]), ("large", ["--format", "csv"]),
                              ("large", ["--format", "sightings", "--limit", "sort-bytes=100k", "--limit", "errors-listed=3"])):
            hunter.differ(f"{what} {' '.join(options)}", *((f"-j {jobs}", hunter.run(what, *options, "-j", jobs)) for jobs in JOBS))
        for name in ("a.evtx", "torn.ndjson"):
            ids_are_right(hunter, os.path.join("large", name))
        profile_counts(hunter, os.path.join("large", "torn.ndjson"))
        profile_counts(hunter, os.path.join("large", "array.ndjson"))
        copies_are_dropped(hunter, os.path.join("large", "a.evtx"))
        for name in sorted(os.listdir(os.path.join(folder, "large"))):
            through_pipe(hunter, os.path.join("large", name))
        through_pipe(hunter, os.path.join("text", "text.log"), *TEXT_SOURCE)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    print(f"count: {hunter.runs} hunts, {hunter.lines} sightings, {hunter.bad} bad")
    return 1 if hunter.bad or not hunter.lines else 0


if __name__ == "__main__":
    sys.exit(main())
