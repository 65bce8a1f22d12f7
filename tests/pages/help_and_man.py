#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Help and manual say the same: tests/pages/help_and_man.py [BUILD-FOLDER]

For each verb that `spoor help` lists: `spoor help VERB` and `spoor VERB --help` are the same bytes; its manual page has
the same synopsis, description, options and exit codes, word for word and in the same order; mandoc, where it is
installed, finds no error in it. A page without prose of its own (man/VERB.scd) is listed, and no failure.
"""
import os
import re
import shutil
import subprocess
import sys

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../..")


def spoor(build, *argv):
    return subprocess.run([os.path.join(build, "spoor"), *argv], stdout=subprocess.PIPE, check=True).stdout.decode()


def sections(path):
    """Title -> words of a page, from the roff that scdoc writes."""
    with open(path, encoding="utf-8") as f:
        text = f.read()
    text = re.sub(r"\\f.|\\&", "", text).replace("\\(aq", "'").replace("\\*(Aq", "'").replace("\\(ti", "~").replace("\\(ha", "^")
    text = re.sub(r"\\(.)", r"\1", text.replace("\\e", "\\\\"))
    out, title = {}, None
    for line in text.split("\n"):
        if line.startswith(".SH "):
            title = line[4:].strip('"')
            out[title] = []
        elif title and not line.startswith("."):
            out[title] += line.split()
    return out


def parts(text, verb):
    """The same titles -> words, from the help."""
    head, _, rest = text.partition("\n\n")
    rest, _, codes = rest.partition("\nExit codes: ")
    out = {"SYNOPSIS": head.split(), "EXIT STATUS": re.sub(r"[;.](\s|$)", r"\1", codes).split()}
    found = re.split(rf"(?m)^(Options of {re.escape(verb)}|Common options):\n", rest)
    out["DESCRIPTION"] = found[0].split()
    for title, body in zip(found[1::2], found[2::2]):
        out["COMMON OPTIONS" if title[0] == "C" else "OPTIONS"] = body.split()
    return out


def differences(build, verb):
    told = spoor(build, "help", verb)
    if spoor(build, verb, "--help") != told:
        yield f"`spoor {verb} --help` is not `spoor help {verb}`"
    page = sections(os.path.join(build, "man", "man1", f"spoor-{verb}.1"))
    for title, words in parts(told, verb).items():
        if page.get(title) != words:
            yield f"{title} differs: help {' '.join(words)!r}, page {' '.join(page.get(title, []))!r}"


def lint(path):
    if not shutil.which("mandoc"):
        return []
    return subprocess.run(["mandoc", "-Tlint", "-W", "error", path], stdout=subprocess.PIPE, check=False).stdout.decode().splitlines()


def main():
    build = sys.argv[1] if len(sys.argv) > 1 else "build"
    verbs = re.findall(r"(?m)^  ([a-z][a-z-]*)  ", spoor(build, "help"))
    folder = os.path.join(build, "man", "man1")
    if not os.path.isdir(folder):
        print("count: skipped, scdoc is not installed and there are no pages")
        return 0
    wrong = [f"{v}: {what}" for v in verbs for what in differences(build, v)]
    wrong += [line for name in sorted(os.listdir(folder)) for line in lint(os.path.join(folder, name))]
    bare = [v for v in verbs if not os.path.exists(os.path.join(ROOT, "man", v + ".scd"))]
    stray = [n for n in sorted(os.listdir(os.path.join(ROOT, "man"))) if n.endswith(".scd") and n[:-4] not in [*verbs, "spoor"]]
    wrong += [f"man/{name}: there is no such verb" for name in stray] + ([] if verbs else ["`spoor help` lists no verb"])
    print("\n".join(wrong))
    print(f"count: {len(verbs)} verbs, {len(wrong)} differences" + (f"; without prose in man/: {' '.join(bare)}" if bare else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
