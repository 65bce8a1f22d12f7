# SPDX-License-Identifier: Apache-2.0
"""What is measured, as jobs: each is a name and a function that does it once and returns numbers.

In: the corpora of corpus.py, the rules, the program. Out: numbers by (job, what). The bench runs all jobs once a round,
one after the other, and keeps the least time and the most memory of the rounds.
"""
import collections
import glob
import json
import os
import random
import shutil
import time

import corpus
import hostile
import measure
from measure import Run

LIVE = ("rules", "rules-emerging-threats", "rules-threat-hunting")
COUNTS = (0, 100, 300, 1000, 2000)
NOISY = 1000  # a rule that fires on more than one record in so many is left out of the judged runs
PLANNED = ("hunt", "every", "rules")
SMALL_RUNS = 5  # runs of a few milliseconds are repeated inside a round
ONE_EVENT = {"Event": {"System": {"Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}}, "EventID": 1, "EventRecordID": 1,
                                  "TimeCreated": {"#attributes": {"SystemTime": "2026-03-02T10:00:00.1234567Z"}},
                                  "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "pc1"}, "EventData": {"Image": "C:\\x.exe"}}}


class Work:
    """Everything the jobs share."""

    def __init__(self, folder, args):
        with open(os.path.join(folder, "index.json"), encoding="utf-8") as f:
            index = json.load(f)
        self.folder, self.data, self.corpora = folder, index["data"], index["corpora"]
        self.spoor = os.path.abspath(args.spoor)
        self.engine = ["--engine", args.engine] if args.engine else []
        self.peers = args.peers
        self.cache = os.path.join(folder, "cache")
        self.env = dict(os.environ, XDG_CACHE_HOME=self.cache, NO_COLOR="1")
        base = os.path.join(self.data, "sigma-rules") if self.data else None
        self.rule_folders = [os.path.join(base, d) for d in LIVE] if base else []
        self.rules = ["--no-own-rules"] + [x for d in self.rule_folders for x in ("--rules", d)] if base else []
        self.rule_files = sorted(p for d in self.rule_folders for p in glob.glob(os.path.join(glob.escape(d), "**", "*.yml"), recursive=True))
        self.noise = {name: self.noisy(c) for name, c in self.corpora.items()}

    def hunt(self, path, rules=None, noise=(), jobs=1, out=("--format", "sightings")):
        return [self.spoor, "hunt", "--no-case", *([path] if isinstance(path, str) else path), *(self.rules if rules is None else rules), *noise,
                *self.engine, *out, "--output", os.devnull, "-q", "-j", str(jobs)]

    def run(self, *args, **more):
        return Run(self.hunt(*args, **more), env=self.env)

    def noisy(self, c):
        """Options that leave out the rules which fire on too much of a corpus of repeated attacks."""
        out = os.path.join(self.folder, "noisy.ndjson")
        argv = self.hunt(c["head"])
        argv[argv.index(os.devnull)] = out
        Run(argv, env=self.env)
        with open(out, encoding="utf-8") as f:
            count = collections.Counter(s["rule"]["id"] for s in map(json.loads, f) if s.get("rule"))
        return [x for i in sorted(count) if count[i] * NOISY > c["head_records"] for x in ("--exclude-rule", i)]

    def program(self, name):
        """A peer, from PATH or from the folder of peers; None when it is not installed."""
        return shutil.which(name) or (self.peers and shutil.which(name, path=os.path.join(self.peers, "bin")))


def least(count, call):
    return min(call() for _ in range(count))


# ---------------------------------------------------------------- a corpus

def corpus_jobs(w):
    for name, c in w.corpora.items():
        path = c["path"]
        yield ("crc", name), lambda p=path: {"cpu": measure.crc([p])}
        if path.endswith(".evtx"):
            yield ("decode", name), lambda p=path: measure.helper("decode_bench", p)
        yield ("read", name), lambda p=path: measure.helper("read_bench", p)
        yield ("hunt", name), lambda p=path, n=name: {"cpu": w.run(p, noise=w.noise[n]).cpu}
        yield ("every", name), lambda p=path: {"cpu": w.run(p).cpu}


# ---------------------------------------------------------------- curves

def rule_sets(w):
    """number of rules -> options; the subsets are drawn once, each inside the next."""
    files = list(w.rule_files)
    random.Random(2).shuffle(files)
    for count in COUNTS:
        if count < len(files) or count == 0:
            folder = os.path.join(w.folder, "rules", str(count))
            os.makedirs(folder, exist_ok=True)
            for path in files[:count]:
                shutil.copy(path, folder)
            yield count, ["--no-own-rules", "--rules", folder]


def rule_jobs(w):
    if not w.data:
        return
    c = w.corpora["mixed"]
    for count, rules in rule_sets(w):
        yield ("rules", count), lambda r=rules: {"cpu": w.run(c["path"], rules=r, noise=w.noise["mixed"]).cpu}


def thread_counts():
    """1, 2, 4, ... and the number of processors."""
    n = os.cpu_count() or 1
    return sorted({1, n} | {1 << i for i in range(1, 9) if 1 << i <= n})


def thread_jobs(w):
    path, noise = w.corpora["mixed"]["path"], w.noise["mixed"]
    for n in thread_counts():
        yield ("threads", n), lambda n=n: {"wall": w.run(path, noise=noise, jobs=n).wall}
    if (os.cpu_count() or 1) >= 2:
        yield ("pair", "mixed"), lambda: {"wall": Run(w.hunt(path, noise=noise), w.hunt(path, noise=noise), env=w.env).wall}


# ---------------------------------------------------------------- start-up, and the pack beside a peer

def start_jobs(w):
    openssl, one = shutil.which("openssl"), os.path.join(w.folder, "one.ndjson")
    with open(one, "w", encoding="utf-8") as f:
        f.write(json.dumps(ONE_EVENT) + "\n")
    env = dict(w.env, XDG_CACHE_HOME=os.path.join(w.folder, "cold"))

    def hunt():
        return Run(w.hunt(one, out=("--format", "json")), env=env)

    def cold():
        shutil.rmtree(env["XDG_CACHE_HOME"], ignore_errors=True)
        return {"wall": hunt().wall}

    if openssl:
        yield ("openssl", ""), lambda: {"wall": least(SMALL_RUNS, lambda: Run([openssl, "version"]).wall)}
    yield ("start", "cold"), cold
    yield ("start", "warm"), lambda: {"wall": least(SMALL_RUNS, lambda: hunt().wall)}


def flatten(w, files, to):
    """Events for a peer that knows no EVTX: flat lines with their log source beside the fields. spoor decodes them."""
    out = to + ".fields"
    Run([w.spoor, "decode", *files, "--format", "fields", "--output", out, "-q"], env=w.env)
    with open(out, encoding="utf-8") as f, open(to, "w", encoding="utf-8") as flat:
        for event in map(json.loads, f):
            source = {k: v[0] if isinstance(v, list) and v else v for k, v in event["logsource"].items()}
            flat.write(json.dumps(event["fields"] | {k: v for k, v in source.items() if isinstance(v, str)}, ensure_ascii=False) + "\n")
    os.unlink(out)


def pack_jobs(w):
    if not w.data:
        return
    base = os.path.join(w.data, "evtx-attack")
    files = corpus.evtx_files(base)

    def ours():
        r = w.run(base, out=("--format", "json"))
        return {"cpu": r.cpu, "rss": r.rss}

    yield ("pack", "crc"), lambda: {"cpu": measure.crc(files)}
    yield ("pack", "spoor"), ours
    rsigma, dump = w.program("rsigma"), w.program("evtx_dump")
    if rsigma:
        flat, rules = os.path.join(w.folder, "pack.ndjson"), os.path.join(w.folder, "rules", "live")
        flatten(w, files, flat)
        for folder in w.rule_folders:
            shutil.copytree(folder, os.path.join(rules, os.path.basename(folder)), dirs_exist_ok=True)
        argv = [rsigma, "engine", "eval", "-q", "-r", rules, "--logsource-routing", "--input-format", "json", "-e", "@" + flat]
        yield ("pack", "rsigma"), lambda: {"cpu": (r := Run(argv)).cpu, "rss": r.rss}
    if rsigma and dump:
        yield ("pack", "evtx_dump"), lambda: {"cpu": sum(Run([dump, "-t", "1", "-o", "jsonl", f]).cpu for f in files)}


# ---------------------------------------------------------------- once, not in rounds

def memory(w, times):
    """Peak memory in MB for the mixed corpus and for that several times over; two runs each, the most counts."""
    path, noise = w.corpora["mixed"]["path"], w.noise["mixed"]
    grown = os.path.join(w.folder, "grown.evtx")
    corpus.write_grown(path, times, grown)
    seen = {1: max(w.run(path, noise=noise, jobs=2).rss for _ in range(2)), times: w.run(grown, noise=noise, jobs=2).rss}
    os.unlink(grown)
    return seen


def hostile_values(w):
    if not w.data:
        return None
    os.environ["XDG_CACHE_HOME"] = w.cache
    return hostile.measure(w.hunt, w.folder, w.rules, w.rule_folders)


def jobs(w):
    return [*corpus_jobs(w), *rule_jobs(w), *thread_jobs(w), *start_jobs(w), *pack_jobs(w)]


def rounds(w, count, say):
    """(job, what) -> the least seconds or the most MB, over the rounds; plans and page cache are made warm before."""
    todo, best = jobs(w), {}
    for key, call in todo:
        if key[0] in PLANNED:
            call()
    for number in range(count):
        begin = time.monotonic()
        for key, call in todo:
            for what, value in (call() or {}).items():
                keep = max if what == "rss" else min
                best[key + (what,)] = keep(value, best.get(key + (what,), value))
        say(f"round {number + 1} of {count}: {time.monotonic() - begin:.0f} s")
    return best
