"""An SMTP server that keeps what it gets and answers as it is told: a stand-in for an internal mail server."""

import socketserver
import threading


class Session(socketserver.StreamRequestHandler):
    timeout = 60

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")

    def answer(self, verb, otherwise):
        self.say(self.server.sink.answers.get(verb, otherwise))
        return self.server.sink.answers.get(verb, otherwise)[0] in "23"

    def handle(self):
        try:
            self.converse()
        except OSError:
            pass  # the client died in the middle, as clients do

    def converse(self):
        sink = self.server.sink
        sink.connections += 1
        self.say("220 sink.example.com ESMTP")
        sender, recipients = "", []
        while line := self.rfile.readline(4096):
            command = line.decode(errors="replace").strip()
            sink.commands.append(command)
            verb = command.split(" ")[0].upper()
            if verb in ("EHLO", "LHLO"):
                for feature in ("sink.example.com", *sink.features):
                    self.say(f"250-{feature}")
                self.say("250 SIZE 52428800")
            elif verb == "HELO":
                self.say("250 sink.example.com")
            elif verb == "MAIL":
                sender, recipients = command[10:].partition(">")[0].lstrip("<"), []
                self.answer("MAIL", "250 2.1.0 Ok")
            elif verb == "RCPT":
                recipient = command[8:].partition(">")[0].lstrip("<")
                reply = sink.recipients.get(recipient)
                if reply:
                    self.say(reply)
                elif self.answer("RCPT", "250 2.1.5 Ok"):
                    recipients.append(recipient)
            elif verb == "DATA":
                if not recipients:
                    self.say("554 5.5.1 No valid recipients")
                    continue
                self.say("354 Go ahead")
                content = self.read_content()
                if content is None:
                    return
                if self.answer("DATA", "250 2.0.0 Ok: queued as SINK1"):
                    sink.keep(sender, recipients, content)
            elif verb == "QUIT":
                self.say("221 2.0.0 Bye")
                return
            else:
                self.say("250 2.0.0 Ok")

    def read_content(self):
        lines = []
        while line := self.rfile.readline():
            if line == b".\r\n":
                self.server.sink.raw.append(b"".join(lines))
                return b"".join(line[1:] if line.startswith(b".") else line for line in lines)
            lines.append(line)
        return None


class Sink:
    """`answers` maps MAIL, RCPT or DATA to a reply; `recipients` an address to the reply of its RCPT; `features` are
    what EHLO offers beside SIZE."""

    def __init__(self, port):
        self.port = port
        self.answers, self.recipients = {}, {}
        self.features = ["PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "ENHANCEDSTATUSCODES"]
        self.commands, self.messages, self.raw = [], [], []
        self.connections = 0
        self.lock = threading.Lock()
        self.server = None

    def start(self):
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        socketserver.ThreadingTCPServer.daemon_threads = True
        socketserver.ThreadingTCPServer.request_queue_size = 128
        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", self.port), Session)
        self.server.sink = self
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        """Nobody listens any more; sessions that run go on to their end."""
        self.server.shutdown()
        self.server.server_close()

    def keep(self, sender, recipients, content):
        with self.lock:
            self.messages.append((sender, list(recipients), content))

    def find(self, token):
        """All messages with that token."""
        with self.lock:
            return [kept for kept in self.messages if b"X-Token: " + token.encode() in kept[2]]
