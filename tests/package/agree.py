#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What is written twice says the same: the build packages of packages.txt and Build-Depends of debian/control, the
version in meson.build and in debian/changelog. One line a difference; exit 1 when there is any."""
import os
import re
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")
# A Debian build has these anyway (build-essential), and debhelper by its level.
IMPLIED = {"gcc", "libc6-dev", "make"}
OWN = {"debhelper-compat"}


def read(name):
    with open(os.path.join(ROOT, name), encoding="utf-8") as f:
        return f.read()


def build_packages():
    """Those under `# build` in packages.txt, and Python, which writes tables while spoor is built."""
    section = read("packages.txt").split("# build\n")[1].split("\n\n")[0]
    return {line.split("#")[0].strip() for line in section.splitlines()} - {""} - IMPLIED | {"python3"}


def build_depends():
    field = re.search(r"(?m)^Build-Depends:((?:.*\n)(?:[ \t].*\n)*)", read("debian/control"))[1]
    return {re.sub(r"\s*\(.*\)", "", entry).strip() for entry in field.split(",")} - OWN


def main():
    wanted, there = build_packages(), build_depends()
    wrong = [f"debian/control: Build-Depends lacks {name}, which packages.txt has under `# build`; add it" for name in sorted(wanted - there)]
    wrong += [f"debian/control: Build-Depends has {name}, which packages.txt has not under `# build`" for name in sorted(there - wanted)]
    version = re.search(r"version: '([^']+)'", read("meson.build"))[1]
    packaged = re.match(r"spoor \(([^)]+)-\d+\)", read("debian/changelog"))
    if not packaged or packaged[1] != version:
        wrong.append(f"debian/changelog: its newest entry is not of version {version} (meson.build); write one with `dch -v {version}-1`")
    print("\n".join(wrong))
    print(f"count: {len(wanted)} build packages, {len(wrong)} differences")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
