# SPDX-License-Identifier: Apache-2.0
"""Commands and yardsticks, timed. In: a command line or a file. Out: CPU and wall seconds, peak memory in MB.

Keep the program that uses this small: the system counts a parent's memory to its children until they begin.
"""
import os
import subprocess
import sys
import time
import zlib

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PIECE = 1 << 20


def cpu_model():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as f:
            return next(line.split(":", 1)[1].strip() for line in f if line.startswith("model name"))
    except (OSError, StopIteration):
        return "unknown processor"


class Run:
    """What a command took; of several at once the CPU of all and the wall time until the last one ended."""

    def __init__(self, *commands, env=None, output=subprocess.DEVNULL, good=(0, 3)):
        begin = time.monotonic()
        children = [subprocess.Popen(c, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.PIPE, env=env) for c in commands]
        self.cpu, self.rss = 0.0, 0.0
        for command, child in zip(commands, children):
            with child.stderr as f:
                said = f.read()
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            if child.returncode not in good:
                sys.exit(f"{' '.join(command[:3])} ...: code {child.returncode}: {said.decode('utf-8', 'replace')[-500:]}")
            self.cpu += usage.ru_utime + usage.ru_stime
            self.rss = max(self.rss, usage.ru_maxrss / 1024)
        self.wall = time.monotonic() - begin


def crc(paths):
    """CPU seconds of zlib's crc32 over the bytes of files, read in pieces of 1 MiB: the yardstick of whole commands."""
    piece = bytearray(PIECE)
    begin, value = time.process_time(), 0
    for path in paths:
        with open(path, "rb", buffering=0) as f:
            while n := f.readinto(piece):
                value = zlib.crc32(memoryview(piece)[:n], value)
    return time.process_time() - begin


def helper(name, path):
    """The numbers that a program of build/bench prints: name -> value. None when it was not built."""
    program = os.path.join(ROOT, "build", "bench", name)
    if not os.access(program, os.X_OK):
        return None
    out = subprocess.run([program, path], stdout=subprocess.PIPE, text=True, check=True).stdout
    return {k: float(v) for k, v in (line.split() for line in out.splitlines())}
