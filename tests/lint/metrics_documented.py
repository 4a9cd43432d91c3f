#!/usr/bin/env python3
"""The catalogue of metrics, the code that counts and docs/metrics.md name the same series."""

import re

import tree

CATALOGUE = "gateway/metrics_catalogue.cpp"
DEFINED = re.compile(r'^\s*\{"([a-z][a-z0-9_]*)", (?:counter|gauge|histogram),', re.M)
ASKED = re.compile(r'(?:\.|->)\s*(?:counter|gauge|histogram)\(\s*"([a-z][a-z0-9_]*)"')


def main():
    defined = set(DEFINED.findall(tree.text(CATALOGUE)))
    documented = set(re.findall(r"^\| `gatepost_([a-z0-9_]+)`", tree.text("docs/metrics.md"), re.M))
    findings = [f"docs/metrics.md: no row for gatepost_{name}" for name in sorted(defined - documented)]
    findings += [f"docs/metrics.md: gatepost_{name} is not in {CATALOGUE}" for name in sorted(documented - defined)]
    for path in tree.sources():
        for name in ASKED.findall(tree.text(path)):
            if name not in defined:
                findings.append(f"{path}: gatepost_{name} is not in {CATALOGUE}")
    tree.finish(findings)


main()
