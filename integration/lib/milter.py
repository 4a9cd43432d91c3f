"""A milter without libmilter that does what the subject of a message says."""

import socketserver
import struct
import threading


def packet(command, payload=b""):
    return struct.pack(">I", len(payload) + 1) + command + payload


def number(value):
    return struct.pack(">I", value)


class Conversation(socketserver.BaseRequestHandler):
    def read(self, size):
        octets = b""
        while len(octets) < size:
            more = self.request.recv(size - len(octets))
            if not more:
                raise ConnectionError
            octets += more
        return octets

    def say(self, command, payload=b""):
        self.request.sendall(packet(command, payload))

    def handle(self):
        milter = self.server.milter
        milter.connections += 1
        subject, body = "", b""
        try:
            while True:
                payload = self.read(struct.unpack(">I", self.read(4))[0])
                command, payload = payload[:1], payload[1:]
                if command == b"O":
                    self.say(b"O", number(6) + number(0x7F) + number(0))
                elif command == b"Q":
                    return
                elif command == b"A":
                    subject, body = "", b""
                elif command == b"D":
                    words = payload[1:].decode(errors="replace").split("\0")
                    milter.macros.update(zip(words[::2], words[1::2]))
                elif command == b"E":
                    self.decide(subject, body)
                    subject, body = "", b""
                else:
                    if command == b"L":
                        name, value = payload.split(b"\0")[:2]
                        milter.headers.append((name, value))
                        if name.lower() == b"subject":
                            subject = value.decode(errors="replace")
                    if command == b"B":
                        body += payload
                    self.say(b"c")
        except OSError:
            pass  # the mail server is gone

    def decide(self, subject, body):
        """The words of the subject are done in their order."""
        for word in subject.split():
            if word == "add":
                self.say(b"h", b"X-Added\0below\0")
            if word == "top":
                self.say(b"i", number(0) + b"X-Top\0above\n\tall\0")
            if word == "rename":
                self.say(b"m", number(1) + b"Subject\0renamed\0")
            if word == "body":
                self.say(b"b", body.upper())
            if word == "redirect":
                self.say(b"-", b"<anna@example.com>\0")
                self.say(b"+", b"<ben@example.com>\0")
            if word == "quarantine":
                self.say(b"q", b"looks odd\0")
            if word == "progress":
                self.say(b"p")
            if word == "hangup":
                raise ConnectionError
            if word == "reject":
                return self.say(b"y", b"550 5.7.1 Not this one\0")
            if word == "tempfail":
                return self.say(b"t")
            if word == "discard":
                return self.say(b"d")
        self.say(b"c")


class Milter:
    def __init__(self, port):
        self.connections, self.macros, self.headers = 0, {}, []
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        socketserver.ThreadingTCPServer.daemon_threads = True
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", port), Conversation)
        self.server.milter = self
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        """Nobody listens any more; conversations that run go on to their end."""
        self.server.shutdown()
        self.server.server_close()
