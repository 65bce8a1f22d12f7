#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails every allocation, open, read and write of a few commands in turn: `make torture`.

    tests/torture/torture.py --spoor build-torture/spoor [--max 5000] [--step 1] [--only TEXT]

For each command of COMMANDS and each kind, call 1, 2, 3 ... fails until a run gets through without meeting
the failure, or --max is reached. Writes and allocations fail a second time "from N on", as a full disk does.
Every run must end by itself with a code of the contract, without a sanitizer's report and without a leak;
code 0 only with the output of an undisturbed run; any other code with a sentence about it.
The program is built with tests/torture/fail.c, which explains how a failure is injected.
"""
import argparse
import errno
import gzip
import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import zipfile

SECONDS_MAX = 60
KINDS = ("alloc", "open", "read", "write", "alloc+", "write+")
PLACE = {"alloc": 0, "open": 1, "read": 2, "write": 3}
CODES = {0, 2, 3, 5}
REPORT = re.compile(r"(?:ERROR|WARNING): \w+Sanitizer|runtime error:|SUMMARY: |Assertion .* failed|stack smashing")

COMMANDS = {
    "decode-evtx": ["decode", "small.evtx", "--format", "json"],
    "decode-xml": ["decode", "small.evtx", "--format", "xml", "--carve"],
    "decode-fields": ["decode", "small.evtx", "small.ndjson", "--format", "fields"],
    "hunt-json": ["hunt", "--no-case", "small.evtx", "small.ndjson", "--rules", "rules", "--no-own-rules", "--format", "json", "-j", "1"],
    "hunt-warm": ["hunt", "--no-case", "small.ndjson", "--rules", "rules", "--no-own-rules", "--format", "json", "-j", "1"],
    "hunt-spill": ["hunt", "--no-case", "many.ndjson", "--rules", "rules/suffix.yml", "--no-own-rules", "--format", "json", "-j", "1",
                   "--limit", "sort-bytes=4096"],
    "hunt-parts": ["hunt", "--no-case", "large.ndjson", "--rules", "rules/suffix.yml", "--no-own-rules", "--format", "json", "-j", "1",
                   "--profile-rules", "--summary", "summary.json"],
    "hunt-table": ["hunt", "--no-case", "logs", "--rules", "rules", "--no-own-rules", "--format", "table", "-j", "1",
                   "--summary", "summary.json"],
    "hunt-archive": ["hunt", "--no-case", "outer.zip", "small.ndjson", "--rules", "rules.zip", "--no-own-rules", "--format", "json", "-j", "1",
                     "--summary", "summary.json"],
    "decode-archive": ["decode", "outer.zip", "--format", "json"],
    "explain-archive": ["explain", "rules/suffix.yml", "outer.zip!inner.tar.gz!small.ndjson:1"],
    "hunt-case": ["hunt", "--case", "PREFIX.case", "large.ndjson", "small.ndjson", "--rules", "rules/suffix.yml", "--no-own-rules", "--format", "table", "-j", "1"],
    "case-check": ["case", "check", "--case", "kept.case", "--format", "json"],
    "show-hosts": ["show", "hosts", "--case", "kept.case", "--format", "json"],
    "case-merge": ["case", "merge", "kept.case", "--case", "PREFIX.case"],
    "rules-check": ["rules", "check", "rules", "--format", "json"],
    "rules-stat": ["rules", "stat", "rules", "--format", "table"],
    "explain": ["explain", "rules/suffix.yml", "small.ndjson:1"],
    "metrics": ["metrics", "logs", "--format", "table", "-j", "1"],
    "logons": ["logons", "logs", "--format", "json", "-j", "1"],
    "search": ["search", "--regex", "who[a-z]+", "logs", "--format", "json", "-j", "1"],
    "gaps": ["gaps", "logs", "--format", "table", "-j", "1"],
    "coverage": ["coverage", "logs", "--rules", "rules", "--no-own-rules", "--format", "table", "-j", "1"],
}


# ---------------------------------------------------------------- fixture

def event(record, image, command):
    return {"Event": {"System": {
        "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}}, "EventID": 1, "EventRecordID": record,
        "TimeCreated": {"#attributes": {"SystemTime": f"2026-03-02T10:00:0{record}.1234567Z"}},
        "Channel": "Microsoft-Windows-Sysmon/Operational", "Computer": "pc1"},
        "EventData": {"Image": image, "CommandLine": command, "User": "ACME\\m.weiss"}}}


def flat_event(record, image):
    """As NXLog writes it: the second of a layout is made by a plan."""
    return {"EventTime": f"2026-03-02 10:00:0{record}", "Hostname": "pc1", "Keywords": -9223372036854775808, "EventID": 1, "RecordNumber": record,
            "SourceName": "Microsoft-Windows-Sysmon", "Channel": "Microsoft-Windows-Sysmon/Operational", "Image": image, "User": "ACME\\m.weiss"}


def rule(name, number, detection, logsource="{category: process_creation, product: windows}"):
    return (f"title: {name}\nid: 5a0c0000-0000-4000-8000-{number:012x}\nstatus: test\nlevel: high\n"
            f"logsource: {logsource}\ndetection:\n{detection}")


def rules():
    return {
        "suffix": "  a:\n    Image|endswith: '\\whoami.exe'\n  condition: a\n",
        "contains": "  a:\n    CommandLine|contains|all: ['net', 'user']\n  b:\n    User: '*admin'\n  condition: a and not b\n",
        "regex": "  a:\n    CommandLine|re: '(?i)net\\s+(user|group)\\b.{0,40}/dom[a-z]+'\n  condition: a\n",
        "encoded": "  a:\n    CommandLine|base64offset|contains: 'http'\n  b:\n    CommandLine|windash|contains: ' -enc '\n  condition: 1 of them\n",
        "keywords": "  keywords: ['whoami', 'domain admins']\n  condition: keywords\n",
        "refused": "  a:\n    Image|nonsense: x\n  condition: a\n",
        "broken": "  a: [unclosed\n",
    }


def make_fixture(folder, sample):
    """Small logs and rules in `folder`; the EVTX holds a value of every type, written by `sample`."""
    os.makedirs(os.path.join(folder, "rules"))
    os.makedirs(os.path.join(folder, "logs"))
    with open(os.path.join(folder, "small.ndjson"), "w", encoding="utf-8") as f:
        f.write(json.dumps(event(1, "C:\\Windows\\System32\\whoami.exe", "whoami /all")) + "\n")
        f.write(json.dumps(event(2, "C:\\Windows\\System32\\net.exe", "net  user \"d\u00e9j\u00e0\" /domain")) + "\n{broken\n")
        f.write(json.dumps(event(3, "C:\\a.exe", "a -enc aHR0cDovL2V4YW1wbGU=")) + "\n")
        f.writelines(json.dumps(flat_event(n, "C:\\Windows\\System32\\whoami.exe")) + "\n" for n in (4, 5))
    with open(os.path.join(folder, "many.ndjson"), "w", encoding="utf-8") as f:  # sightings for several runs of the sorter
        f.writelines(json.dumps(event(n, "C:\\Windows\\System32\\whoami.exe", f"whoami {n}")) + "\n" for n in range(1, 10))
    with open(os.path.join(folder, "large.ndjson"), "w", encoding="utf-8") as f:  # read in parts; a record goes on behind a cut
        f.write(json.dumps(event(1, "C:\\Windows\\System32\\whoami.exe", "whoami 1")) + "\n" + json.dumps({"long": "x" * (5 << 18)}) + "\n")
        f.writelines(json.dumps(event(n % 2, "C:\\Windows\\System32\\whoami.exe", "whoami 1")) + "\n" for n in range(5))
        f.write('{"list":[\n{"long":"' + "x" * (5 << 18) + '"},\n' + json.dumps(event(1, "C:\\whoami.exe", "whoami 1")) + "\n]}\n")
        f.write(json.dumps(event(3, "C:\\Windows\\System32\\whoami.exe", "whoami 1")) + "\n")
    for number, (name, detection) in enumerate(rules().items()):
        with open(os.path.join(folder, "rules", name + ".yml"), "w", encoding="utf-8") as f:
            f.write(rule(name, number, detection))
    subprocess.run([sample, os.path.join(folder, "small.evtx")], check=True, stdout=subprocess.DEVNULL)
    for name in ("small.evtx", "small.ndjson"):
        shutil.copy(os.path.join(folder, name), os.path.join(folder, "logs"))
    make_archives(folder)


def make_archives(folder):
    """Two levels, a nested zip, a compressed file, a copy of a log beside it; rules."""
    def path(name):
        return os.path.join(folder, name)

    with tarfile.open(path("inner.tar.gz"), "w:gz") as t:
        for name in ("small.evtx", "small.ndjson", "large.ndjson"):
            t.add(path(name), name)
    with zipfile.ZipFile(path("inner.zip"), "w", zipfile.ZIP_DEFLATED) as z:
        z.write(path("many.ndjson"), "many.ndjson")
        z.writestr("client_info.json", '{"hostname":"pc1"}')
    with zipfile.ZipFile(path("outer.zip"), "w", zipfile.ZIP_DEFLATED) as z:
        for name in ("inner.tar.gz", "inner.zip", "many.ndjson"):
            z.write(path(name), name)
        z.writestr("log.ndjson.gz", gzip.compress(b"{}\n"))
    with zipfile.ZipFile(path("rules.zip"), "w") as z:
        for name in sorted(os.listdir(path("rules"))):
            z.write(path(os.path.join("rules", name)), name)


# ---------------------------------------------------------------- one run

class Server:
    """One program under torture with fixed arguments; run() forks it with one failure armed."""

    def __init__(self, program, argv, folder, prefix):
        ask_read, self.ask = os.pipe()
        self.answer, answer_write = os.pipe()
        self.prefix, self.left, self.warm = prefix, b"", "hunt-warm" in prefix
        env = dict(os.environ, SPOOR_TORTURE_SERVER=prefix, NO_COLOR="1", XDG_CACHE_HOME=prefix + ".cache",
                   ASAN_OPTIONS="exitcode=99:allocator_may_return_null=1:detect_leaks=1:abort_on_error=0",
                   UBSAN_OPTIONS="halt_on_error=1:exitcode=99:print_stacktrace=1", LSAN_OPTIONS="exitcode=99")
        env.pop("SPOOR_CASE", None)

        def place():
            # The ends are moved out of the way first, for one of them may be 3 or 4 itself.
            os.dup2(ask_read, 100, inheritable=False)
            os.dup2(answer_write, 101, inheritable=False)
            os.dup2(100, 3)
            os.dup2(101, 4)

        self.process = subprocess.Popen([program] + [word.replace("PREFIX", prefix) for word in argv], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, close_fds=False, preexec_fn=place)
        os.close(ask_read)
        os.close(answer_write)

    def _line(self, seconds):
        end = time.monotonic() + seconds
        while b"\n" not in self.left:
            ready, _, _ = select.select([self.answer], [], [], max(0, end - time.monotonic()))
            if not ready:
                return None
            more = os.read(self.answer, 4096)
            if not more:
                raise RuntimeError("the program does not answer; was it built with -Dtorture=true?")
            self.left += more
        line, self.left = self.left.split(b"\n", 1)
        return line.decode()

    def run(self, what):
        """(code, negative for a signal, None for a hang; hit; calls seen by kind; out; err)"""
        for end in ("", "-wal", "-shm", "-journal"):
            if os.path.exists(self.prefix + ".case" + end):
                os.unlink(self.prefix + ".case" + end)
        if not self.warm:  # the plan of the run before would spare the loading of rules its failures
            shutil.rmtree(self.prefix + ".cache", ignore_errors=True)
        os.write(self.ask, what.encode() + b"\n")
        child = int(self._line(SECONDS_MAX))
        line, hung = self._line(SECONDS_MAX), False
        if line is None:
            hung = True
            os.kill(child, signal.SIGKILL)
            line = self._line(SECONDS_MAX)
        status, hit, *seen = (int(n) for n in line.split())
        code = None if hung else -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
        with open(self.prefix + ".out", "rb") as f:
            out = f.read()
        with open(self.prefix + ".err", "rb") as f:
            err = f.read().decode("utf-8", "replace")
        return code, bool(hit), seen, out, err

    def close(self):
        os.close(self.ask)
        os.close(self.answer)
        self.process.wait(SECONDS_MAX)


def judge(result, good, kind):
    """What is wrong with one run, or None. `good` is the undisturbed one."""
    code, hit, _, out, err = result
    if code is None:
        return f"still running after {SECONDS_MAX} s"
    if code < 0:
        return f"ended by signal {-code}"
    if REPORT.search(err) or code in (98, 99):
        return f"a sanitizer reports: {REPORT.search(err)[0] if REPORT.search(err) else f'code {code}'}"
    if not hit:
        return None if (code, out) == (good[0], good[3]) else f"nothing failed, yet code {code} and other output than the first run"
    if code not in CODES:
        return f"code {code} is none of the contract"
    if code in (0, good[0]) and out == good[3]:
        return None  # the program could do without
    if code == 0:
        return "code 0, but the output is not whole"
    # What the undisturbed run says too tells nothing of this failure. `rules check` names its reasons in its output.
    told = any(line.startswith("spoor: ") for line in set(err.splitlines()) - set(good[4].splitlines())) or any(os.strerror(n).encode() in out for n in (errno.EMFILE, errno.EIO, errno.ENOMEM))
    return None if told or kind.startswith("write") else f"code {code} without a word about it"


# ---------------------------------------------------------------- all runs

class Tally:
    def __init__(self):
        self.lock, self.runs, self.hits, self.wrong = threading.Lock(), {}, {}, []

    def add(self, kind, hit, finding):
        with self.lock:
            self.runs[kind] = self.runs.get(kind, 0) + 1
            self.hits[kind] = self.hits.get(kind, 0) + hit
            if finding:
                self.wrong.append(finding)


def torture(args, name, folder, tally):
    """All kinds of failures of one command, its numbers dealt out to --jobs servers."""
    argv = COMMANDS[name]
    first = Server(args.spoor, argv, folder, os.path.join(folder, f"{name}.0"))
    good = first.run("count:0")
    if first.warm:
        good = first.run("count:0")
    if judge(good, good, "") or good[0] not in (0, 3):
        print(f"FAIL {name} undisturbed: code {good[0]}; {good[4][-600:]}")
        tally.add("none", False, name)
        first.close()
        return
    plan = []
    for kind in KINDS:
        last = min(args.max, good[2][PLACE[kind.rstrip("+")]] + 1)
        # From-N-on adds little at every N: every fifth.
        plan += [(kind, n) for n in range(1, last + 1, args.step * (5 if kind == "alloc+" else 1))]
    begin, before = time.monotonic(), len(tally.wrong)

    def work(number):
        server = first if number == 0 else Server(args.spoor, argv, folder, os.path.join(folder, f"{name}.{number}"))
        for kind, n in plan[number::args.jobs]:
            what = f"{kind.rstrip('+')}:{n}{'+' if kind.endswith('+') else ''}"
            result = server.run(what)
            finding = judge(result, good, kind)
            tally.add(kind, result[1], finding and f"{name} {what}: {finding}")
            if finding and len(tally.wrong) <= args.show:
                print(f"FAIL {name} {what}: {finding}\n" + "\n".join("     | " + s for s in result[4].splitlines()[:25]), flush=True)
        server.close()

    threads = [threading.Thread(target=work, args=(i,)) for i in range(args.jobs)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(f"{'ok  ' if len(tally.wrong) == before else 'FAIL'} {name}: {len(plan)} runs over {good[2][0]} allocations, {good[2][1]} opens, "
          f"{good[2][2]} reads, {good[2][3]} writes ({time.monotonic() - begin:.0f} s)", flush=True)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--spoor", default="build-torture/spoor", help="the program with fail.c in it")
    p.add_argument("--sample", default="build/tests/unit/read/evtx_sample", help="the program that writes a small EVTX")
    p.add_argument("--max", type=int, default=5000, help="fail call 1 to this")
    p.add_argument("--step", type=int, default=1)
    p.add_argument("--jobs", type=int, default=2)
    p.add_argument("--only", default="", help="commands whose name contains this")
    p.add_argument("--show", type=int, default=10, help="so many findings are shown in full")
    args = p.parse_args()
    args.spoor, args.sample = os.path.abspath(args.spoor), os.path.abspath(args.sample)
    for program in (args.spoor, args.sample):
        if not os.access(program, os.X_OK):
            sys.exit(f"{program}: no program there; build first (make torture does)")
    tally = Tally()
    folder = tempfile.mkdtemp(prefix="spoor-torture-")
    try:
        make_fixture(folder, args.sample)
        subprocess.run([args.spoor, "hunt", "--case", "kept.case", "small.ndjson", "many.ndjson", "--rules", "rules", "--no-own-rules", "-q"], cwd=folder, check=False,
                       env=dict(os.environ, XDG_CACHE_HOME=os.path.join(folder, "cache")), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for name in COMMANDS:
            if args.only in name:
                torture(args, name, folder, tally)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for kind in KINDS:
        if kind in tally.runs:
            print(f"     {kind:6} {tally.runs[kind]:6} runs, {tally.hits[kind]:6} met the failure")
    total = sum(tally.runs.values())
    for finding in tally.wrong[args.show:args.show + 100]:
        print(f"FAIL {finding}")
    print(f"count: {total} runs, {len(tally.wrong)} wrong")
    return 1 if tally.wrong or not total else 0


if __name__ == "__main__":
    sys.exit(main())
