#!/usr/bin/env python3
"""Dependencies point one way: gateway -> policy -> lookup's value types, gateway -> lookup."""

import re

import tree

# The value types of lookup: what policy may see. Plain data and pure functions, no interface that could ask anything.
VALUE_TYPES = {"address", "answer", "ip_address", "dns_name", "escape"}
INCLUDE = re.compile(r'^\s*#\s*include\s+"((lookup|policy|gateway|tests)/([^"]+)\.hpp)"', re.M)


def is_allowed(layer, target_layer, target):
    if layer == target_layer:
        return True
    if layer == "gateway":
        return target_layer in ("policy", "lookup")
    return layer == "policy" and target_layer == "lookup" and target in VALUE_TYPES


def main():
    findings = []
    for path in tree.sources():
        content = tree.text(path)
        for match in INCLUDE.finditer(content):
            included, target_layer, target = match.groups()
            if not is_allowed(path.parts[0], target_layer, target):
                line = content.count("\n", 0, match.start(1)) + 1
                findings.append(f"{path}:{line}: {path.parts[0]} must not include {included}")
        # smtp and delivery meet only through the spool; net knows nobody.
        if path.parts[:2] == ("gateway", "net"):
            for room in ("smtp", "delivery", "spool", "resolve", "filter", "cli"):
                if f'"gateway/{room}/' in content:
                    findings.append(f"{path}: net knows nobody, yet it includes gateway/{room}")
        if path.parts[:2] == ("gateway", "delivery") and '"gateway/smtp/' in content:
            allowed = {'"gateway/smtp/reply.hpp"', '"gateway/smtp/capabilities.hpp"'}
            for include in re.findall(r'"gateway/smtp/[^"]+"', content):
                if include not in allowed:
                    findings.append(f"{path}: delivery meets smtp only through the spool, yet it includes {include}")
    tree.finish(findings, "The arrows are drawn in docs/architecture.md.")


main()
