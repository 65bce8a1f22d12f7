#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Speed as ratios, from one interleaved run: `make bench`.

    bench/bench.py [--mb 256] [--hunt-mb 16] [--rounds 5] [--rules FOLDER]... [--markdown FILE]

Corpora: dense chunks (58,000 bytes of records or more) of the pack evtx-attack of ../shared, repeated inside one
file: `mixed` all of them, `security` and `sysmon` those of pure logs. Without that data: spoor's own sample.
In every round each yardstick, the decoder and the hunt run once, one after the other; the least CPU time of the
rounds counts. The hunt has a shorter file of the same kind, and yardsticks over that; it is the whole command, with its start and its rules (all live SigmaHQ rules where they are),
on one thread, sightings thrown away. Bare times depend on the machine; the ratios to zlib's crc32 much less.
"""
import argparse
import binascii
import datetime
import glob
import os
import random
import re
import resource
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DENSE = 58000
LIVE = ("rules", "rules-emerging-threats", "rules-threat-hunting")


# ---------------------------------------------------------------- corpora

def packs():
    """Folder of the unpacked data packs, or None."""
    unpack = os.path.join(ROOT, "..", "shared", "data", "unpack")
    if not os.access(unpack, os.X_OK):
        return None
    r = subprocess.run([unpack], stdout=subprocess.PIPE, text=True, check=False)
    return r.stdout.strip().splitlines()[-1] if r.returncode == 0 else None


def chunks_of(path):
    with open(path, "rb") as f:
        f.seek(4096)
        while len(chunk := f.read(65536)) == 65536:
            if chunk.startswith(b"ElfChnk\0"):
                yield chunk


def dense_chunks(base):
    """name -> chunks; which logs are pure stands in the pack's LABELS.tsv."""
    channels = {}
    with open(os.path.join(base, "LABELS.tsv"), encoding="utf-8") as f:
        head = f.readline().rstrip("\n").split("\t")
        for line in f:
            row = dict(zip(head, line.rstrip("\n").split("\t")))
            channels[row["file"]] = row["channels"]
    groups = {"mixed": [], "security": [], "sysmon": []}
    for path in sorted(glob.glob(os.path.join(glob.escape(base), "**", "*.evtx"), recursive=True)):
        channel = channels.get(os.path.relpath(path, base), "")
        for chunk in chunks_of(path):
            if struct.unpack_from("<I", chunk, 48)[0] < DENSE:
                continue
            groups["mixed"].append(chunk)
            if re.fullmatch(r"Security=\d+", channel):
                groups["security"].append(chunk)
            elif re.fullmatch(r"Microsoft-Windows-Sysmon/Operational=\d+", channel):
                groups["sysmon"].append(chunk)
    return groups


def write_repeated(chunks, megabytes, path):
    """One EVTX file of these chunks over and over."""
    count = megabytes * 16
    header = bytearray(4096)
    struct.pack_into("<8sQQQIHHHH", header, 0, b"ElfFile\0", 0, count - 1, 1, 128, 1, 3, 4096, min(count, 65535))
    struct.pack_into("<I", header, 124, binascii.crc32(bytes(header[:120])))
    random.Random(1).shuffle(chunks)
    with open(path, "wb") as f:
        f.write(header)
        while count > 0:
            part = chunks[:count]
            f.write(b"".join(part))
            count -= len(part)


def corpora(folder, args, data):
    """name -> (path for the decoder, path for the hunt)"""
    if data:
        groups = dense_chunks(os.path.join(data, "evtx-attack"))
    else:
        sample = os.path.join(folder, "sample.evtx")
        subprocess.run([os.path.join(ROOT, "build/tests/unit/read/evtx_sample"), sample], check=True)
        groups = {"sample": list(chunks_of(sample))}
    paths = {}
    for name, chunks in groups.items():
        if chunks:
            paths[name] = os.path.join(folder, name + ".evtx"), os.path.join(folder, name + "-short.evtx")
            for path, megabytes in zip(paths[name], (args.mb, args.hunt_mb)):
                write_repeated(chunks, megabytes, path)
    return paths


# ---------------------------------------------------------------- one round

def cpu_of(argv, env):
    """CPU seconds of a command that must succeed (3: part of the input was of no use)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    r = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=env, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if r.returncode not in (0, 3):
        sys.exit(f"{' '.join(argv[:3])} ...: code {r.returncode}: {r.stderr.decode('utf-8', 'replace')[-500:]}")
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(path):
    """name -> CPU seconds of each yardstick and of decoding; `records` and `bytes` too."""
    out = subprocess.run([os.path.join(ROOT, "build/bench/decode_bench"), path], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {k: float(v) for k, v in (line.split() for line in out.splitlines())}


def one_round(paths, rules, env):
    """(what the long file took, what the short file took, with its hunt)"""
    long, short = (measure(path) for path in paths)
    spoor = os.path.join(ROOT, "build/spoor")
    short["hunt"] = cpu_of([spoor, "hunt", "--no-case", paths[1], *rules, "--format", "sightings", "--output", os.devnull, "-q", "-j", "1"], env)
    return long, short


def cpu_model():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            return next(line.split(":", 1)[1].strip() for line in f if line.startswith("model name"))
    except (OSError, StopIteration):
        return "unknown processor"


# ---------------------------------------------------------------- what is said

def rows(name, best):
    """Lines of the table for one corpus: what, ns a record, GB/s, ratio to memcpy, ratio to zlib crc32."""
    for seen, what in [(best[0], w) for w in ("memcpy", "libdeflate-crc32", "zlib-crc32", "decode")] + [(best[1], "hunt")]:
        t = seen[what]
        yield (name, what.replace("-", " "), f"{t / seen['records'] * 1e9:,.0f}", f"{seen['bytes'] / t / 1e9:.3f}",
               f"{t / seen['memcpy']:.1f}", f"{t / seen['zlib-crc32']:.2f}")


def table(lines):
    head = ("corpus", "what", "ns/record", "GB/s", "x memcpy", "x zlib crc32")
    text = ["| " + " | ".join(head) + " |", "|---|---|---:|---:|---:|---:|"]
    return "\n".join(text + ["| " + " | ".join(line) + " |" for line in lines])


def rules_of(args, data):
    """Options for the hunt and words for the reader."""
    if args.rules:
        return [x for r in args.rules for x in ("--rules", r)], "the rules of " + ", ".join(map(os.path.basename, args.rules))
    if data:
        return (["--no-own-rules"] + [x for d in LIVE for x in ("--rules", os.path.join(data, "sigma-rules", d))],
                "all live SigmaHQ rules")
    return [], "spoor's own rules"


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--mb", type=int, default=256)
    p.add_argument("--hunt-mb", type=int, default=16)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--rules", action="append")
    p.add_argument("--markdown", default="build/bench.md")
    args = p.parse_args()
    if not os.access(os.path.join(ROOT, "build/bench/decode_bench"), os.X_OK):
        sys.exit("build/bench/decode_bench is not there: install zlib1g-dev, remove build/ and build again")
    data = packs()
    rules, words = rules_of(args, data)
    folder = tempfile.mkdtemp(prefix="spoor-bench-")
    env = dict(os.environ, XDG_CACHE_HOME=folder, NO_COLOR="1")
    best = {}
    try:
        paths = corpora(folder, args, data)
        for number in range(args.rounds):
            for name, pair in paths.items():
                kept = best.setdefault(name, ({}, {}))
                for least, seen in zip(kept, one_round(pair, rules, env)):
                    least.update({key: min(value, least.get(key, value)) for key, value in seen.items()})
            print(f"round {number + 1} of {args.rounds} done", file=sys.stderr)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    text = (f"{datetime.date.today()}, {cpu_model()}, one thread, {args.mb} MB a corpus ({args.hunt_mb} MB for the hunt), least CPU time of {args.rounds} interleaved rounds; "
            f"hunt with {words}, its start included.\n\n" + table([r for n, b in best.items() for r in rows(n, b)]) + "\n")
    print(text)
    with open(args.markdown, "w", encoding="utf-8") as f:
        f.write(text)
    print(f"The same as markdown, for docs/performance.md: {args.markdown}")


if __name__ == "__main__":
    main()
