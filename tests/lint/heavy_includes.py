#!/usr/bin/env python3
"""Libraries that are slow to compile stay in .cpp files and in the few headers of an allow list."""

import fnmatch
import re

import tree

HEAVY = re.compile(r'^\s*#\s*include\s+[<"](asio|yaml-cpp|prometheus|CLI|nlohmann)(?:/[^>"]*|\.hpp)[>"]', re.M)


def main():
    allowed = tree.allowed("heavy_includes.allowed")
    findings, used = [], set()
    for path in tree.sources(".hpp"):
        content = tree.text(path)
        for match in HEAVY.finditer(content):
            pattern = next((p for p in allowed if fnmatch.fnmatch(str(path), p)), None)
            used.add(pattern)
            if pattern is None:
                line = content.count("\n", 0, match.start(1)) + 1
                findings.append(f"{path}:{line}: {match.group(0).strip()} in a header")
    findings += [f"heavy_includes.allowed: {pattern} is not needed any more" for pattern in allowed if pattern not in used]
    tree.finish(findings, "Hide the library behind a forward declaration, or give the exception a line in heavy_includes.allowed.")


main()
