#!/usr/bin/env python3
"""Alert rules, their tests and the dashboard ask for metrics that exist, with labels that they have."""

import json
import re

import tree

SERIES = re.compile(r"\bgatepost_(\w+)(?:\{([^{}]*)\})?")
LABEL = re.compile(r'(\w+)\s*(?:=~|!~|!=|=)\s*"')
# What the scraper adds, and "le" of histograms.
ADDED = {"instance", "job", "le"}


def catalogue():
    """Labels by metric, from the reference page; histograms under their three names."""
    known = {}
    for name, kind, labels in re.findall(r"^\| `gatepost_(\w+)` \| (\w+) \| ([^|]*) \|", tree.text("docs/metrics.md"), re.M):
        words = {word.strip(" []").split("=")[0].split(" ")[0].split("]")[0] for word in re.sub(r"\([^)]*\)", "", labels).split(",")} - {""}
        for suffix in ("_bucket", "_sum", "_count") if kind == "histogram" else ("",):
            known[name + suffix] = words
    return known


def texts():
    for path in tree.files(".yml", under="etc/prometheus"):
        yield path, tree.text(path)
    for path in tree.files(".json", under="etc/grafana"):
        dashboard = json.loads(tree.text(path))
        for panel in dashboard["panels"]:
            for target in panel.get("targets", []):
                yield f"{path}: {panel['title']}", target["expr"]
        for variable in dashboard["templating"]["list"]:
            yield f"{path}: variable {variable['name']}", variable.get("definition", "")


def main():
    known, findings, seen = catalogue(), [], 0
    for path, text in texts():
        for name, labels in SERIES.findall(text):
            seen += 1
            if name not in known:
                findings.append(f"{path}: gatepost_{name} does not exist")
                continue
            for label in LABEL.findall(labels):
                if label not in known[name] | ADDED:
                    findings.append(f"{path}: gatepost_{name} has no label {label}")
    if seen < 50:
        findings.append(f"only {seen} metrics are asked for: the rules or the dashboard were not read")
    tree.finish(findings)


main()
