#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Does another reader (the PyPI package evtx) read what spoor's EVTX writer writes, as it was meant?

    evtx_writer_peer.py BUILD/tests/unit/read/evtx_sample

Prints TAP. Without the package everything is skipped."""
import json, re, subprocess, sys, tempfile

try:
    from evtx import PyEvtxParser
except ImportError:
    print("1..0 # SKIP needs the PyPI package evtx")
    sys.exit(0)

SYSTEM = {"Provider": {"#attributes": {"Name": "Microsoft-Windows-Security-Auditing", "Guid": "54849625-5478-4994-a5ba-3e3b0328c30d"}},
          "EventID": 4688, "Version": 2, "Level": 0, "Task": 12544, "Opcode": 0, "Keywords": "0x8020000000000000",
          "TimeCreated": {"#attributes": {"SystemTime": "2026-03-02T10:00:00.123456Z"}}, "Correlation": None,
          "Execution": {"#attributes": {"ProcessID": 4, "ThreadID": 8}}, "Channel": "Security", "Computer": "pc1",
          "Security": {"#attributes": {"UserID": "S-1-5-18"}}}
TYPES = {"String": "z\u00e4h <&> \U0001f600", "Ansi": "plain", "Int8": -5, "UInt8": 200, "Int16": -300, "UInt16": 60000,
         "Int32": -70000, "UInt32": 4000000000, "Int64": -5000000000, "UInt64": 18446744073709551615, "Real32": 1.5,
         "Real64": -2.5, "Bool": True, "Binary": "DEAD01", "Guid": "54849625-5478-4994-a5ba-3e3b0328c30d", "SizeT": "0x1234",
         "FileTime": "2026-03-02T10:00:00.123456Z", "SysTime": "2026-03-02T10:00:00.123000Z", "Sid": "S-1-5-18",
         "Hex32": "0xc000006d", "Hex64": "0x3e7", "Nothing": "", "Blank": ""}
PLAIN = {"System": {"Provider": {"#attributes": {"Name": "Plain"}}, "EventID": "1102", "EventRecordID": "77", "Channel": "Security"},
         "UserData": {"LogFileCleared": {"#attributes": {"xmlns": "urn:x"}, "SubjectUserName": "a&b<c", "Note": "<x>",
                                         "Flags": {"#attributes": {"value": "1"}}, "BackupPath": None}}}
WANTED = [{"System": {**SYSTEM, "EventRecordID": 1}, "EventData": TYPES},
          {"System": {**SYSTEM, "EventRecordID": 2}, "EventData": {"Data": {"#text": ["one", "", "three"]}, "Binary": None}},
          PLAIN, {"System": {**SYSTEM, "EventRecordID": 4}, "EventData": TYPES}]


def even(value):
    """The package writes GUIDs in capitals or not, and floating point numbers as text."""
    if isinstance(value, dict):
        return {k: even(v) for k, v in value.items()}
    if isinstance(value, str) and re.fullmatch(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}", value):
        return value.lower()
    if isinstance(value, str) and re.fullmatch(r"-?\d+\.\d+", value):
        return float(value)
    return [even(v) for v in value] if isinstance(value, list) else value


def main():
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = folder + "/sample.evtx"
        subprocess.run([sys.argv[1], path], check=True)
        seen, records = [], iter(PyEvtxParser(path).records_json())
        while True:
            try:
                seen.append(json.loads(next(records)["data"])["Event"])
            except StopIteration:
                break
            except RuntimeError as e:
                seen.append(str(e))
    print(f"1..{len(WANTED) + 1}")
    print(f"{'ok' if len(seen) == len(WANTED) else 'not ok'} 1 - {len(WANTED)} records, {len(seen)} seen")
    failed += len(seen) != len(WANTED)
    for i, (a, b) in enumerate(zip(WANTED, seen + [None] * len(WANTED))):
        if isinstance(b, dict):
            b.pop("#attributes", None)
        good = even(a) == even(b)
        if not good:
            print(f"# wanted {even(a)}\n# seen   {even(b)}")
        print(f"{'ok' if good else 'not ok'} {i + 2} - record {i + 1} reads as it was written")
        failed += not good
    return failed != 0


sys.exit(main())
