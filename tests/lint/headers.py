#!/usr/bin/env python3
"""Every header compiles alone. usage: headers.py BUILD_FOLDER

Each header becomes a one-line program compiled with the build's own command. What includes asio gets it precompiled: that
hides nothing, since those headers include the same door to asio themselves, and it saves most of the time.
"""

import concurrent.futures
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import tree

ASIO = "gateway/net/asio.hpp"


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
            return [*kept, "-O0", "-g0", "-U_FORTIFY_SOURCE"]
    sys.exit(f"compile_commands.json has no source of {layer}")


class Headers:
    def __init__(self, build):
        self.folder = build / "lint-headers"
        self.folder.mkdir(exist_ok=True)
        self.commands = {layer: command_of(build, layer) for layer in ("lookup", "policy", "gateway")}
        self.cache = [shutil.which("ccache")] if shutil.which("ccache") else []
        self.environment = os.environ | {"CCACHE_SLOPPINESS": "pch_defines,time_macros"}
        self.known = {}
        self.asio = self.precompile()

    def precompile(self):
        """Compiles the door to asio; None when there is none or the compiler keeps its precompiled headers otherwise."""
        if not (tree.ROOT / ASIO).exists() or "clang" in self.commands["gateway"][0]:
            return None
        header = self.folder / "asio.hpp"
        header.write_text(f'#include "{ASIO}"\n')
        run = self.compile("gateway", ["-x", "c++-header", str(header)], f"{header}.gch")
        return header if run.returncode == 0 else None

    def compile(self, layer, words, output):
        return subprocess.run([*self.cache, *self.commands[layer], *words, "-c", "-o", str(output)], capture_output=True,
                              text=True, env=self.environment)

    def needs_asio(self, path):
        """True when the header includes the door to asio, itself or through others of ours."""
        if path not in self.known:
            self.known[path] = False
            included = re.findall(r'^#include "([^"]+)"', tree.text(path), re.M) if (tree.ROOT / path).exists() else []
            self.known[path] = ASIO in included or any(self.needs_asio(other) for other in included)
        return self.known[path]

    def compile_alone(self, path):
        source = self.folder / path.with_suffix(".cpp")
        source.parent.mkdir(parents=True, exist_ok=True)
        line = f'#include "{path}"\n'
        if not source.exists() or source.read_text() != line:
            source.write_text(line)
        words = [str(source)]
        if self.asio and self.needs_asio(str(path)):
            words = ["-fpch-preprocess", "-Winvalid-pch", "-include", str(self.asio), *words]
        run = self.compile(path.parts[0], words, source.with_suffix(".o"))
        return f"{path}: does not compile alone\n{run.stderr[:2000]}" if run.returncode else None


def main():
    headers = Headers(pathlib.Path(sys.argv[1]).resolve())
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(headers.compile_alone, tree.sources(".hpp")))
    print(f"{len(results)} headers")
    tree.finish([result for result in results if result])


main()
