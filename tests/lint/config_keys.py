#!/usr/bin/env python3
"""The keys of the parser, the schema and the documentation are the same. usage: config_keys.py GATEPOST"""

import json
import re
import subprocess
import sys

import tree


def keys_of(schema, prefix=""):
    """Dotted names of all keys that the schema knows; "*" stands for a name that the user chooses."""
    found = set()
    for name, value in schema.get("properties", {}).items():
        found |= {prefix + name} | keys_of(value, f"{prefix}{name}.")
    free = schema.get("additionalProperties")
    if isinstance(free, dict):
        found |= keys_of(free, f"{prefix}*.")
    if isinstance(schema.get("items"), dict):
        found |= keys_of(schema["items"], prefix)
    for branch in schema.get("oneOf", []) + schema.get("anyOf", []):
        found |= keys_of(branch, prefix)
    return found


def main():
    run = subprocess.run([sys.argv[1], "config", "schema"], capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"gatepost config schema failed: {run.stderr}")
    stored = tree.ROOT / "schemas/gatepost.schema.json"
    findings = []
    if not stored.exists() or json.loads(stored.read_text()) != json.loads(run.stdout):
        findings.append("schemas/gatepost.schema.json: differs from what `gatepost config schema` prints")
    words = set(re.findall(r"[\w*.]+", tree.text("docs/config.md")))
    template = set(re.findall(r"\w+", tree.text("etc/gatepost.yaml")))
    for key in sorted(keys_of(json.loads(run.stdout))):
        last = key.split(".")[-1]
        if key not in words and last not in words:
            findings.append(f"docs/config.md: says nothing about {key}")
        if last != "*" and last not in template:
            findings.append(f"etc/gatepost.yaml: does not show {key}")
    tree.finish(findings, "All of them come from one table in gateway/config; write them again from it.")


main()
