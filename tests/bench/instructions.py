#!/usr/bin/env python3
"""Counts the instructions of each hot path and holds them against tests/bench/instructions.txt.

usage: instructions.py PROGRAM [--write]. Instructions, unlike times, are the same on a busy machine. A path may cost half
as much again as recorded (compilers and libraries differ); one that doubled is seen. --write records what was counted.
"""

import pathlib
import re
import shutil
import subprocess
import sys

RECORD = pathlib.Path(__file__).with_name("instructions.txt")
ALLOWED = 1.5
FEW, MANY = 100, 600
SKIPPED = 77


def instructions(program, name, calls):
    # No cache simulation: just the count. The set-up costs the same in both runs and goes out of the difference.
    result = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, name, str(calls)],
                            capture_output=True, text=True, timeout=240)
    match = re.search(r"Collected : (\d+)", result.stderr)
    if result.returncode or not match:
        sys.exit(f"{name}: {result.stderr[-2000:]}")
    return int(match.group(1))


def main():
    if not shutil.which("valgrind"):
        print("skipped: valgrind is not installed (tests/packages)")
        sys.exit(SKIPPED)
    program = sys.argv[1]
    recorded = dict((name, int(count)) for name, count in
                    (line.split() for line in RECORD.read_text().splitlines() if line and line[0] != "#"))
    counted = {name: (instructions(program, name, MANY) - instructions(program, name, FEW)) // (MANY - FEW) for name in recorded}
    bad = False
    for name, count in counted.items():
        share = count / recorded[name]
        print(f"{name:20} {count:8} instructions a call, {share:.2f} of what is recorded")
        bad = bad or share > ALLOWED
    if "--write" in sys.argv:
        head = [line for line in RECORD.read_text().splitlines() if line.startswith("#")]
        RECORD.write_text("\n".join(head + [f"{name} {count}" for name, count in counted.items()]) + "\n")
        return
    if bad:
        sys.exit(f"A hot path costs more than {ALLOWED} times what {RECORD.name} says. Make it cheap again, or record the new\n"
                 "figure with --write and say in the commit what it buys.")


main()
