#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Every (log source, field) that a live SigmaHQ rule names is mapped or absent, none undecided.

    fields.py PROBE [RULES]        PROBE: build/tests/unit/event/event_probe; RULES: a checkout of SigmaHQ/sigma,
                                   default: sigma-rules below $SPOOR_PACKS or ~/.cache/spoor-data

A rule that names a category: each class with it must decide the field. A rule that names a service alone: one class
of it must. Exit 77 (skipped) where the rules or python3-yaml are not there."""
import glob
import os
import subprocess
import sys


def names(node):
    """Field names of a detection, those that fieldref names among them."""
    if isinstance(node, list):
        for x in node:
            yield from names(x)
    elif isinstance(node, dict):
        for key, value in node.items():
            field, *modifiers = str(key).split("|")
            if field:
                yield field
            if "fieldref" in modifiers:
                yield from (str(v) for v in (value if isinstance(value, list) else [value]))


def wanted(base, yaml):
    found = set()
    for folder in ("rules", "rules-emerging-threats", "rules-threat-hunting"):
        for path in glob.glob(os.path.join(base, folder, "**", "*.yml"), recursive=True):
            with open(path, encoding="utf-8") as f:
                for rule in yaml.load_all(f, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)):
                    if rule and "detection" in rule:
                        source = tuple(str(rule["logsource"].get(k) or "-") for k in ("product", "category", "service"))
                        for key, node in rule["detection"].items():
                            if key != "condition":
                                found |= {(*source, n) for n in names(node)}
    return sorted(found)


def main():
    packs = os.environ.get("SPOOR_PACKS") or os.path.expanduser("~/.cache/spoor-data")
    probe, base = (sys.argv[1:] + [os.path.join(packs, "sigma-rules")])[:2]
    try:
        import yaml
    except ImportError:
        print("needs python3-yaml")
        sys.exit(77)
    if not os.path.isdir(os.path.join(base, "rules")):
        print(f"no rules in {base}")
        sys.exit(77)
    rows = wanted(base, yaml)
    run = subprocess.run([probe, "fields"], input="".join("\t".join(r) + "\n" for r in rows), capture_output=True, text=True, check=True)
    bad = 0
    for row, line in zip(rows, run.stdout.splitlines()):
        said = [s.rsplit("=", 1) for s in line.split("\t", 4)[4].split(" ") if s]
        states = [s for _, s in said]
        ok = states and "undecided" not in states if row[1] != "-" else any(s != "undecided" for s in states)
        if not ok:
            bad += 1
            print(f"undecided: product {row[0]}, category {row[1]}, service {row[2]}, field {row[3]}:",
                  ", ".join(c for c, s in said if s == "undecided") or "no class has this log source")
    print(f"{len(rows)} fields of log sources, {bad} undecided")
    sys.exit(bad != 0)


main()
