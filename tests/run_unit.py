#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the unit tests of a build folder and counts the single tests: tests/run_unit.py DIR [--suite NAME] [--wrapper COMMAND]"""
import os
import subprocess
import sys
import xml.etree.ElementTree as ET


def counts(path):
    """(programs, tests, failed, skipped) of Meson's JUnit report."""
    programs = tests = failed = skipped = 0
    for suite in ET.parse(path).getroot().iter("testsuite"):
        cases = list(suite.iter("testcase"))
        programs += 1
        tests += len(cases)
        failed += sum(1 for c in cases if c.find("failure") is not None or c.find("error") is not None)
        skipped += sum(1 for c in cases if c.find("skipped") is not None)
    return programs, tests, failed, skipped


def main():
    folder, more = sys.argv[1], sys.argv[2:]
    wrapper = more[more.index("--wrapper") + 1].split()[0] if "--wrapper" in more else None
    report = os.path.join(folder, "meson-logs", "testlog" + (f"-{wrapper}" if wrapper else "") + ".junit.xml")
    if os.path.exists(report):
        os.unlink(report)
    env = dict(os.environ)
    # A finding must be a failure; a sanitizer's report names the line.
    env.setdefault("UBSAN_OPTIONS", "halt_on_error=1:print_stacktrace=1")
    env.setdefault("ASAN_OPTIONS", "allocator_may_return_null=1:detect_leaks=1")
    env.setdefault("TSAN_OPTIONS", "halt_on_error=1:second_deadlock_stack=1")
    r = subprocess.run(["meson", "test", "-C", folder, "--no-rebuild", "--print-errorlogs", *more], env=env, check=False)
    if not os.path.exists(report):
        print("no report was written: there is no test to run")
        return r.returncode or 1
    programs, tests, failed, skipped = counts(report)
    print(f"count: {tests} tests in {programs} programs" + (f", {failed} failed" if failed else "")
          + (f", {skipped} skipped" if skipped else ""))
    return r.returncode


if __name__ == "__main__":
    sys.exit(main())
