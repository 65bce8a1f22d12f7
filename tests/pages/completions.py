#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The completions at work: tests/pages/completions.py [BUILD-FOLDER]

Types the beginning of a line and the TAB key into bash, zsh and fish, each on a terminal of its own, and looks at the
line that the shell then runs. A shell that is not installed is skipped, and said.
"""
import os
import pty
import re
import select
import shutil
import signal
import sys
import tempfile
import time

# What is typed before TAB, and the line that must come of it.
CASES = [
    ("sim", "simulate"),
    ("rules ch", "rules check"),
    ("help dec", "help decode"),
    ("hunt --no-o", "hunt --no-own-rules"),
    ("hunt logs --summ", "hunt logs --summary"),
    ("hunt --level crit", "hunt --level critical"),
    ("hunt --engine=pl", "hunt --engine=plain"),
    ("hunt --format sig", "hunt --format sightings"),
    ("decode x.evtx --format xm", "decode x.evtx --format xml"),
    ("explain --color nev", "explain --color never"),
    ("hunt --rules onl", "hunt --rules only-this.yml"),
    ("hunt onl", "hunt only-this.yml"),
    ("rules check onl", "rules check only-this.yml"),
    ("simulate --out wor", "simulate --out world"),
]
# Each shell is told to show the line that it was given instead of running spoor.
START = {
    "bash": (["bash", "--noprofile", "--norc", "-i"], "PS1=; bind 'set enable-bracketed-paste off'; source {folder}/spoor; spoor() {{ echo \"LINE<$*\"'>'; }}\n"),
    "zsh": (["zsh", "-f", "-i"], "PS1=; fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; spoor() {{ print -r -- \"LINE<$*\"'>' }}\n"),
    "fish": (["fish", "--no-config", "-i"], "source {folder}/spoor.fish; function spoor; echo \"LINE<$argv\"'>'; end\n"),
}


class Terminal:
    """A shell in a folder, on a terminal that this program plays."""

    def __init__(self, argv, folder):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.chdir(folder)
            env = {"PATH": os.environ["PATH"], "HOME": folder, "TERM": "xterm", "LC_ALL": "C.UTF-8", "HISTFILE": ""}
            os.execvpe(argv[0], argv, env)
        self.seen = ""

    def type(self, text):
        os.write(self.fd, text.encode())

    def line(self, seconds=30):
        """What the next LINE<...> holds; None when none came."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = re.search(r"LINE<([^>$]*)>", self.seen)
            if found:
                self.seen = self.seen[found.end():]
                return " ".join(found[1].split())
            if select.select([self.fd], [], [], 0.2)[0]:
                try:
                    self.seen += os.read(self.fd, 65536).decode("utf-8", "replace")
                except OSError:
                    return None
        return None

    def close(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def try_shell(name, completions, folder):
    """Cases that came out wrong, as lines."""
    argv, start = START[name]
    terminal, wrong = Terminal(argv, folder), []
    terminal.type(start.format(folder=completions) + "spoor ready\n")
    if terminal.line() != "ready":
        wrong.append(f"{name}: does not start: {terminal.seen!r}")
    for typed, wanted in CASES if not wrong else []:
        terminal.type(f"spoor {typed}\t\n")
        got = terminal.line()
        if got is None or got.rstrip("/ ") != wanted:
            wrong.append(f"{name}: spoor {typed}<TAB> gives {got!r}, not {wanted!r}")
    terminal.close()
    return wrong


def main():
    build = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else "build")
    wrong, tried, skipped = [], [], []
    for name in START:
        if not shutil.which(name):
            skipped.append(name)
            continue
        with tempfile.TemporaryDirectory(prefix="spoor-completion-") as folder:
            open(os.path.join(folder, "only-this.yml"), "w", encoding="utf-8").close()
            os.mkdir(os.path.join(folder, "world"))
            wrong += try_shell(name, os.path.join(build, "man"), folder)
        tried.append(name)
    print("\n".join(wrong))
    print(f"count: {len(CASES)} lines in {', '.join(tried)}: {len(wrong)} wrong" + (f"; not installed: {', '.join(skipped)}" if skipped else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
