#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The logs that the bench reads: `bench/corpus.py FOLDER MEGABYTES`.

In: the data packs of ../shared (evtx-attack, windows-json); without them spoor's own sample. Out: files in FOLDER and
FOLDER/index.json, name -> {path, bytes, records, head, head_records}.

  mixed      dense chunks (58,000 bytes of records or more) of all EVTX files, over and over inside one file
  security   those of pure Security logs, sysmon those of pure Sysmon logs
  ndjson     OTRF events, over and over

`head` is a shorter file of the same kind, to find the rules that fire on too much of it. A program of its own, so that
the bench stays small: the system counts a parent's memory to its children.
"""
import binascii
import glob
import json
import os
import random
import re
import struct
import subprocess
import sys
import zipfile

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DENSE = 58000
CHUNK = 65536
HEAD_MB = 32
OTRF_BYTES = 160 << 20
PURE = {"security": r"Security=\d+", "sysmon": r"Microsoft-Windows-Sysmon/Operational=\d+"}


def packs():
    """Folder of the unpacked data packs, or None."""
    unpack = os.path.join(ROOT, "..", "shared", "data", "unpack")
    if not os.access(unpack, os.X_OK):
        return None
    r = subprocess.run([unpack], stdout=subprocess.PIPE, text=True, check=False)
    return r.stdout.strip().splitlines()[-1] if r.returncode == 0 else None


# ---------------------------------------------------------------- EVTX

def chunks_of(path):
    with open(path, "rb") as f:
        f.seek(4096)
        while len(chunk := f.read(CHUNK)) == CHUNK:
            if chunk.startswith(b"ElfChnk\0"):
                yield chunk


def used(chunk):
    """Bytes of the chunk up to its free space."""
    return min(struct.unpack_from("<I", chunk, 48)[0], CHUNK)


def records_in(chunk):
    """How many records stand in a chunk, by signature and size."""
    at, count, end = 512, 0, used(chunk)
    while at + 28 <= end:
        magic, size = struct.unpack_from("<II", chunk, at)
        if magic != 0x2A2A or size < 28:
            break
        at += size
        count += 1
    return count


def evtx_files(base):
    return sorted(glob.glob(os.path.join(glob.escape(base), "**", "*.evtx"), recursive=True))


def dense_chunks(base):
    """name -> chunks; which logs are pure stands in the pack's LABELS.tsv."""
    with open(os.path.join(base, "LABELS.tsv"), encoding="utf-8") as f:
        head = f.readline().rstrip("\n").split("\t")
        rows = [dict(zip(head, line.rstrip("\n").split("\t"))) for line in f]
    channels = {row["file"]: row["channels"] for row in rows}
    groups = {"mixed": [], "security": [], "sysmon": []}
    for path in evtx_files(base):
        dense = [c for c in chunks_of(path) if used(c) >= DENSE]
        groups["mixed"] += dense
        for name, pattern in PURE.items():
            if re.fullmatch(pattern, channels.get(os.path.relpath(path, base), "")):
                groups[name] += dense
    return {name: chunks for name, chunks in groups.items() if chunks}


def evtx_header(chunks):
    b = bytearray(4096)
    struct.pack_into("<8sQQQIHHHH", b, 0, b"ElfFile\0", 0, chunks - 1, 1, 128, 1, 3, 4096, min(chunks, 65535))
    struct.pack_into("<I", b, 124, binascii.crc32(bytes(b[:120])))
    return b


def write_chunks(chunks, megabytes, path):
    """One EVTX file of these chunks over and over; returns its records."""
    left, total = megabytes * 16, 0
    counts = [records_in(c) for c in chunks]
    with open(path, "wb") as f:
        f.write(evtx_header(left))
        while left > 0:
            part = min(left, len(chunks))
            f.write(b"".join(chunks[:part]))
            total += sum(counts[:part])
            left -= part
    return total


def write_grown(path, times, to):
    """The chunks of an EVTX file, several times over."""
    with open(path, "rb") as f, open(to, "wb") as out:
        f.seek(0, os.SEEK_END)
        out.write(evtx_header((f.tell() - 4096) // CHUNK * times))
        for _ in range(times):
            f.seek(4096)
            while piece := f.read(1 << 24):
                out.write(piece)


# ---------------------------------------------------------------- NDJSON

def otrf_lines(base):
    """Events of the OTRF recordings, zip by zip and member by member, up to a size."""
    lines, size = [], 0
    for path in sorted(glob.glob(os.path.join(glob.escape(base), "otrf", "**", "*.zip"), recursive=True)):
        with zipfile.ZipFile(path) as z:
            names = sorted(n for n in z.namelist() if n.endswith(".json") and not n.startswith("__MACOSX"))
            for name in names:
                for line in z.read(name).split(b"\n"):
                    if line.startswith(b"{"):
                        lines.append(line.rstrip(b"\r") + b"\n")
                        size += len(lines[-1])
                        if size >= OTRF_BYTES:
                            return lines
    return lines


def write_lines(lines, megabytes, path):
    """These lines over and over, up to a size; returns how many."""
    size, count = megabytes << 20, 0
    with open(path, "wb") as f:
        while size > 0:
            for line in lines:
                if size < len(line):
                    return count
                f.write(line)
                size -= len(line)
                count += 1
    return count


# ---------------------------------------------------------------- all of them

def write(folder, name, end, parts, put, megabytes):
    random.Random(1).shuffle(parts)
    path, head = (os.path.join(folder, name + x + end) for x in ("", "-head"))
    records, head_records = (put(parts, mb, p) for mb, p in ((megabytes, path), (min(megabytes, HEAD_MB), head)))
    return {"path": path, "bytes": os.path.getsize(path), "records": records, "head": head, "head_records": head_records}


def main():
    folder, megabytes, data = sys.argv[1], int(sys.argv[2]), packs()
    if data:
        groups = dense_chunks(os.path.join(data, "evtx-attack"))
    else:
        sample = os.path.join(folder, "sample.evtx")
        subprocess.run([os.path.join(ROOT, "build/tests/unit/read/evtx_sample"), sample], check=True)
        groups = {"mixed": list(chunks_of(sample))}
    index = {name: write(folder, name, ".evtx", chunks, write_chunks, megabytes) for name, chunks in groups.items()}
    lines = otrf_lines(os.path.join(data, "windows-json")) if data else []
    if lines:
        index["ndjson"] = write(folder, "ndjson", ".ndjson", lines, write_lines, megabytes)
    with open(os.path.join(folder, "index.json"), "w", encoding="utf-8") as f:
        json.dump({"data": data, "corpora": index}, f)


if __name__ == "__main__":
    main()
