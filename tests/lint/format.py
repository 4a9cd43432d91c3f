#!/usr/bin/env python3
"""Every source is as clang-format-14 leaves it."""

import shutil
import subprocess
import sys

import tree


def main():
    if not shutil.which("clang-format-14"):
        sys.exit("clang-format-14 is missing: install what tests/packages lists")
    paths = [str(path) for path in tree.sources() + tree.files(".cpp", ".hpp", under="tests")]
    run = subprocess.run(["clang-format-14", "--dry-run", "--Werror", *paths], cwd=tree.ROOT, capture_output=True, text=True)
    findings = [line for line in run.stderr.splitlines() if "error:" in line]
    tree.finish(findings[:40], "Run: clang-format-14 -i FILE")


main()
