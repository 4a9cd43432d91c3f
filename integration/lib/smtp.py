"""An SMTP client that does exactly what it is told, also what no good client would do."""

import dataclasses
import hashlib
import socket
import uuid

from .world import Failed


@dataclasses.dataclass
class Reply:
    code: int
    lines: list

    @property
    def text(self):
        return "\n".join(self.lines)

    def __str__(self):
        return f"{self.code} {' / '.join(self.lines)}"


class Closed(Failed):
    """The server closed the connection where a reply was due."""


class Dialogue:
    """One connection. The greeting is read and EHLO said unless helo is None."""

    def __init__(self, port, source="127.0.0.1", helo="client.example.net", seconds=20, address="127.0.0.1"):
        self.socket = socket.create_connection((address, port), seconds, (source, 0) if source else None)
        self.buffer = b""
        self.greeting = self.reply()
        if helo is not None and self.greeting.code == 220:
            self.features = self.ask(f"EHLO {helo}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def raw(self, octets):
        self.socket.sendall(octets)

    def line(self, text):
        self.raw(text.encode() + b"\r\n")

    def reply(self):
        """The next reply with all its lines."""
        lines = []
        while True:
            while b"\n" not in self.buffer:
                try:
                    more = self.socket.recv(65536)
                except ConnectionError:
                    more = b""
                if not more:
                    raise Closed(f"the server closed the connection behind {lines}")
                self.buffer += more
            line, self.buffer = self.buffer.split(b"\n", 1)
            text = line.rstrip(b"\r").decode(errors="replace")
            lines.append(text[4:])
            if text[3:4] != "-":
                return Reply(int(text[:3]), lines)

    def is_closed(self, seconds=10):
        """True when the server closes within that time without another word."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1) == b""
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def ask(self, text):
        self.line(text)
        return self.reply()

    def expect(self, text, code, words=""):
        """Says a line and checks code and words of the reply, which is returned."""
        reply = self.ask(text)
        if reply.code != code or words not in reply.text:
            raise Failed(f"{text}: expected {code} {words}, got {reply}")
        return reply

    def send_message(self, sender, recipients, content):
        """The final reply, or the first refusal."""
        reply = self.ask(f"MAIL FROM:<{sender}>")
        for recipient in [recipients] if isinstance(recipients, str) else recipients:
            if reply.code == 250:
                reply = self.ask(f"RCPT TO:<{recipient}>")
        if reply.code != 250:
            return reply
        reply = self.ask("DATA")
        if reply.code != 354:
            return reply
        self.raw(stuffed(content) + b".\r\n")
        return self.reply()


def stuffed(content):
    """Content as it goes over the wire: CRLF line ends, dots doubled."""
    octets = content.encode() if isinstance(content, str) else content
    lines = octets.replace(b"\r\n", b"\n").split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    return b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)


def message(subject="test", sender="sender@example.net", recipient="someone@example.com", body=None, size=0):
    """A message whose body holds a token of its own. Returns (token, octets with LF line ends)."""
    token = uuid.uuid4().hex
    body = body or f"token {token}\n.a line with a dot\nlast line\n"
    while len(body) < size:
        body += "0123456789" * 7 + "\n"
    digest = hashlib.sha256(body.encode()).hexdigest()
    text = (f"From: <{sender}>\nTo: <{recipient}>\nSubject: {subject}\nMessage-ID: <{token}@example.net>\n"
            f"X-Token: {token}\nX-Body-SHA256: {digest}\nMIME-Version: 1.0\n\n{body}")
    return token, text.encode()
