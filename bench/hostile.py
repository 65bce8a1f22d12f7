# SPDX-License-Identifier: Apache-2.0
"""Values that an attacker would log to make the hunt slow, at one size and at twice that size.

In: a folder to write to and the rules. Out: how much longer twice the bytes take, for all rules together and for the
worst rule alone. Linear work takes twice as long. A rule of Windows alone is tried when it holds a regular expression: every
other kind of item is a comparison.
"""
import glob
import json
import os
import random
import re

from measure import Run

SMALL = 64 << 10
# Each event stands in the log so often, so that there is enough to measure.
TIMES = 4


def values():
    """Short texts that, repeated, keep expressions and tables busy."""
    rnd = random.Random(7)
    noise = lambda letters, n: "".join(rnd.choice(letters) for _ in range(n))
    return ["a", "\\", "echo clip && ", "powershell -e -en -enc ", "%a:~1,1%", "((({{{[[[", noise("0123456789abcdef", 4099),
            noise("abc \"'^%(){}[];-+/.\\", 4099), " -w hidden -nop iex(new-object net.webclient).downloadstring('"]


def near(text):
    """Pieces of a rule's own expressions, so that its matching begins and does not end."""
    plain = [re.sub(r"\\[a-zA-Z]|[^\w .:/-]+|\{\d*,?\d*\}", " ", m) for m in re.findall(r"\|re[^:\n]*:\s*(.+)", text)]
    return [p.strip()[:200] for p in plain if p.strip()][:4]


def classes():
    """(channel, provider, event id, its fields) that the loudest rules look at."""
    sysmon = ("Microsoft-Windows-Sysmon/Operational", "Microsoft-Windows-Sysmon")
    script = ("Microsoft-Windows-PowerShell/Operational", "Microsoft-Windows-PowerShell")
    yield (*sysmon, 1, ("CommandLine", "ParentCommandLine", "Image"))
    yield (*sysmon, 13, ("Details", "TargetObject"))
    yield (*script, 4104, ("ScriptBlockText",))
    yield (*script, 4103, ("Payload",))
    yield ("System", "Service Control Manager", 7045, ("ServiceFileName", "ImagePath"))


def write(path, texts, size, times):
    lines = []
    for channel, provider, number, fields in classes():
        for field, text in ((f, t) for f in fields for t in texts):
            data = {"Image": "C:\\a.exe", "CommandLine": "a", field: (text * (size // len(text) + 1))[:size]}
            system = {"Provider": {"#attributes": {"Name": provider}}, "EventID": number, "Channel": channel, "Computer": "pc",
                      "EventRecordID": 1, "TimeCreated": {"#attributes": {"SystemTime": "2026-03-02T10:00:00.0000000Z"}}}
            lines.append(json.dumps({"Event": {"System": system, "EventData": data}}) + "\n")
    with open(path, "w", encoding="utf-8") as f:
        for _ in range(times):
            f.writelines(lines)


def bytes_of(texts, times):
    return len(texts) * times * sum(len(c[3]) for c in classes()) * 2 * SMALL


def regex_rules(folders):
    for folder in folders:
        for path in sorted(glob.glob(os.path.join(glob.escape(folder), "**", "*.yml"), recursive=True)):
            with open(path, encoding="utf-8", errors="replace") as f:
                text = f.read()
            if "|re" in text and "product: windows" in text:
                yield path, near(text)


def files(folder, name, texts, times):
    """Paths of the logs with nothing, with values of the size and with values of twice the size."""
    paths = [os.path.join(folder, f"hostile-{name}-{n}.ndjson") for n in ("none", "once", "twice")]
    for path, size in zip(paths, (1, SMALL, 2 * SMALL)):
        write(path, texts, size, times)
    return paths


def pair(hunt, logs, rules, rounds):
    """CPU seconds for nothing, for the size and for twice the size; the least of the rounds."""
    best = [1e9] * 3
    for _ in range(rounds):
        best = [min(b, Run(hunt(list(paths), rules)).cpu) for b, paths in zip(best, zip(*logs))]
    return best


def one_rule(hunt, logs, path, size, seen):
    """Notes a rule that is the dearest so far, or whose ratio is; measured again, better, before it is believed."""
    for rounds in (1, 7, 15):
        none, once, twice = pair(hunt, logs, ["--no-own-rules", "--rules", path], rounds)
        ratio, dear = (twice - none) / max(once - none, 1e-9), (twice - none) / size * 1e9
        if ratio <= seen["ratio"][0] and dear <= seen["dear"][0]:
            return
    seen["ratio"] = max(seen["ratio"], (ratio, os.path.basename(path)))
    seen["dear"] = max(seen["dear"], (dear, os.path.basename(path)))


def measure(hunt, folder, all_rules, folders):
    """{all: ratio of all rules together, ratio: (worst ratio, rule), dear: (most ns a byte, rule), rules: how many}.
    `hunt(paths, rules)` makes the command line."""
    general = files(folder, "all", values(), TIMES)
    none, once, twice = pair(hunt, [general], all_rules, 5)
    seen = {"all": (twice - none) / max(once - none, 1e-9), "ratio": (0, ""), "dear": (0, ""), "rules": 0}
    for path, own in regex_rules(folders):
        seen["rules"] += 1
        logs = [general] + ([files(folder, "own", own, TIMES)] if own else [])
        one_rule(hunt, logs, path, bytes_of(values() + own, TIMES), seen)
    return seen
