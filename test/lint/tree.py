# SPDX-License-Identifier: Apache-2.0
"""What every lint script shares: the files of the tree, and one way to report findings."""

import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NOT_OURS = {".git", "build", "__pycache__", ".pytest_cache"}


def files(pattern="."):
    """Paths from the root, sorted, whose whole path the regular expression finds."""
    found = []
    for folder, subfolders, names in os.walk(ROOT):
        subfolders[:] = [name for name in subfolders if name not in NOT_OURS]
        paths = (os.path.relpath(os.path.join(folder, name), ROOT) for name in names)
        found += (path for path in paths if re.search(pattern, path))
    return sorted(found)


def text(path):
    with open(os.path.join(ROOT, path), errors="replace") as file:
        return file.read()


def shebang(path):
    with open(os.path.join(ROOT, path), "rb") as file:
        line = file.readline(80).decode(errors="replace")
    return line if line.startswith("#!") else ""


def without_comments(source):
    """C source with comments and string contents blanked; lines and columns stay."""
    def blank(match):
        token = match.group()
        if token.startswith("/"):
            return re.sub(r"[^\n]", " ", token)
        return token[0] + re.sub(r"[^\n]", " ", token[1:-1]) + token[-1]

    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank,
                  source, flags=re.S)


class Findings:
    """Prints "path:line: rule: text" at once; finish() ends with status 1 if there were any."""

    def __init__(self):
        self.count = 0

    def add(self, path, line, rule, message):
        self.count += 1
        print(f"{path}:{line}: {rule}: {message}")

    def finish(self):
        sys.exit(self.count != 0)
