#!/usr/bin/env python3
"""Every policy::Reason has a row in docs/reasons.md, and every row is a Reason."""

import re

import tree


def main():
    enum = re.search(r"enum class Reason[^{]*\{(.*?)\};", tree.text("policy/verdict.hpp"), re.S).group(1)
    words = set(re.findall(r"^\s*([a-z_]+)\s*,", re.sub(r"//[^\n]*", "", enum), re.M)) - {"none"}
    documented = set(re.findall(r"^\| `([a-z_]+)`", tree.text("docs/reasons.md"), re.M))
    findings = [f"docs/reasons.md: no row for {word}" for word in sorted(words - documented)]
    findings += [f"docs/reasons.md: {word} is no policy::Reason" for word in sorted(documented - words)]
    tree.finish(findings)


main()
