"""Certificates, and an SMTP server with STARTTLS that keeps what it gets."""

import hashlib
import ssl

from .sink import Session, Sink


class Certificates:
    """An authority of our own in folder/tls; `issue` gives the paths of a certificate with its chain and of its key."""

    def __init__(self, world):
        self.world = world
        self.folder = world.folder / "tls"
        self.folder.mkdir(exist_ok=True)
        self.ca, self.ca_key = self.folder / "ca.pem", self.folder / "ca.key"
        world.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "7",
                  "-subj", "/CN=Test authority", "-keyout", self.ca_key, "-out", self.ca)

    def issue(self, name, *more):
        certificate, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        request = self.folder / f"{name}.csr"
        names = ",".join(f"DNS:{each}" for each in (name, *more))
        self.world.run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj",
                       f"/CN={name}", "-addext", f"subjectAltName={names}", "-keyout", key, "-out", request)
        self.world.run("openssl", "x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self.ca_key, "-days", "3",
                       "-copy_extensions", "copy", "-out", certificate)
        certificate.write_text(certificate.read_text() + self.ca.read_text())
        return certificate, key

    def key_digest(self, certificate):
        """SHA-256 of the public key, as TLSA records of selector 1 and matching type 1 hold it."""
        pem = self.world.run("openssl", "x509", "-in", certificate, "-noout", "-pubkey").stdout
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem.replace("PUBLIC KEY", "CERTIFICATE"))).hexdigest()

    def digest(self, certificate):
        """SHA-256 of the whole certificate."""
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()


class TlsSession(Session):
    """As Session, with STARTTLS; `self.server.sink.features` are offered behind it."""

    encrypted = False

    def converse(self):
        sink = self.server.sink
        sink.connections += 1
        self.say("220 sink.example.com ESMTP")
        sender, recipients = "", []
        while line := self.rfile.readline(4096):
            command = line.decode(errors="replace").strip()
            sink.commands.append(command)
            verb = command.split(" ")[0].upper()
            if verb == "EHLO":
                self.say("250-sink.example.com")
                for feature in sink.features if self.encrypted else ["STARTTLS"] if sink.offers_tls else []:
                    self.say(f"250-{feature}")
                self.say("250 8BITMIME")
            elif verb == "STARTTLS":
                self.say("220 2.0.0 Go ahead")
                self.start_tls()
            elif verb == "MAIL":
                sender, recipients = command[10:].partition(">")[0].lstrip("<"), []
                self.say("250 2.1.0 Ok")
            elif verb == "RCPT":
                recipients.append(command[8:].partition(">")[0].lstrip("<"))
                self.say("250 2.1.5 Ok")
            elif verb == "DATA":
                self.say("354 Go ahead")
                content = self.read_content()
                if content is None:
                    return
                sink.encrypted.append(self.encrypted)
                sink.keep(sender, recipients, content)
                self.say("250 2.0.0 Ok: queued as SINK1")
            elif verb == "QUIT":
                self.say("221 2.0.0 Bye")
                return
            else:
                self.say("250 2.0.0 Ok")

    def start_tls(self):
        self.connection = self.server.sink.context.wrap_socket(self.connection, server_side=True)
        self.rfile = self.connection.makefile("rb")
        self.wfile = self.connection.makefile("wb", 0)
        self.encrypted = True


class TlsSink(Sink):
    """`encrypted` says for each message, in order, whether it came over TLS."""

    def __init__(self, port, certificate, key):
        super().__init__(port, TlsSession)
        self.offers_tls, self.features, self.encrypted = True, ["PIPELINING"], []
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
