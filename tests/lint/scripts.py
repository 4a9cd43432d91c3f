#!/usr/bin/env python3
"""Scripts parse: Python by its own compiler, shell by `sh -n`; what has a #! line is executable."""

import ast
import os
import subprocess

import tree


def main():
    findings = []
    for path in tree.files():
        if "corpus" in path.parts:
            continue
        with open(tree.ROOT / path, "rb") as file:
            first = file.readline(200)
        if not first.startswith(b"#!"):
            continue
        if not os.access(tree.ROOT / path, os.X_OK):
            findings.append(f"{path}: has a #! line but is not executable")
        if b"python" in first:
            try:
                ast.parse(tree.text(path), str(path))
            except SyntaxError as error:
                findings.append(f"{path}:{error.lineno}: {error.msg}")
        elif b"sh" in first.split(b"/")[-1]:
            shell = "bash" if b"bash" in first else "sh"
            run = subprocess.run([shell, "-n", str(tree.ROOT / path)], capture_output=True, text=True)
            if run.returncode:
                findings.append(f"{path}: {run.stderr.strip()}")
    tree.finish(findings)


main()
