#!/usr/bin/env python3
"""Files stay short enough to be described in one line."""

import tree

# Tests are tables and stories; they may be longer than what they test.
LIMIT, HEADER_LIMIT, TEST_LIMIT = 400, 200, 800


def main():
    allowed = tree.allowed("length.allowed")
    findings, used = [], set()
    for path in tree.sources() + tree.files(".cpp", ".hpp", ".py", under="tests") + tree.files(".py", under="integration"):
        limit = HEADER_LIMIT if path.suffix == ".hpp" else TEST_LIMIT if path.parts[0] == "tests" else LIMIT
        lines = tree.text(path).count("\n")
        if lines <= limit:
            continue
        used.add(str(path))
        if str(path) not in allowed:
            findings.append(f"{path}: {lines} lines, more than {limit}")
    findings += [f"length.allowed: {path} is short enough now" for path in allowed if path not in used]
    tree.finish(findings, "Split it by what it does, or give it a line with the reason in length.allowed.")


main()
