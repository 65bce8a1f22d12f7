#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A hunt that is killed, interrupted, out of disk or not alone, and the case it leaves: `make golden` runs it.

    tests/case.py --spoor build/spoor [--sample build/tests/unit/read/evtx_sample] [--kills 12] [--seed 1]

The logs are those of tests/threads.py: small ones, and large ones that are read in parts, with byte-identical records, holes and
damage. Whatever happens to a hunt, the same command once more must leave a case that equals the undisturbed one: every
sighting, byte for byte and in the order of the hunt, and of each source its account and digest. The case is read here with
Python's own sqlite3 and zlib, not with spoor.
"""
import argparse
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import zlib

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import threads  # noqa: E402

ORDER = ("SELECT s.block, line_at, line_size FROM sighting s JOIN source o ON o.id=s.source JOIN rule r ON r.id=s.rule"
         " ORDER BY s.no_time, s.sec, s.nsec, o.org, CAST(o.path AS BLOB), s.offset, r.rule_id, r.file, r.line, s.sha256")


def unpacked(size, packed):
    return packed if len(packed) == size else zlib.decompress(packed, -15)


class Case:
    """What stands in a case, read without spoor."""

    def __init__(self, path):
        db = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        self.sound = db.execute("PRAGMA integrity_check").fetchall() == [("ok",)] and not db.execute("PRAGMA foreign_key_check").fetchall()
        self.form = [db.execute(f"PRAGMA {p}").fetchone()[0] for p in ("application_id", "user_version", "journal_mode")]
        blocks = {number: unpacked(size, packed) for number, size, packed in db.execute("SELECT id, size, packed FROM block")}
        self.lines = b"".join(blocks[block][at:at + size] for block, at, size in db.execute(ORDER))
        self.raws = all(hashlib.sha256(blocks[block][at:at + size]).digest() == sha for sha, block, at, size in db.execute("SELECT sha256, block, at, size FROM raw"))
        self.unraw = db.execute("SELECT count(*) FROM sighting WHERE raw IS NULL").fetchone()[0]
        self.sources = {(org, path): (done, sha, account) for org, path, done, sha, account in db.execute(
            "SELECT org, path, r.done, r.sha256, account FROM reading r JOIN source o ON o.id=r.source ORDER BY run")}
        self.values = sorted(db.execute("SELECT s.sha256, v.type, v.value FROM carries c JOIN sighting s ON s.id=c.sighting JOIN value v ON v.id=c.value"))
        self.undone = db.execute("SELECT count(*) FROM progress WHERE NOT done").fetchone()[0]
        self.copies = db.execute("SELECT count(*) FROM copy").fetchone()[0]
        self.runs = [s for s, in db.execute("SELECT state FROM run ORDER BY id")]
        db.close()


class Test:
    def __init__(self, args, folder):
        self.spoor, self.folder, self.bad, self.checks = os.path.abspath(args.spoor), folder, 0, 0
        self.env = {k: v for k, v in os.environ.items() if k != "SPOOR_CASE"} | {"XDG_CACHE_HOME": os.path.join(folder, "cache"), "NO_COLOR": "1"}

    def argv(self, *options):
        return [self.spoor, "hunt", "large", "small", "--rules", "rules", "--no-own-rules", "-j", "2", *options]

    def hunt(self, *options, code=(0, 3), cwd=None, **kw):
        r = subprocess.run(self.argv(*options), cwd=cwd or self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                           timeout=300, check=False, **kw)
        self.check(f"exit code of {' '.join(options)}", r.returncode in code, f"{r.returncode}: {r.stderr[-500:]!r}")
        return r

    def start(self, *options):
        return subprocess.Popen(self.argv(*options), cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def path(self, name):
        return os.path.join(self.folder, name)

    def forget(self, name):
        for end in ("", "-wal", "-shm", "-journal"):
            if os.path.exists(self.path(name) + end):
                os.unlink(self.path(name) + end)

    def check(self, what, good, why=""):
        self.checks += 1
        if not good:
            self.bad += 1
            print(f"FAIL {what}: {why}")
        return good

    def equal(self, what, seen, wanted):
        """Is it the undisturbed case?"""
        self.check(f"{what}: sound", seen.sound and seen.form == [0x53504F52, 1, "wal"], seen.form)
        self.check(f"{what}: lines", seen.lines == wanted.lines, "%d bytes, %d wanted" % (len(seen.lines), len(wanted.lines)))
        self.check(f"{what}: values", seen.values == wanted.values, "")
        self.check(f"{what}: raw records", seen.raws and seen.unraw == 0, f"{seen.unraw} without")
        differ = [k for k in wanted.sources if seen.sources.get(k) != wanted.sources[k]]
        self.check(f"{what}: accounts and digests of sources", not differ, f"{len(differ)}: {differ and (differ[0], seen.sources.get(differ[0]), wanted.sources[differ[0]])}")
        self.check(f"{what}: all is done", seen.undone == 0 and seen.copies == 0, f"{seen.undone} sources, {seen.copies} copies")


def undisturbed(t):
    plain = t.hunt("--format", "json", "--no-case")
    began = time.monotonic()
    first = t.hunt("--format", "json", "--case", "whole.case")
    took = time.monotonic() - began
    whole = Case(t.path("whole.case"))
    t.check("hunt prints the same with a case", first.stdout == plain.stdout)
    t.check("the case holds what was printed", whole.lines == plain.stdout, f"{len(whole.lines)} and {len(plain.stdout)} bytes")
    t.equal("undisturbed", whole, whole)
    for path in ("large/a.evtx", "large/torn.ndjson", "small/0.ndjson"):
        with open(t.path(path), "rb") as f:
            t.check(f"digest of {path}", whole.sources["local", path][1] == hashlib.sha256(f.read()).digest())
    again = t.hunt("--format", "json", "--case", "whole.case", code=(first.returncode,))
    t.check("the second hunt finds nothing and says `already`", again.stdout == b"" and b"lready" in again.stderr, again.stderr[-300:])
    t.equal("hunted again", Case(t.path("whole.case")), whole)
    for form in ("csv", "sightings", "table"):
        t.forget("form.case")
        t.hunt("--format", form, "--case", "form.case", "--no-hash-sources")
        seen = Case(t.path("form.case"))
        t.check(f"the case is the same with --format {form}", seen.lines == whole.lines and seen.values == whole.values)
        t.check("--no-hash-sources", all(sha is None for _, sha, _ in seen.sources.values()))
    return whole, took


def kills(t, whole, took, count, rnd):
    gone_on = 0
    for i in range(count):
        t.forget("kill.case")
        for _ in range(rnd.choice((1, 1, 2, 3))):
            p = t.start("--case", "kill.case", "--format", "json")
            try:
                p.wait(rnd.uniform(0.02, 1.0) * took)
            except subprocess.TimeoutExpired:
                p.kill()
            p.communicate()
        if os.path.exists(t.path("kill.case")) and os.path.getsize(t.path("kill.case")):
            db = sqlite3.connect(t.path("kill.case"))
            try:
                gone_on += db.execute("SELECT count(*) FROM progress WHERE NOT done AND next > 0").fetchone()[0]
            except sqlite3.OperationalError:
                pass
            db.close()
        t.hunt("--case", "kill.case", "--format", "json")
        t.equal(f"killed {i}", Case(t.path("kill.case")), whole)
    t.check("some hunts went on inside of a source", gone_on > 0 or count < 8, f"{count} kills")


def interrupts(t, whole, took):
    for share in (0.2, 0.5, 0.8):
        t.forget("int.case")
        p = t.start("--case", "int.case", "--format", "json")
        try:
            p.wait(took * share)
        except subprocess.TimeoutExpired:
            p.send_signal(signal.SIGINT)
        began = time.monotonic()
        err = p.communicate()[1]
        if p.returncode == 130:
            t.check("SIGINT: soon over", time.monotonic() - began < 2, f"{time.monotonic() - began} s")
            t.check("SIGINT: says how to go on", b"int.case: interrupted" in err, err[-300:])
        t.hunt("--case", "int.case", "--format", "json")
        t.equal(f"interrupted at {share}", Case(t.path("int.case")), whole)


def full_disk(t, whole):
    """No file may be larger than so many bytes."""
    for size in (0, 20000, 100000, 300000, 1000000, 3000000):
        t.forget("full.case")

        def limit(size=size):
            resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        r = t.hunt("--case", "full.case", "--format", "table", code=(0, 3, 5), preexec_fn=limit)
        if r.returncode == 5:
            t.check(f"full at {size}: one sentence with the case", len([x for x in r.stderr.splitlines() if x.startswith(b"spoor: full.case: ")]) == 1, r.stderr[-400:])
        if os.path.exists(t.path("full.case")) and os.path.getsize(t.path("full.case")):
            t.check(f"full at {size}: what is there is sound", Case(t.path("full.case")).sound)
        t.hunt("--case", "full.case", "--format", "json")
        t.equal(f"after {size} bytes of disk", Case(t.path("full.case")), whole)


def two_at_once(t, whole):
    t.forget("two.case")
    both = [t.start("--case", "two.case", "--format", "json") for _ in range(2)]
    for p in both:
        err = p.communicate()[1]
        t.check("two at once: exit code", p.returncode in (0, 3), err[-400:])
    t.equal("two at once", Case(t.path("two.case")), whole)


def care(t, whole):
    """Two cases made apart and merged, twice; compacted; damaged at every place."""
    def case(*argv, code=0):
        r = subprocess.run([t.spoor, "case", *argv], cwd=t.folder, env=t.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        t.check(f"case {' '.join(argv)}", r.returncode == code, f"{r.returncode}: {r.stdout[-300:]} {r.stderr[-300:]}")
        return r
    for what in ("large", "small"):
        subprocess.run([t.spoor, "hunt", what, "--rules", "rules", "--no-own-rules", "--case", f"{what}.case", "-q"], cwd=t.folder, env=t.env, check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    case("merge", "small.case", "large.case", "--case", "merged.case")
    t.equal("merged", Case(t.path("merged.case")), whole)
    case("merge", "large.case", "small.case", "--case", "merged.case")
    merged = Case(t.path("merged.case"))
    t.equal("merged twice", merged, whole)
    t.check("runs of both", len(merged.runs) == 2, merged.runs)
    t.check("hunted already", b"lready" in t.hunt("--case", "merged.case").stderr)
    case("compact", "--case", "merged.case")
    t.equal("compacted", Case(t.path("merged.case")), whole)
    case("info", "--case", "merged.case")
    case("check", "--case", "merged.case")
    size, rnd = os.path.getsize(t.path("merged.case")), random.Random(7)
    for at in [size // 2, size - 4096, 8192] + [rnd.randrange(4096, size - 4096) for _ in range(12)]:
        shutil.copy(t.path("merged.case"), t.path("damaged.case"))
        with open(t.path("damaged.case"), "r+b") as f:
            f.seek(at)
            f.write(rnd.randbytes(4096))
        r = case("check", "--case", "damaged.case", code=3)
        t.check(f"damage at {at} is said", b"damaged.case: the case is damaged" in r.stderr)


def one_bit(t):
    """A bit that falls over in a block of lines and records."""
    for share in (0, 3, 5, 7, 9, 10):
        shutil.copy(t.path("merged.case"), t.path("bit.case"))
        db = sqlite3.connect(t.path("bit.case"))
        number, packed = db.execute("SELECT id, packed FROM block ORDER BY length(packed) DESC, id LIMIT 1").fetchone()
        packed = bytearray(packed)
        packed[(len(packed) - 1) * share // 10] ^= 4
        db.execute("UPDATE block SET packed=? WHERE id=?", (bytes(packed), number))
        db.commit()
        db.close()
        r = subprocess.run([t.spoor, "case", "check", "--case", "bit.case"], cwd=t.folder, env=t.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        t.check(f"a bit at {share} tenths of a block is said", r.returncode == 3, f"{r.returncode}: {r.stderr[-300:]}")


def growing(t):
    """A log that grows between hunts, a file that is another one of the same size, and a copy of a log with a smaller name."""
    rule, log = ["--rules", "rules/any.yml", "--no-own-rules"], t.path("grow.ndjson")

    def lines(case="grow.case"):
        return [json.loads(line) for line in Case(t.path(case)).lines.splitlines()]

    def hunt(*argv, case="grow.case"):
        r = subprocess.run([t.spoor, "hunt", *argv, *rule, "--case", case, "--format", "json"], cwd=t.folder, env=t.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        t.check(f"hunt {' '.join(argv)}", r.returncode == 0, r.stderr[-300:])
        return r
    for n in (30, 70):
        threads.write(log, b"".join(threads.line(i) for i in range(n)))
        hunt("grow.ndjson")
        plain = hunt("grow.ndjson", case="fresh.case").stdout
        t.forget("fresh.case")
        t.check(f"a log of {n} lines", Case(t.path("grow.case")).lines == plain)
    was = os.stat(log)
    data = b"".join(threads.line(i) for i in range(70))
    threads.write(log, data[:-600] + data[-600:].replace(b"net user", b"net USER"))
    os.utime(log, ns=(was.st_atime_ns, was.st_mtime_ns + 1))
    t.check("other bytes of the same size are hunted", b"lready" not in hunt("grow.ndjson").stderr)
    os.utime(log)
    t.check("the same bytes with another time are not", b"lready" in hunt("grow.ndjson").stderr)
    shutil.copy(log, t.path("a-copy.ndjson"))
    before = {x["id"] for x in lines()}
    hunt("a-copy.ndjson")
    t.check("a copy with a smaller name takes the sightings over", {x["id"] for x in lines()} == before and any(x["event"]["source"] == "a-copy.ndjson" for x in lines()))


def places(t):
    """Where the case lies when nobody names one."""
    here, logs = t.path("work"), os.path.abspath(t.path("small"))
    os.makedirs(here, exist_ok=True)
    rule = ["--rules", t.path("rules"), "--no-own-rules", "--format", "json"]

    def run(cwd, *argv, **env):
        return subprocess.run([t.spoor, "hunt", *argv, *rule], cwd=cwd, env=t.env | env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    r = run(here, logs)
    t.check("spoor.case in the working directory", os.listdir(here) == ["spoor.case"], f"{os.listdir(here)} {r.stderr[-300:]}")
    os.unlink(os.path.join(here, "spoor.case"))
    run(here, logs, SPOOR_CASE=t.path("env.case"))
    t.check("SPOOR_CASE", os.path.exists(t.path("env.case")) and os.listdir(here) == [])
    run(here, logs, "--no-case")
    t.check("--no-case", os.listdir(here) == [])
    for cwd, what in ((logs, "."), (os.path.join(logs, "deep"), ".."), (logs, logs)):
        had = sorted(os.listdir(cwd))
        r = run(cwd, what)
        t.check(f"inside of the evidence ({what})", sorted(os.listdir(cwd)) == had and b"--case" in r.stderr and r.stdout and r.returncode in (0, 3), r.stderr[-300:])


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--spoor", default="build/spoor")
    p.add_argument("--sample", default=None)
    p.add_argument("--kills", type=int, default=12)
    p.add_argument("--seed", type=int, default=1)
    args = p.parse_args()
    sample = args.sample or os.path.join(os.path.dirname(os.path.abspath(args.spoor)), "tests", "unit", "read", "evtx_sample")
    rnd = random.Random(args.seed)
    with tempfile.TemporaryDirectory(prefix="spoor-case-") as folder:
        threads.fixture(folder, os.path.abspath(sample))
        t = Test(args, folder)
        whole, took = undisturbed(t)
        kills(t, whole, took, args.kills, rnd)
        interrupts(t, whole, took)
        full_disk(t, whole)
        two_at_once(t, whole)
        care(t, whole)
        one_bit(t)
        growing(t)
        places(t)
    print(f"count: {t.checks} checks, {t.bad} bad")
    return 1 if t.bad or not t.checks else 0


if __name__ == "__main__":
    sys.exit(main())
