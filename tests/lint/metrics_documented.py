#!/usr/bin/env python3
"""Every metric that the code asks for is in docs/metrics.md, and the other way round."""

import re

import tree

ASKED = re.compile(r'(?:\.|->)\s*(counter|gauge|histogram)\(\s*"([a-z][a-z0-9_]*)"')


def main():
    documented = set(re.findall(r"^\| `gatepost_([a-z0-9_]+)`", tree.text("docs/metrics.md"), re.M))
    asked = {}
    for path in tree.sources(".cpp") + tree.sources(".hpp"):
        for match in ASKED.finditer(tree.text(path)):
            asked.setdefault(match.group(2), path)
    findings = [f"{path}: gatepost_{name} is not in docs/metrics.md" for name, path in sorted(asked.items()) if name not in documented]
    everything = "".join(tree.text(path) for path in tree.sources(".cpp"))
    findings += [f"docs/metrics.md: gatepost_{name} is in no source" for name in sorted(documented) if f'"{name}"' not in everything]
    tree.finish(findings)


main()
