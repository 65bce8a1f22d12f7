# SPDX-License-Identifier: Apache-2.0
"""What the writers of pages share: the tables as cmd/spoor/describe.c prints them, and what they let one know."""
import json
import re

LEVELS = "informational low medium high critical".split()
STATUSES = "stable test experimental deprecated unsupported".split()
# Words for a value that stand for files; every other word stands for text that nobody can guess.
FILES = {"FILE", "PATH", "KEYFILE", "NAME=FILE"}
FOLDERS = {"DIR"}


def load(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def choices(option):
    """All values that the table says an option can have; empty: it does not say."""
    value = option["value"] or ""
    if "|" in value:
        return value.split("|")
    return {"LEVEL": LEVELS, "LIST": STATUSES if option["name"] == "--status" else []}.get(value, [])


def options_of(tables, verb):
    """A verb's own options, then the common ones that it has not written itself."""
    own = {o["name"] for o in verb["options"]}
    return verb["options"], [o for o in tables["common"] if o["name"] not in own]


def subverbs(tables, verb):
    """The first operand's choices: `check|list|stat|test PATH` of rules, `[hosts|sighting ID]` of show; of help, the verbs."""
    if verb["synopsis"] == "[VERB]":
        return [v["name"] for v in tables["verbs"]]
    head = re.match(r"\[([^\]]*)\]|(\S*)", verb["synopsis"])
    words = [part.split(" ")[0] for part in (head[1] or head[2] or "").split("|")]
    return words if len(words) > 1 and all(re.fullmatch(r"[a-z][a-z-]*", w) for w in words) else []


def takes_files(verb):
    """Whether an operand of the verb is a path: the synopsis, less its options, says PATH or FILE."""
    operands = re.sub(r"\[?-[^\s\]]+(?: [^\s\]]+)?\]?", "", verb["synopsis"])
    return bool(re.search(r"PATH|FILE|RULE", operands))


def kind(option):
    """What completes an option's value: "none" (a flag), "choices", "files", "folders", "text"."""
    if not option["value"]:
        return "none"
    if choices(option):
        return "choices"
    return "files" if option["value"] in FILES else "folders" if option["value"] in FOLDERS else "text"
