#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The house style as a test: `make tidy`.

In: the files of the tree (git's list where there is git, else a walk) and the may-use table of
docs/architecture.md. Out: one line a finding, `file:line: what; cure`, and exit 1 when there is any.

What is looked at: which room includes which; size of functions, files and parameter lists; calls that
are banned; SPDX tags; file names that stand twice; paths of one machine and addresses of package
registries. `tidy: allow NAME: reason` in a comment of the line lets one banned call pass.
"""
import ast
import os
import re
import shutil
import subprocess
import sys

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 800
PARAMETERS_MAX = 6

# Calls that no room and no command may use, with the cure.
BANNED = {
    "strcpy": "copy with a known length (base/buf.h, memcpy)",
    "strcat": "append to a struct sp_buf (base/buf.h)",
    "sprintf": "use snprintf or base/buf.h",
    "vsprintf": "use vsnprintf or base/buf.h",
    "atoi": "use a parser that reports overflow (base/str.h, strtol with checks)",
    "atol": "use a parser that reports overflow (base/str.h, strtol with checks)",
    "atof": "use strtod with checks",
    "strtok": "walk the slice (base/str.h)",
    "alloca": "allocate from an arena (base/arena.h)",
    "gets": "use a bounded read",
}
# Doors to the heap; only src/base/alloc.c may use them.
HEAP = {name: "use base/alloc.h or an arena" for name in
        ("malloc", "calloc", "realloc", "free", "strdup", "strndup", "asprintf", "vasprintf", "reallocarray",
         "aligned_alloc", "posix_memalign")}
# What a library must not do; src/ is one.
LIBRARY = {name: "a library never prints: fill in the caller's sp_error, or sp_note()" for name in
           ("printf", "vprintf", "puts", "putchar", "perror", "warn", "warnx")}
LIBRARY |= {name: "a library never ends the process: return a negative code" for name in
            ("exit", "_exit", "_Exit", "quick_exit", "abort", "err", "errx")}

# Written so that this file does not find itself.
FOREIGN = [
    (re.compile(r"/[w]ork/|/[f]arm/|/[r]oot/|/tmp/[b]ash"), "a path of one machine",
     "name it relative to the project, or take it as an argument"),
    (re.compile(r"[h]ttps?://[a-z0-9.-]*(?:[r]egistry|[p]roxy|[m]irror|[i]ndex)[a-z0-9.-]*", re.I),
     "the address of a package registry or mirror", "leave the choice to the user's own configuration"),
]

C_FILE = (".c", ".h", ".inc")
TAGGED = C_FILE + (".py", ".sh", ".pl", ".ts", ".js", ".map")
TAGGED_NAMES = ("meson.build", "meson_options.txt", "Makefile", "packages.txt")
KEYWORDS = {"if", "for", "while", "switch", "return", "sizeof", "do", "else", "case", "defined", "_Static_assert",
            "static_assert", "_Alignof", "__attribute__", "__asm__", "typeof", "__typeof__"}
TABLE_BEGIN, TABLE_END = "<!-- may-use: read by tests/tidy -->", "<!-- end of may-use -->"


# ---------------------------------------------------------------- text of a C file

def blank(text):
    """The same text with comments and the insides of strings turned into spaces; line ends stay."""
    def cover(m):
        s = m[0]
        if s.startswith("/"):
            return re.sub(r"[^\n]", " ", s)
        return s[0] + re.sub(r"[^\n]", " ", s[1:-1]) + s[-1]
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', cover, text, flags=re.S)


def without_directives(text):
    """Blanked text in which preprocessor lines are spaces too, so that braces of macros do not count."""
    return re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m[0]), text)


def line_of(text, at):
    return text.count("\n", 0, at) + 1


def closing(text, at):
    """Index of the bracket that closes the one at `at`, or the end of the text."""
    pairs, depth = {"(": ")", "{": "}"}, 0
    opened, closed = text[at], pairs[text[at]]
    for m in re.compile(r"[" + re.escape(opened + closed) + r"]").finditer(text, at):
        depth += 1 if m[0] == opened else -1
        if depth == 0:
            return m.start()
    return len(text)


def parameters(inside):
    """How many parameters a blanked list between the brackets declares."""
    depth, count = 0, 1
    for c in inside:
        depth += (c in "([{") - (c in ")]}")
        count += c == "," and depth == 0
    return 0 if inside.strip() in ("", "void") else count


def functions(text):
    """Top-level functions of blanked text: (name, line of the name, lines or 0 for a declaration, parameters)."""
    at, found = 0, []
    name = re.compile(r"([A-Za-z_]\w*)\s*\(|\{")
    while True:
        m = name.search(text, at)
        if not m:
            return found
        if m[0] == "{":
            at = closing(text, m.start()) + 1
            continue
        end = closing(text, m.end() - 1)
        at = end + 1
        if m[1] in KEYWORDS or m[1].startswith("__attribute"):
            continue
        # What stands between the list and its body or semicolon: attributes, nothing else.
        after = re.compile(r"(?:\s*__attribute__\s*\(\(.*?\)\))*\s*([{;])", re.S).match(text, end + 1)
        if not after:
            continue
        lines = 0
        if after[1] == "{":
            last = closing(text, after.end() - 1)
            lines = line_of(text, last) - line_of(text, m.start()) + 1
            at = last + 1
        found.append((m[1], line_of(text, m.start()), lines, parameters(text[m.end():end])))


# ---------------------------------------------------------------- rooms

def may_use(document):
    """Room -> set of rooms that it may include, from the table of docs/architecture.md."""
    if TABLE_BEGIN not in document or TABLE_END not in document:
        return None
    table = {}
    for row in document.split(TABLE_BEGIN)[1].split(TABLE_END)[0].splitlines():
        cells = [c.strip() for c in row.strip().strip("|").split("|")]
        if len(cells) >= 2 and re.fullmatch(r"`\w+`", cells[0]):
            table[cells[0].strip("`")] = set(re.findall(r"`(\w+)`", cells[1]))
    return table


def room_of(path):
    """Room of a file of src/ or cmd/: its folder, `engine` for what lies in src/ itself; None elsewhere."""
    parts = path.split("/")
    if parts[0] == "cmd":
        return "cmd"
    if parts[0] == "include":
        return "spoor"
    if parts[0] == "src":
        return parts[1] if len(parts) > 2 else "engine"
    return None


def check_includes(path, text, table, say):
    room = room_of(path)
    if room is None:
        return
    known = table.keys() | {"spoor", "cmd"}
    if room not in known:
        say(path, 1, f"room {room} is not in the may-use table", "add it to docs/architecture.md")
        return
    for m in re.finditer(r'(?m)^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', text):
        target, line = m[1], line_of(text, m.start())
        other = target.split("/")[0] if "/" in target else None
        if room == "cmd":
            # A command's own headers lie beside it and are included by their bare name.
            if other not in (None, "spoor"):
                say(path, line, f"cmd includes {target}", "a command uses public headers (spoor/*.h) only")
        elif other is None and room == "engine" or other == "spoor" or other == room:
            pass
        elif other is None:
            say(path, line, f'"{target}" names no room', f'write "{room}/{target}"')
        elif room == "spoor":
            say(path, line, f"a public header includes {target}", "public headers include spoor/*.h and the system's only")
        elif other not in table[room]:
            say(path, line, f"{room} may not include {other} ({target})",
                "includes point upward only; move what is shared into a room above both, or see the may-use table")


# ---------------------------------------------------------------- one file

def is_generated(path, text):
    return path.endswith(".inc") or any(re.search(r"\bGenerated\b", line) for line in text.split("\n", 6)[:6])


def banned_here(path):
    if path.startswith("src/"):
        calls = BANNED | LIBRARY
        return calls if path == "src/base/alloc.c" else calls | HEAP
    return BANNED if path.startswith(("cmd/", "include/")) else {}


def check_calls(path, text, plain, say):
    calls = banned_here(path)
    if not calls:
        return
    lines = text.split("\n")
    for m in re.finditer(r"(?<![\w.>])(" + "|".join(map(re.escape, calls)) + r")\s*\(", plain):
        line = line_of(plain, m.start())
        if f"tidy: allow {m[1]}" not in lines[line - 1]:
            say(path, line, f"{m[1]}() is banned here", calls[m[1]])
    if path.startswith("src/"):
        for m in re.finditer(r"(?<!\w)v?fprintf\s*\(\s*std(?:out|err)\b|(?<!\w)fputs\s*\([^;]*,\s*std(?:out|err)\b", plain):
            say(path, line_of(plain, m.start()), "printing from the library", LIBRARY["printf"])


def check_c(path, text, table, say):
    plain = blank(text)
    check_includes(path, text, table, say)
    check_calls(path, text, plain, say)
    if is_generated(path, text):
        return
    for name, line, lines, count in functions(without_directives(plain)):
        if lines > FUNCTION_LINES_MAX:
            say(path, line, f"{name}() has {lines} lines, {FUNCTION_LINES_MAX} are allowed",
                "give a part of it a name of its own")
        if count > PARAMETERS_MAX:
            say(path, line, f"{name}() takes {count} parameters, {PARAMETERS_MAX} are allowed",
                "put what belongs together into a struct")


def check_python(path, text, say):
    try:
        tree = ast.parse(text)
    except SyntaxError as e:
        say(path, e.lineno or 1, f"no Python: {e.msg}", "python3 must read it")
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            lines = node.end_lineno - node.lineno + 1
            if lines > FUNCTION_LINES_MAX:
                say(path, node.lineno, f"{node.name}() has {lines} lines, {FUNCTION_LINES_MAX} are allowed",
                    "give a part of it a name of its own")


def check_file(path, text, table, say):
    """Everything that one file can do wrong."""
    head = text.split("\n", 6)[:6]
    script = text.startswith("#!")
    tagged = path.endswith(TAGGED) or os.path.basename(path) in TAGGED_NAMES or script
    if tagged and not any("SPDX-License-Identifier: Apache-2.0" in line for line in head):
        say(path, 1, "no SPDX tag in the first lines", "add SPDX-License-Identifier: Apache-2.0 in a comment")
    for number, line in enumerate(text.split("\n"), 1):
        for pattern, what, cure in FOREIGN:
            if pattern.search(line):
                say(path, number, what, cure)
    if (tagged or path.endswith(C_FILE)) and not is_generated(path, text):
        lines = text.count("\n")
        if lines > FILE_LINES_MAX:
            say(path, lines, f"{lines} lines, {FILE_LINES_MAX} are allowed", "split it by noun")
    if path.endswith(C_FILE):
        check_c(path, text, table, say)
    elif path.endswith(".py") or script and "python" in head[0]:
        check_python(path, text, say)


def check_names(paths, say):
    """A file name stands once in src and cmd, so that a name in a message or a commit is a place."""
    seen = {}
    for path in paths:
        if path.startswith(("src/", "cmd/")) and os.path.basename(path) != "meson.build":
            first = seen.setdefault(os.path.basename(path), path)
            if first != path:
                say(path, 1, f"the name stands twice ({first})", "name the file after its own noun")


# ---------------------------------------------------------------- the tree

def tree_files(root):
    """Files of the tree, as paths relative to it: git's list, or all but build folders."""
    # A clone may stand on a machine without git.
    if os.path.exists(os.path.join(root, ".git")) and shutil.which("git"):
        r = subprocess.run(["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        if r.returncode == 0:
            return sorted({p.decode() for p in r.stdout.split(b"\0") if p})
    found = []
    for folder, below, names in os.walk(root):
        below[:] = [d for d in below if d not in (".git", "__pycache__", "node_modules") and not d.startswith("build")]
        found += [os.path.relpath(os.path.join(folder, n), root) for n in names]
    return sorted(found)


def check_tree(root, say):
    paths = [p for p in tree_files(root) if os.path.isfile(os.path.join(root, p))]
    try:
        with open(os.path.join(root, "docs/architecture.md"), encoding="utf-8") as f:
            table = may_use(f.read())
    except OSError:
        table = None
    if not table:
        say("docs/architecture.md", 1, "no may-use table", f"put it between '{TABLE_BEGIN}' and '{TABLE_END}'")
        table = {}
    check_names(paths, say)
    looked = 0
    for path in paths:
        with open(os.path.join(root, path), "rb") as f:
            raw = f.read()
        if b"\0" not in raw[:4096]:
            check_file(path, raw.decode("utf-8", "replace"), table, say)
            looked += 1
    return looked


def main():
    root = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(os.path.dirname(__file__), "../.."))
    findings = []
    looked = check_tree(root, lambda path, line, what, cure: findings.append(f"{path}:{line}: {what}; {cure}"))
    for finding in findings:
        print(finding)
    print(f"count: {looked} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
