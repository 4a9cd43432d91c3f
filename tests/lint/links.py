#!/usr/bin/env python3
"""Relative links of the documentation lead to files and headings that exist."""

import re

import tree

LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")


def anchors(path):
    """Headings as a Markdown renderer names them."""
    names = set()
    for heading in re.findall(r"^#+\s+(.*?)\s*$", tree.text(path), re.M):
        plain = re.sub(r"[^\w\- ]", "", heading.lower())
        names.add(plain.replace(" ", "-"))
    return names


def main():
    findings = []
    for path in tree.files(".md") + [p for p in tree.files() if p.name == "README"]:
        content = re.sub(r"```.*?```", "", tree.text(path), flags=re.S)
        for match in LINK.finditer(content):
            target = match.group(1) or match.group(2)
            if re.match(r"[a-z]+:", target):
                continue
            file, _, anchor = target.partition("#")
            goal = (tree.ROOT / path.parent / file).resolve() if file else tree.ROOT / path
            if not goal.exists():
                findings.append(f"{path}: {target} does not exist")
            elif anchor and goal.suffix == ".md" and anchor not in anchors(goal.relative_to(tree.ROOT)):
                findings.append(f"{path}: {target}: no such heading")
    tree.finish(findings)


main()
