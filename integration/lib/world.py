"""A folder, the processes started in it, and how a topic says what it expects."""

import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import traceback

SKIPPED = 77


class Failed(Exception):
    """An expectation that was not met."""


def expect(condition, text):
    if not condition:
        raise Failed(text)


def expect_equal(found, wanted, what):
    if found != wanted:
        raise Failed(f"{what}: expected {wanted!r}, found {found!r}")


def wait_for(condition, what, seconds=15):
    """Asks again until `condition()` gives something true, which is returned."""
    end = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise Failed(f"not within {seconds} s: {what}")
        time.sleep(0.02)


def step(text):
    print(f"- {text}", flush=True)


def require(*programs):
    """Ends the topic as skipped when a server that it needs is not installed."""
    path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin:/usr/local/sbin"
    for program in programs:
        if not shutil.which(program, path=path):
            print(f"skipped: {program} is not installed (tests/packages)")
            sys.exit(SKIPPED)


class World:
    """Use it as a context: what was started is ended by its process ID; the folder stays when something failed."""

    def __init__(self, topic, folder=None):
        self.topic = pathlib.Path(topic).resolve()
        self.keep = folder is not None
        # Not below the build: a control socket's path may have 107 octets at most.
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix=f"gatepost-{self.topic.name[:2]}-"))
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
            self.folder.mkdir(parents=True)
        self.folder.chmod(0o755)
        self.places = {"folder": str(self.folder)}
        self.processes = []
        self.ports = set()
        os.environ["PATH"] += ":/usr/sbin:/sbin"

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        for process in reversed(self.processes):
            self.stop(process)
        if kind is None:
            if not self.keep:
                shutil.rmtree(self.folder, ignore_errors=True)
            return False
        if kind in (SystemExit, KeyboardInterrupt):
            return False
        print(f"\nFAILED: {error}" if kind is Failed else "", flush=True)
        traceback.print_exception(kind, error, trace, limit=-3, file=sys.stdout)
        for log in sorted(self.folder.glob("*.log")):
            tail = log.read_text(errors="replace").splitlines()[-40:]
            print(f"\n--- {log}", *tail, sep="\n")
        print(f"\nThe folder is kept: {self.folder}")
        sys.exit(1)

    def port(self, name=None, wish=0):
        """A free port of 127.0.0.1, if possible the wished one; with a name also the place @name@ of the files.

        It lies below those that the system gives to outgoing connections, so that nobody takes it while a server
        restarts."""
        while True:
            port = wish or random.randrange(10000, 32000)
            wish = 0
            if port in self.ports:
                continue
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind(("127.0.0.1", port))
                except OSError:
                    continue
            break
        self.ports.add(port)
        if name:
            self.places[name] = str(port)
        return port

    def place(self, name, goal=None, **more):
        """Copies a file of the topic into the folder with its @places@ filled in."""
        target = self.folder / (goal or name)
        target.parent.mkdir(parents=True, exist_ok=True)
        values = self.places | {key: str(value) for key, value in more.items()}

        def fill(match):
            if match.group(1) not in values:
                raise Failed(f"{name} has the place {match.group(0)} that nobody fills")
            return values[match.group(1)]

        target.write_text(re.sub(r"@([a-z_]+)@(?!\w)", fill, (self.topic / name).read_text()))
        return target

    def start(self, *command, name=None, **options):
        """Starts a program with its output in NAME.log. Returns the process."""
        name = name or pathlib.Path(command[0]).name
        options.setdefault("env", os.environ | {"LC_ALL": "C.UTF-8"})
        with open(self.folder / f"{name}.log", "ab") as log:
            process = subprocess.Popen([str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       cwd=self.folder, start_new_session=True, **options)
        process.name = name
        self.processes.append(process)
        return process

    def stop(self, process, seconds=10):
        """SIGTERM, then SIGKILL. Returns the exit code."""
        if process in self.processes:
            self.processes.remove(process)
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return process.returncode

    def run(self, *command, code=0, seconds=60, **options):
        """Runs a program to its end. Returns its output; `code` None accepts every exit code."""
        result = subprocess.run([str(word) for word in command], cwd=self.folder, capture_output=True, text=True,
                                stdin=options.pop("stdin", subprocess.DEVNULL) if "input" not in options else None,
                                timeout=seconds, **options)
        if code is not None and result.returncode != code:
            raise Failed(f"{' '.join(map(str, command))}: exit code {result.returncode}, not {code}\n"
                         f"{result.stdout[-3000:]}{result.stderr[-3000:]}")
        return result


def accepts(port, address="127.0.0.1"):
    """True when something listens there."""
    try:
        with socket.create_connection((address, port), 1):
            return True
    except OSError:
        return False
