#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goldens: what the program prints, down to the byte.

    tests/golden/golden.py [--spoor build/spoor] [--only TEXT] [--update]

Each folder of tests/golden/cases is a case and runs in a scratch copy of itself:
    cmd      arguments, one line as in a shell (quotes, no variables); of several lines the last one is the case, and those
             before it, which must end well, prepare it
    stdin    what it reads from standard input (absent: nothing)
    stdout   what it must print, exactly; or stdout.pattern: a regular expression for all of it
    code     its exit code (absent: 0)
    stderr   one regular expression a line, each found somewhere in its stderr; an empty file: it says nothing
Further files are input; `sample.evtx` is there too where cmd names it: a value of every type, from spoor's own writer. --update writes stdout and code as they are now; read the diff before you commit it.
"""
import argparse
import difflib
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")


def read(path):
    try:
        with open(path, encoding="utf-8", errors="surrogateescape", newline="") as f:
            return f.read()
    except FileNotFoundError:
        return None


def told(err):
    """The lines of stderr that are the same each time."""
    return [line for line in err.splitlines() if line.startswith(b"spoor: ")]


def run(spoor, case):
    """(code, stdout, stderr) of a case, in a scratch copy of its folder."""
    with tempfile.TemporaryDirectory(prefix="spoor-golden-") as scratch:
        place = os.path.join(scratch, "case")
        shutil.copytree(case, place)
        if "sample.evtx" in read(os.path.join(case, "cmd")):
            writer = os.path.join(os.path.dirname(spoor), "tests", "unit", "read", "evtx_sample")
            subprocess.run([writer, os.path.join(place, "sample.evtx")], check=True, stdout=subprocess.DEVNULL)
        env = {k: v for k, v in os.environ.items() if not k.startswith("SPOOR_")}
        env |= {"NO_COLOR": "1", "XDG_CACHE_HOME": os.path.join(scratch, "cache"), "TZ": "UTC", "LC_ALL": "C.UTF-8"}
        *before, argv = [shlex.split(line) for line in read(os.path.join(case, "cmd")).splitlines()] or [[]]

        def once(argv=argv):
            return subprocess.run([spoor, *argv], cwd=place, env=env, timeout=120, check=False,
                                  input=(read(os.path.join(case, "stdin")) or "").encode("utf-8", "surrogateescape"),
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for step in before:
            r = once(step)
            if r.returncode != 0:
                return r.returncode, "", f"a step before the case failed: {shlex.join(step)}: {r.stderr.decode()}"
        r = once()
        if argv[:1] == ["hunt"] and "--case" not in argv:  # again, with the rules from the plan cache
            warm = once()
            if (warm.returncode, warm.stdout, told(warm.stderr)) != (r.returncode, r.stdout, told(r.stderr)):
                r.stderr += b"\nthe same hunt with a warm plan cache says something else:\n" + warm.stdout + warm.stderr
                r.returncode = -1000
    return r.returncode, r.stdout.decode("utf-8", "surrogateescape"), r.stderr.decode("utf-8", "surrogateescape")


def differences(case, code, out, err):
    """What differs from what the folder says, as lines; none: all is well."""
    wrong = []
    wanted_code = int(read(os.path.join(case, "code")) or 0)
    if code != wanted_code:
        wrong.append(f"exit code {code}, wanted {wanted_code}; stderr: {err.strip()[-400:]}")
    pattern = read(os.path.join(case, "stdout.pattern"))
    if pattern is not None:
        if not re.fullmatch(pattern.rstrip("\n"), out.rstrip("\n"), re.S):
            wrong.append(f"stdout does not read like {pattern.strip()!r}: {out[:400]!r}")
    else:
        wanted = read(os.path.join(case, "stdout")) or ""
        if out != wanted:
            wrong += difflib.unified_diff(wanted.splitlines(), out.splitlines(), "wanted", "seen", lineterm="")
            wrong = wrong or ["stdout differs in its line ends"]
    said = read(os.path.join(case, "stderr"))
    if said == "" and err:
        wrong.append(f"stderr should be empty: {err[:400]!r}")
    for line in (said or "").splitlines():
        if not re.search(line, err):
            wrong.append(f"stderr holds no {line!r}: {err[:400]!r}")
    return wrong


def update(case, code, out):
    if not os.path.exists(os.path.join(case, "stdout.pattern")):
        with open(os.path.join(case, "stdout"), "w", encoding="utf-8", errors="surrogateescape", newline="") as f:
            f.write(out)
    path = os.path.join(case, "code")
    if code:
        with open(path, "w", encoding="utf-8") as f:
            f.write(f"{code}\n")
    elif os.path.exists(path):
        os.unlink(path)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("--spoor", default="build/spoor")
    p.add_argument("--only", default="")
    p.add_argument("--update", action="store_true")
    p.add_argument("--cases", default=CASES)
    args = p.parse_args()
    spoor = os.path.abspath(args.spoor)
    if not os.access(spoor, os.X_OK):
        sys.exit(f"{spoor}: no program there; build first")
    names = [n for n in sorted(os.listdir(args.cases)) if args.only in n and os.path.exists(os.path.join(args.cases, n, "cmd"))]
    failed = 0
    for name in names:
        case = os.path.join(args.cases, name)
        code, out, err = run(spoor, case)
        if args.update:
            update(case, code, out)
        wrong = differences(case, code, out, err)
        failed += bool(wrong)
        if wrong:
            print(f"FAIL {name}\n" + "\n".join(f"     {line}" for line in wrong[:60]))
    print(f"count: {len(names)} cases, {failed} failed")
    return 1 if failed or not names else 0


if __name__ == "__main__":
    sys.exit(main())
