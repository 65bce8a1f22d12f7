#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Logs in archives give what the same logs give unpacked: sightings, offsets, ids, troubles, counts; with any number of threads.

    tests/archives.py [--spoor build/spoor] [--sample build/tests/unit/read/evtx_sample]

The fixture is that of tests/threads.py: everything that could betray where a file was cut. It is packed by Python's own
zipfile and tarfile.
"""
import argparse
import bz2
import gzip
import json
import lzma
import os
import re
import shutil
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
import zlib

import threads


def files_of(folder, what):
    for root, _, names in sorted(os.walk(os.path.join(folder, what))):
        for name in sorted(names):
            path = os.path.join(root, name)
            yield path, os.path.relpath(path, folder)


def pack_zip(path, files, how=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", how) as z:
        for full, name in files:
            z.write(full, name)


def pack_tar(path, files, mode):
    with tarfile.open(path, mode) as t:
        for full, name in files:
            t.add(full, name)


def pack_nested(folder, files):
    """A tar.gz in a zip in a tar."""
    inner, middle = os.path.join(folder, "inner.tar.gz"), os.path.join(folder, "middle.zip")
    pack_tar(inner, files, "w:gz")
    pack_zip(middle, [(inner, "inner.tar.gz")], zipfile.ZIP_STORED)
    pack_tar(os.path.join(folder, "outer.tar"), [(middle, "middle.zip")], "w")
    os.unlink(inner)
    os.unlink(middle)


def pack_gz_members(folder, files):
    """A zip in which each file is compressed on its own, by one of three."""
    ways = ((".gz", gzip.compress), (".xz", lambda b: lzma.compress(b, preset=1)), (".bz2", bz2.compress))
    with zipfile.ZipFile(os.path.join(folder, "each.zip"), "w") as z:
        for i, (full, name) in enumerate(files):
            with open(full, "rb") as f:
                z.writestr(name + ways[i % 3][0], ways[i % 3][1](f.read()))


def lines_of(notes):
    """Notes in any order; a path is quoted in a command only where the shell needs it."""
    return sorted(line.replace(b"'", b"") if line.startswith(b"spoor explain ") else line for line in notes.splitlines())


def named_as_packed(result, prefix, suffix, what):
    """The outcome of the unpacked folder, in the words of an archive."""
    def name(path):
        return prefix + path + next((s for s in suffix(path)), "")

    code, out, summary, notes = result
    out = re.sub(rb'"source":"((?:small|large|text|odd)/[^"]*)"', lambda m: b'"source":"' + name(m[1].decode()).encode() + b'"', out)
    summary = json.loads(json.dumps(summary))
    for one in summary["sources"] + summary["skipped"]:
        one["source"] = name(one["source"])
        if one.get("reason", "").startswith("duplicate of "):
            one["reason"] = "duplicate of " + name(one["reason"][13:])
    words = re.sub(rf"((?:{what})/[\w./-]*\w)".encode(), lambda m: name(m[1].decode()).encode(), notes)
    return code, b"\n".join(sorted(out.splitlines())), summary, lines_of(words)


def as_is(result):
    code, out, summary, notes = result
    return code, b"\n".join(sorted(out.splitlines())), summary, lines_of(notes)


def compare(hunter, what, archive, prefix, suffix=lambda path: [], options=(), jobs=threads.JOBS):
    runs = [(f"-j {j}", hunter.run(archive, "--format", "json", "-j", j, *options)) for j in jobs]
    hunter.differ(f"{archive} of {what}", *runs)
    plain = named_as_packed(hunter.run(what, "--format", "json", "-j", "3", *options), prefix, suffix, what)
    for result in (plain, as_is(runs[0][1])):
        for key in ("sources", "skipped"):
            result[2][key].sort(key=lambda s: s["source"])
    hunter.differ(f"{archive} of {what}", ("unpacked", plain), ("packed", as_is(runs[0][1])))


def through_pipe(hunter, archive, options=()):
    def plain(result):
        code, out, _, _ = result
        return code, out.replace(archive.encode() + b"!", b"-!")

    with subprocess.Popen(["cat", os.path.join(hunter.folder, archive)], stdout=subprocess.PIPE) as cat:
        piped = hunter.run("-", "--format", "json", *options, stdin=cat.stdout)
        cat.stdout.close()
    hunter.differ(archive, ("the pipe", plain(piped)), ("the file", plain(hunter.run(archive, "--format", "json", *options))))


def odd(folder):
    """What is never cut: one part that its reader reads on into."""
    lines = [threads.event(n, 4688) for n in range(4000)]
    for name, text in (("pretty.json", "\n".join(json.dumps(e, indent=2) for e in lines)), ("array.json", json.dumps(lines)),
                       ("wide.json", "\ufeff" + "\n".join(map(json.dumps, lines)))):
        threads.write(os.path.join(folder, "odd", name), text.encode("utf-16-le" if name == "wide.json" else "utf-8"))
    threads.write(os.path.join(folder, "odd", "long.ndjson"), threads.long(7) * 2 + b"".join(map(threads.line, range(5000))))
    threads.write(os.path.join(folder, "odd", "empty.log"), b"")


def copies_count_once(hunter, folder):
    """A file, the same in a zip, and the same compressed: one is hunted."""
    for name in ("first/a.log", "second/b.log"):
        threads.write(os.path.join(folder, "copies", name), b"needle 77 and more\n" * 3)
    with zipfile.ZipFile(os.path.join(folder, "copies", "c.zip"), "w") as z:
        z.writestr("in.log", b"needle 77 and more\n" * 3)
    threads.write(os.path.join(folder, "copies", "d.log.gz"), gzip.compress(b"needle 77 and more\n" * 3))
    _, out, summary, _ = hunter.run("copies", "--format", "json", *threads.TEXT_SOURCE)
    reasons = sorted((s["source"], s["reason"]) for s in summary["skipped"])
    first = "copies/c.zip!in.log"
    want = [(name, "duplicate of " + first) for name in ("copies/d.log.gz", "copies/first/a.log", "copies/second/b.log")]
    if reasons != want or out.count(b"\n") != 3:
        hunter.bad += 1
        print(f"copies: {out.count(chr(10).encode())} sightings, skipped {reasons}")


def hunt(hunter, what):
    """Code, output and notes, whatever they are."""
    r = subprocess.run([*hunter.argv, what, "--format", "json"], cwd=hunter.folder, env=hunter.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                       stderr=subprocess.PIPE, timeout=600, check=False)
    hunter.runs += 1
    return r.returncode, r.stdout, r.stderr


def cut_files(hunter, folder):
    """Of a compressed file that is cut, everything is found that its decompressor can give."""
    whole = b"".join(map(threads.line, range(0, 3000)))
    for ext, pack, unpacker in (("gz", gzip.compress, lambda: zlib.decompressobj(31)), ("xz", lambda b: lzma.compress(b, preset=1), lzma.LZMADecompressor)):
        packed = pack(whole)
        for share in (0, 1, 10, 300, 500, 900, 999, 1000):
            cut = packed[:30 + (len(packed) - 31) * share // 1000]
            left = unpacker().decompress(cut)
            threads.write(os.path.join(folder, "cut." + ext), cut)
            threads.write(os.path.join(folder, "cut.ndjson"), left[:left.rfind(b"\n") + 1])
            code, out, notes = hunt(hunter, "cut." + ext)
            plain = hunt(hunter, "cut.ndjson")[1].replace(b"cut.ndjson", b"cut." + ext.encode())
            if out != plain or code not in (3, 5) or b"ends too early" not in notes:
                hunter.bad += 1
                print(f"cut.{ext} at {len(cut)} of {len(packed)}: code {code}, {out.count(b'{')} and {plain.count(b'{')}: {notes[:200]}")


def large_window(hunter, folder):
    """An xz that asks for a window of 4 GiB is refused by the name of the limit."""
    packed = bytearray(lzma.compress(threads.line(3)))
    size = 4 * (packed[12] + 1)
    packed[16] = 40
    packed[12 + size - 4:12 + size] = struct.pack("<I", zlib.crc32(packed[12:12 + size - 4]))
    threads.write(os.path.join(folder, "window.xz"), packed)
    code, _, notes = hunt(hunter, "window.xz")
    if code != 5 or b"limit spool-bytes allows); raise --limit spool-bytes=N" not in notes:
        hunter.bad += 1
        print(f"window.xz: code {code}: {notes[:300]}")


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--spoor", default="build/spoor")
    p.add_argument("--sample", default="build/tests/unit/read/evtx_sample")
    args = p.parse_args()
    folder = tempfile.mkdtemp(prefix="spoor-archives-")
    try:
        threads.fixture(folder, os.path.abspath(args.sample))
        hunter = threads.Hunter(args.spoor, folder)
        large, text, small = (list(files_of(folder, what)) for what in ("large", "text", "small"))
        pack_zip(os.path.join(folder, "a.zip"), large)
        compare(hunter, "large", "a.zip", "a.zip!")
        pack_nested(folder, large)
        compare(hunter, "large", "outer.tar", "outer.tar!middle.zip!inner.tar.gz!")
        pack_tar(os.path.join(folder, "small.tar.xz"), small, "w:xz")
        compare(hunter, "small", "small.tar.xz", "small.tar.xz!", jobs=("1", "3"))
        pack_gz_members(folder, large)
        order = {name: i % 3 for i, (_, name) in enumerate(large)}
        compare(hunter, "large", "each.zip", "each.zip!", lambda path: [(".gz", ".xz", ".bz2")[order[path]]], jobs=("3",))
        pack_tar(os.path.join(folder, "text.tar.bz2"), text, "w:bz2")
        compare(hunter, "text", "text.tar.bz2", "text.tar.bz2!", options=threads.TEXT_SOURCE, jobs=("1", "3"))
        odd(folder)
        pack_tar(os.path.join(folder, "odd.tar.gz"), list(files_of(folder, "odd")), "w:gz")
        compare(hunter, "odd", "odd.tar.gz", "odd.tar.gz!")
        through_pipe(hunter, "outer.tar")
        through_pipe(hunter, "a.zip")
        copies_count_once(hunter, folder)
        cut_files(hunter, folder)
        large_window(hunter, folder)
    finally:
        shutil.rmtree(folder)
    print(f"count: {hunter.runs} runs, {hunter.lines} lines, {hunter.bad} wrong")
    sys.exit(1 if hunter.bad or not hunter.lines else 0)


if __name__ == "__main__":
    main()
