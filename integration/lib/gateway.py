"""The daemon under test: started in a World, asked over its log, its metrics and its command line."""

import json
import os
import pathlib
import re
import signal
import socket
import urllib.request

from .maildir import Maildir
from .smtp import Dialogue
from .world import Failed, expect, wait_for

BINARY = os.environ.get("GATEPOST_BINARY") or str(pathlib.Path(__file__).resolve().parents[2] / "build/release/gatepost")


def greets(port):
    """True when an SMTP server says 220."""
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.settimeout(2)
            return connection.recv(100).startswith(b"220")
    except OSError:
        return False


class Gateway:
    """Expects a gateway.yaml in the topic with the places @mx@ and @metrics@, logging to mail.log."""

    def __init__(self, world, configuration="gateway.yaml", start=True, port=0, metrics_port=0):
        self.world = world
        self.port = world.port("mx", port)
        self.metrics_port = world.port("metrics", metrics_port)
        self.file = world.place(configuration)
        self.log_file = world.folder / "mail.log"
        self.process = None
        if start:
            self.start()

    def start(self, seconds=20):
        self.process = self.world.start(BINARY, "serve", "-c", self.file, name="serve")

        def up():
            if self.process.poll() is not None:
                raise Failed(f"gatepost serve ended with {self.process.returncode}")
            return greets(self.port)

        wait_for(up, "the gateway greets", seconds)

    def stop(self):
        return self.world.stop(self.process, 20)

    def kill(self):
        """As a power cut would, as far as a process can tell."""
        self.process.kill()
        self.process.wait()
        self.world.processes.remove(self.process)

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def cli(self, *words, code=0, **options):
        verb, *rest = words
        rest = [verb, *rest, "-c", self.file]
        return self.world.run(BINARY, *rest, code=code, **options)

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def wait_for_log(self, pattern, seconds=15, count=1):
        """The first match of the pattern once it was found `count` times."""
        def found():
            matches = list(re.finditer(pattern, self.log()))
            return matches[0] if len(matches) >= count else None
        return wait_for(found, f"the log says {pattern}", seconds)

    def http(self, path="/metrics"):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}{path}", timeout=5) as answer:
            return answer.read().decode()

    def metric(self, name, **labels):
        """Sum of the series whose labels are as given; None when there is no such series."""
        total = None
        for line in self.http().splitlines():
            match = re.match(r"(\w+)(?:\{(.*)\})? (\S+)$", line)
            if match and match.group(1) == f"gatepost_{name}":
                found = dict(re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', match.group(2) or ""))
                if all(found.get(key) == value for key, value in labels.items()):
                    total = (total or 0) + float(match.group(3))
        return total

    def queue(self):
        """The queue as list of messages."""
        return [json.loads(line) for line in self.cli("queue", "list", "--json").stdout.splitlines() if line.strip()]

    def wait_for_empty_queue(self, seconds=30):
        wait_for(lambda: not self.queue(), "the queue is empty", seconds)

    def dialogue(self, **options):
        return Dialogue(self.port, **options)

    def deliver(self, sender, recipients, content, **options):
        """Sends one message, which must be accepted. Returns its queue ID."""
        with self.dialogue(**options) as client:
            reply = client.send_message(sender, recipients, content)
            match = re.search(r"queued as (\S+)", reply.text)
            expect(reply.code == 250 and match, f"the message was not accepted: {reply}")
            return match.group(1)

    def mailbox(self, name):
        return Maildir(self.world.folder / "mail" / name)
