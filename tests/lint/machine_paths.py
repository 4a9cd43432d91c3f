#!/usr/bin/env python3
"""No file names a folder of the machine it was written on: the project stands on its own."""

import re

import tree

# Home folders, scratch worktrees and mounts of a build host. The brackets keep this file out of its own net.
MACHINE = re.compile(r"(?<![\w.~-])/(?:[w]ork|[f]arm|[t]mp/wt|[r]oot)(?:/|\b)")


def main():
    findings = []
    for path in tree.files():
        if path.suffix in (".png", ".db", ".gz"):
            continue
        for number, line in enumerate(tree.text(path).splitlines(), 1):
            if MACHINE.search(line):
                findings.append(f"{path}:{number}: {line.strip()[:120]}")
    tree.finish(findings)


main()
