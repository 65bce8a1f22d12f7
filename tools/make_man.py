#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the manual pages: make_man.py TABLES.json PROSE-FOLDER CHANGELOG OUT-FOLDER

In: the tables of the command line, PROSE-FOLDER/spoor.scd and VERB.scd (what no table can say: examples, files), and
debian/changelog, whose newest date the pages carry so that they are the same bytes whenever they are made. Out:
spoor.1 and spoor-VERB.1, through scdoc. A verb without prose has its page all the same.
"""
import datetime
import email.utils
import os
import re
import shutil
import subprocess
import sys

import pages


def plain(text):
    """Text that scdoc prints as it stands."""
    return re.sub(r"([^\w\s]|_)", r"\\\1", text, flags=re.ASCII)


def paragraphs(text):
    """A help text: its lines flow, but lines that begin with a space stay as they are."""
    out, literal = [], False
    for line in text.split("\n"):
        if line.startswith(" ") != literal:
            literal = not literal
            out += ["```"] if not literal else ["", "```"]
            out += [""] if not literal else []
        out.append(line if literal else plain(line))
    return "\n".join(out + (["```"] if literal else [])) + "\n"


def section(name, body):
    return f"# {name}\n\n{body.strip()}\n\n" if body.strip() else ""


def option_list(options):
    return "\n".join(f"*{plain(o['name'])}*{' ' + plain(o['value']) if o['value'] else ''}\n\t{plain(o['help'])}\n" for o in options)


def exit_list(tables):
    return "\n".join(f"*{e['code']}*\n\t{plain(e['meaning'])}\n" for e in tables["exit"])


def verb_page(tables, verb, prose):
    own, common = pages.options_of(tables, verb)
    name = f"spoor-{verb['name']}"
    return (f"{name}(1) \"spoor {tables['version']}\" \"spoor\"\n\n"
            + section("NAME", f"{plain(name)} - {plain(verb['purpose'])}")
            + section("SYNOPSIS", f"*spoor {verb['name']}* {plain(verb['synopsis'])}")
            + section("DESCRIPTION", paragraphs(verb["text"]))
            + section("OPTIONS", option_list(own)) + section("COMMON OPTIONS", option_list(common))
            + section("EXIT STATUS", exit_list(tables)) + prose
            + section("SEE ALSO", "*spoor*(1)"))


def main_page(tables, prose):
    verbs = "\n".join(f"*spoor-{plain(v['name'])}*(1)\n\t{plain(v['purpose'])}\n" for v in tables["verbs"])
    return (f"spoor(1) \"spoor {tables['version']}\" \"spoor\"\n\n"
            + section("NAME", "spoor - find intrusions in logs, and keep what is found checkable")
            + section("SYNOPSIS", "*spoor* VERB \\[options\\] \\[paths\\]") + prose
            + section("VERBS", verbs) + section("COMMON OPTIONS", option_list(tables["common"]))
            + section("EXIT STATUS", exit_list(tables))
            + section("SEE ALSO", ", ".join(f"*spoor-{plain(v['name'])}*(1)" for v in tables["verbs"])))


def newest_date(changelog):
    with open(changelog, encoding="utf-8") as f:
        stamp = re.search(r"^ -- .*>  (.*)$", f.read(), re.M)[1]
    return int(email.utils.parsedate_to_datetime(stamp).astimezone(datetime.timezone.utc).timestamp())


def read(folder, name):
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as f:
            return re.sub(r"^;.*\n", "", f.read(), flags=re.M).strip() + "\n\n"
    except FileNotFoundError:
        return ""


def main(tables_path, prose, changelog, out):
    tables = pages.load(tables_path)
    texts = {"spoor": main_page(tables, read(prose, "spoor.scd"))}
    texts |= {f"spoor-{v['name']}": verb_page(tables, v, read(prose, v["name"] + ".scd")) for v in tables["verbs"]}
    env = {**os.environ, "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH", str(newest_date(changelog)))}
    shutil.rmtree(out, ignore_errors=True)
    os.makedirs(out)
    for name, text in texts.items():
        r = subprocess.run(["scdoc"], input=text.encode(), stdout=subprocess.PIPE, env=env, check=False)
        if r.returncode != 0:
            sys.exit(f"{name}: scdoc refuses the page; see its message above and man/{name.removeprefix('spoor-')}.scd")
        with open(os.path.join(out, name + ".1"), "wb") as f:
            f.write(r.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
