#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeds for the fuzz targets: tests/fuzz/seeds.py FOLDER [--sample PROGRAM]

Writes FOLDER/TARGET/... for every target of tests/fuzz: chunks of spoor's own EVTX writer, and small texts that
walk through each grammar once. Nothing of it is foreign; the same seeds come out every time.
"""
import argparse
import bz2
import glob
import gzip
import io
import json
import lzma
import os
import random
import subprocess
import tarfile
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SOURCES = os.path.join(ROOT, "tests", "fuzz")

EVENT = {"Event": {"#attributes": {"xmlns": "urn:x"}, "System": {
    "Provider": {"#attributes": {"Name": "Microsoft-Windows-Sysmon"}}, "EventID": 1, "EventRecordID": 7,
    "TimeCreated": {"#attributes": {"SystemTime": "2026-03-02T10:00:00.1234567Z"}}, "Computer": "pc1",
    "Channel": "Microsoft-Windows-Sysmon/Operational"},
    "EventData": {"Image": "C:\\Windows\\System32\\cmd.exe", "CommandLine": "cmd /c \"whoami\" \u00e9\U0001f600",
                  "Hashes": "MD5=D41D8CD98F00B204E9800998ECF8427E", "User": "ACME\\m.weiss"}}}
WINLOGBEAT = {"@timestamp": "2026-03-02T10:00:00Z", "winlog": {"channel": "Security", "event_id": "4688", "provider_name":
              "Microsoft-Windows-Security-Auditing", "event_data": {"NewProcessName": "C:\\a.exe", "SubjectLogonId": "0x3e7"}}}
NXLOG = {"EventTime": "2026-03-02 10:00:00", "Hostname": "pc1", "EventID": 4624, "SourceName": "Microsoft-Windows-Security-Auditing",
         "Channel": "Security", "IpAddress": "::ffff:10.0.0.1", "LogonType": 3}
JSON_TEXTS = [json.dumps(EVENT), json.dumps(WINLOGBEAT, indent=1), json.dumps(NXLOG), '{"a":[1,-0.5e+10,true,false,null,"\\ud83d\\ude00\\n"],"a":2}',
              "[{},[],[[]]]", '{"a":"\\u0000"}', '[{"a":1},{"b":2}]\n{"c":3}', "1e999", '"\\ud800"', "[" * 40 + "]" * 40, "{broken", ""]
REGEXES = [r"(?i)net\s+(user|group)\b.{0,40}/dom[a-z]+", r"^\\\\[^\\]+\\(admin|c)\$$", "a{2,5}?(b|c)*d+", r"[^\x00-\x1f\W]\d{3}\.", "((a*)*)*b",
           r"(?:\w+\.){1,9}exe$", "\\p{L}", "(?=a)", "[z-a]", "(", "a|", r"[[:alpha:]]\B\Q", "\u00e9+\u00df"]
TEXTS = [b"net  user /domain", b"\\\\host\\admin$", b"aaaaaaaaaaaaaaab", "d\u00e9j\u00e0 Stra\u00dfe".encode(), b"", b"x" * 300]
MAPS = ["type json\nclass sysmon windows process_creation -\nfield Image process.executable\nabsent Company\ntime ts epoch\nhost host.name\n",
        "class a - - b\nfield A\tB C\ntrim Hashes\nnames nospace\n", "bad\nclass\n\x00\n"]
RULES = ["title: a\nid: 5a0c0000-0000-4000-8000-000000000001\nstatus: test\nlevel: high\ntags: [attack.t1059.001]\n"
         "logsource: {product: windows, category: process_creation}\ndetection:\n  a:\n    Image|endswith: ['\\cmd.exe', '\\p*l?.exe']\n"
         "    CommandLine|contains|all: [a, b]\n  b:\n    - CommandLine|base64offset|contains: http\n    - User|re|i: '^a.*b$'\n"
         "    - Ip|cidr: 10.0.0.0/8\n    - N|gte: 5\n    - X: null\n    - Y|exists: true\n    - Z|expand: '%names%'\n"
         "  keywords: [whoami]\n  condition: (a or 1 of b*) and not all of them\n",
         "title: c\nname: c\ncorrelation:\n  type: value_count\n  rules: [a]\n  group-by: [User]\n  timespan: 5m\n  condition: {gte: 3, field: Ip}\n",
         "a: &a [1, 2]\nb: *a\nc: !!str 5\nd: |\n  text\n  more\ne: >-\n  folded\n---\nf: {g: [h, {i: ~}]}\n",
         "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\n"]
CONDITIONS = ["a", "not (a or b) and c", "1 of sel*", "all of them", "2 of a* or not all of b_*", "((((a))))", "a and", "a | count() > 5"]
COMMANDS = ["powershell.exe -nop -w hidden -enc SQBFAFgAIABhAA==", "\"C:\\a b\\pwsh.exe\" /EncodedCommand:SABpAA", "x -e \u2013enc \u2015e AAAA",
            "IEX([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String('cG93ZXJzaGVsbCAtZW5jIFNBQnBBQ0VBSVFBPQ==')))", "\x1b[2J\u202e\r\n\t"]
LINES = [b"one\ntwo\r\n\xef\xbb\xbfthree\n", "\ufeffdrei\r\nvier".encode("utf-16-le"), b"\xff\xfe\x00", b"a\xffb\xc0\x80\n", b"<34>Oct 11 22:14:15 h su: x\n"]


def zipped(files, how=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as z:
        for name, data in files:
            z.writestr(zipfile.ZipInfo(name), data, how)
    return out.getvalue()


def tarred(files, form=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as t:
        for name, data in files:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
        for name, kind in (("link", tarfile.SYMTYPE), ("hard", tarfile.LNKTYPE), ("dev", tarfile.CHRTYPE), ("d/", tarfile.DIRTYPE)):
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, "../x"
            t.addfile(info)
    return out.getvalue()


def archives():
    """One of every kind, inside each other, cut, and with a damaged byte."""
    files = [("a.ndjson", b'{"a":1}\n' * 3), ("d/\u00e9 b.log", b"some words\n"), ("../c", b"x" * 5000), ("empty", b"")]
    z, t = zipped(files), tarred(files)
    deep = z
    for i in range(5):
        deep = zipped([(f"{i}.zip", deep)], zipfile.ZIP_STORED)
    packed = [gzip.compress(t, mtime=0), bz2.compress(t), lzma.compress(t), gzip.compress(b"line\n" * 20, mtime=0) * 2]
    every = [z, zipped(files, zipfile.ZIP_STORED), t, tarred(files, tarfile.GNU_FORMAT), deep, zipped([("t.tar.gz", packed[0]), ("z.zip", z)]), *packed,
             tarred([("in.zip", z), ("in.tgz", packed[0]), ("in.log.xz", lzma.compress(b"words\n"))])]
    return every + [e[:len(e) * 2 // 3] for e in every] + [e[:len(e) // 2] + b"\xff" + e[len(e) // 2 + 1:] for e in every]


def texts(target):
    """Seeds of a target by its name; a target that this list does not know begins with all texts."""
    json_bytes = [t.encode("utf-8", "surrogatepass") for t in JSON_TEXTS]
    rules = [r.encode() for r in RULES] + [open(p, "rb").read() for p in sorted(glob.glob(os.path.join(ROOT, "rules", "*.yml")))[:20]]
    choices = random.Random(1)
    known = {
        "archive": archives(),
        "evtx": [],
        "engines": [bytes(choices.randrange(256) for _ in range(n)) for n in (0, 16, 64, 256, 512, 1024, 2048, 2048, 4096, 4096)],
        "json": [bytes([mode]) + t for mode in (0, 1, 2, 3, 7, 255) for t in json_bytes],
        "event": json_bytes,
        "ways": [bytes([mode]) + t for mode in (0, 3, 4, 8, 0x88) for t in json_bytes],
        "map": [m.encode() for m in MAPS] + [open(p, "rb").read()[:8192] for p in sorted(glob.glob(os.path.join(ROOT, "src/event/map/*.tsv")))],
        "regex": [bytes([flags]) + r.encode() + b"\0" + t for r in REGEXES for t in TEXTS for flags in (0, 1)],
        "derive": [c.encode() for c in COMMANDS],
        "filter": [b"CommandLine\0" + c.encode() for c in COMMANDS] + [b"odd: name\0a*b?c\\*\\\\ \"x\" #", b"Image\0\\", b"A\0\xe2\x80\xa8"],
        "text": [bytes([mode]) + t for mode in (0, 1, 2) for t in LINES] + LINES,
        "rule": rules, "sigma": rules, "yaml": rules, "pipeline": rules,
        "condition": [c.encode() for c in CONDITIONS],
    }
    every = json_bytes + rules + LINES + [c.encode() for c in CONDITIONS]
    return known.get(target, every)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("folder")
    p.add_argument("--sample", default=os.path.join(ROOT, "build/tests/unit/read/evtx_sample"), help="writes EVTX chunks")
    args = p.parse_args()
    count = 0
    for source in sorted(glob.glob(os.path.join(SOURCES, "*_fuzz.c"))):
        target = os.path.basename(source)[:-len("_fuzz.c")]
        folder = os.path.join(args.folder, target)
        os.makedirs(folder, exist_ok=True)
        for number, text in enumerate(texts(target)):
            with open(os.path.join(folder, f"{number:03}"), "wb") as f:
                f.write(text)
        if target == "evtx":
            subprocess.run([args.sample, "--seeds", folder], check=True)
        count += len(os.listdir(folder))
    print(f"count: {count} seeds")


if __name__ == "__main__":
    main()
