"""The project's files as the lint tests see them: tracked or not, but never what a build made."""

import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = {".git", "build", "__pycache__"}


def files(*suffixes, under=""):
    """Paths relative to the root, sorted; all files when no suffix is given."""
    found = []
    for path in (ROOT / under).rglob("*"):
        relative = path.relative_to(ROOT)
        if SKIPPED.isdisjoint(relative.parts) and path.is_file() and (not suffixes or path.suffix in suffixes):
            found.append(relative)
    return sorted(found)


def sources(*suffixes):
    """C++ files of the three layers."""
    suffixes = suffixes or (".hpp", ".cpp")
    return [path for layer in ("lookup", "policy", "gateway") for path in files(*suffixes, under=layer)]


def text(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def allowed(name):
    """Lines of an allow list beside the tests: "WORD REASON", keyed by the word."""
    lines = (pathlib.Path(__file__).parent / name).read_text().splitlines()
    entries = [line.split(None, 1) for line in lines if line.strip() and not line.startswith("#")]
    for entry in entries:
        if len(entry) < 2:
            sys.exit(f"{name}: {entry[0]}: an exception needs a reason behind it")
    return {word: reason for word, reason in entries}


def finish(findings, hint=""):
    """Prints findings as a compiler would and ends the test."""
    for finding in findings:
        print(finding)
    if findings and hint:
        print(f"\n{hint}")
    sys.exit(1 if findings else 0)
