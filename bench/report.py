# SPDX-License-Identifier: Apache-2.0
"""The table: each row a work, what it took, its ratio, and the values that it must reach.

In: the numbers of work.py. Out: rows, as Markdown that reads well on a terminal too.
"""

# (at most or at least, to close, aim)
MUST = {
    ("decode", "mixed"): ("<=", 2.0, 1.5),
    ("total", "mixed"): ("<=", 4, 3), ("total", "security"): ("<=", 5, 4), ("total", "sysmon"): ("<=", 8, 5), ("total", "ndjson"): ("<=", 3, 2),
    ("whole", "mixed"): ("<=", 6, 2.7), ("whole", "security"): ("<=", 8, 4.3), ("whole", "sysmon"): ("<=", 12, 6.6), ("whole", "ndjson"): ("<=", 4, 2.2),
    ("rules", "100"): ("<=", 2.0, 1.5), ("threads", "2"): (">=", 0.95, 1.0), ("start", "warm"): ("<=", 10, 7), ("start", "cold"): ("<=", 100, 80),
    ("pack", "rsigma"): (">=", 20, 30), ("pack", "rss"): ("<=", 120, 100), ("memory", ""): ("<=", 1.10, 1.05), ("hostile", ""): ("<=", 3, 2.5),
}
NAMES = {"mixed": "mixed EVTX", "security": "Security", "sysmon": "Sysmon", "ndjson": "NDJSON"}
HEAD = ("work", "ns/record", "GB/s", "ratio", "to close", "aim", "reached")


class Table:
    def __init__(self, best, corpora):
        self.best, self.corpora, self.rows = best, corpora, []

    def get(self, *key):
        return self.best.get(key)

    def add(self, key, words, ratio, of, seconds=None, corpus=None):
        """One row; a work that was not measured is said to be so. `of`: what the ratio is to, or its unit."""
        sign, close, aim = MUST.get(key, ("", None, None))
        speed = ("", "")
        if seconds and corpus:
            speed = f"{seconds / corpus['records'] * 1e9:,.0f}", f"{corpus['bytes'] / seconds / 1e9:.2f}"
        told = "not measured" if ratio is None else f"{ratio:,.2f} {of}"
        self.rows.append((words, *speed, told, f"{sign} {close:g}" if close else "", f"{sign} {aim:g}" if aim else "", self.mark(ratio, sign, close, aim)))

    @staticmethod
    def mark(ratio, sign, close, aim):
        if close is None or ratio is None:
            return "-"
        better = (lambda limit: ratio <= limit) if sign == "<=" else (lambda limit: ratio >= limit)
        return "aim" if better(aim) else "yes" if better(close) else "**no**"

    def markdown(self):
        lines = ["| " + " | ".join(HEAD) + " |", "|---|---:|---:|---:|---:|---:|---|"]
        return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in self.rows]) + "\n"


def over(a, b):
    return a / b if a and b else None


def corpus_rows(t):
    for name, c in t.corpora.items():
        crc = t.get("crc", name, "cpu")
        t.add(None, f"zlib crc32, {NAMES[name]}", 1.0, "x crc32", crc, c)
    for name, c in t.corpora.items():
        if (seconds := t.get("decode", name, "decode")) is not None:
            t.add(("decode", name), f"decode, all slices, checksums on, {NAMES[name]}", over(seconds, t.get("decode", name, "zlib-crc32")), "x crc32", seconds, c)
        elif name == "ndjson":
            seconds = t.get("read", name, "read")
            t.add(None, f"reading alone, {NAMES[name]}", over(seconds, t.get("crc", name, "cpu")), "x crc32", seconds, c)
    for key, job, words in (("total", "hunt", "all rules / {}, {}"), ("whole", "hunt", "whole command, all rules, {}{}"), ("", "every", "the same, noisy rules too, {}{}")):
        for name, c in t.corpora.items():
            seconds, reading = t.get(job, name, "cpu"), "reading" if name == "ndjson" else "decoding"
            base = t.get("crc", name, "cpu") if key != "total" else t.get("read", name, "read") if name == "ndjson" else t.get("decode", name, "decode")
            t.add((key, name), words.format(reading if key == "total" else "", NAMES[name]), over(seconds, base), "x " + (reading if key == "total" else "crc32"), seconds, c)


def curve_rows(t):
    c, everything = t.corpora["mixed"], t.get("hunt", "mixed", "cpu")
    t.add(("rules", "100"), "all rules / 100 rules, mixed EVTX", over(everything, t.get("rules", 100, "cpu")), "x 100 rules", everything, c)
    one, two, pair = t.get("threads", 1, "wall"), t.get("threads", 2, "wall"), t.get("pair", "mixed", "wall")
    t.add(("threads", "2"), "two threads / two processes, wall time", over(pair, two and 2 * two), "x two processes", two, c)
    if two:
        t.add(None, "two threads / one, wall time", over(one, two), "x one thread", two, c)


def other_rows(t, memory, hostile, times):
    openssl = t.get("openssl", "", "wall")
    for how in ("warm", "cold"):
        wall = t.get("start", how, "wall")
        t.add(("start", how), f"start-up, all rules, plan {how}" + (f", {wall * 1000:.0f} ms" if wall else ""), over(wall, openssl), "x openssl version")
    ours, theirs = t.get("pack", "spoor", "cpu"), t.get("pack", "rsigma", "cpu")
    dump = t.get("pack", "evtx_dump", "cpu") or 0.0
    if ours:
        t.add(None, f"evtx-attack pack, whole command, {ours:.2f} s of CPU", over(ours, t.get("pack", "crc", "cpu")), "x crc32")
        words = f"rsigma on the pack ({theirs:.2f} s, evtx_dump {dump:.2f} s) / spoor, CPU" if theirs else "rsigma on the pack / spoor, CPU"
        t.add(("pack", "rsigma"), words, over(theirs and theirs + dump, ours), "x spoor")
        t.add(("pack", "rss"), "evtx-attack pack, peak memory", t.get("pack", "spoor", "rss"), "MB")
    if memory:
        t.add(("memory", ""), f"peak memory, {times} x the mixed log ({memory[times]:.0f} MB) / once ({memory[1]:.0f} MB)", memory[times] / memory[1], "x")
    if hostile:
        t.add(None, "hostile values of 128 KiB / 64 KiB, all rules, CPU", hostile["all"], "x (linear 2, square 4)")
        t.add(("hostile", ""), f"the same, worst of {hostile['rules']} rules with a regex, each alone", hostile["ratio"][0], "x (linear 2, square 4)")


def rows(best, corpora, memory, hostile, times):
    t = Table(best, corpora)
    corpus_rows(t)
    curve_rows(t)
    other_rows(t, memory, hostile, times)
    return t
