#!/usr/bin/env python3
"""Every header compiles alone. usage: headers.py BUILD_FOLDER

Each header becomes a one-line program compiled with the build's own command, so that ccache answers when nothing changed.
"""

import concurrent.futures
import json
import pathlib
import shlex
import shutil
import subprocess
import sys

import tree


def command_of(build, layer):
    """The compile command of one source of the layer without its input, its output and the precompiled header."""
    for entry in json.loads((build / "compile_commands.json").read_text()):
        if f"gatepost_{layer}.dir/{layer}/" in entry["command"] and entry["file"].endswith(".cpp"):
            words, kept = shlex.split(entry["command"]), []
            skip = False
            for word in words:
                if skip or word in ("-c", "-o", "-include", "-Xclang", "-include-pch", "-emit-pch"):
                    skip = word in ("-o", "-include", "-include-pch", "-c")
                elif word != entry["file"] and "cmake_pch" not in word and word not in ("-Winvalid-pch", "-fpch-preprocess"):
                    kept.append(word)
            return kept
    sys.exit(f"compile_commands.json has no source of {layer}")


def main():
    build = pathlib.Path(sys.argv[1])
    folder = build / "lint-headers"
    cache = [shutil.which("ccache")] if shutil.which("ccache") else []
    commands = {layer: command_of(build, layer) for layer in ("lookup", "policy", "gateway")}

    def compile_alone(path):
        source = folder / path.with_suffix(".cpp")
        source.parent.mkdir(parents=True, exist_ok=True)
        line = f'#include "{path}"\n'
        if not source.exists() or source.read_text() != line:
            source.write_text(line)
        run = subprocess.run([*cache, *commands[path.parts[0]], "-O0", "-g0", "-U_FORTIFY_SOURCE", "-c", str(source),
                              "-o", str(source.with_suffix(".o"))], capture_output=True, text=True)
        return f"{path}: does not compile alone\n{run.stderr[:2000]}" if run.returncode else None

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(compile_alone, tree.sources(".hpp")))
    print(f"{len(results)} headers")
    tree.finish([result for result in results if result])


main()
