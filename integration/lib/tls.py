"""Certificates made for a topic, and TLS over a Dialogue."""

import ssl

from .smtp import Dialogue


class Authority:
    """A certificate authority of its own; everything lies in FOLDER as NAME.pem and NAME.key."""

    def __init__(self, world, name="authority"):
        self.world, self.name = world, name
        world.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                  "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN=Test {name}",
                  "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")

    @property
    def file(self):
        return self.world.folder / f"{self.name}.pem"

    def issue(self, name, *hosts, key="ec", days=2, common_name=None):
        """NAME.pem with the authority behind it, and NAME.key."""
        kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if key == "ec" else ["-newkey", "rsa:2048"]
        self.world.run("openssl", "req", *kind, "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr",
                       "-subj", f"/CN={common_name or (hosts[0] if hosts else name)}")
        names = ",".join(f"IP:{host}" if host[0].isdigit() else f"DNS:{host}" for host in hosts)
        extensions = f"subjectAltName={names}\n" if names else "basicConstraints=CA:FALSE\n"
        (self.world.folder / f"{name}.ext").write_text(extensions)
        self.world.run("openssl", "x509", "-req", "-in", f"{name}.csr", "-CA", f"{self.name}.pem", "-CAkey", f"{self.name}.key",
                       "-CAcreateserial", "-days", days, "-extfile", f"{name}.ext", "-out", f"{name}.pem")
        with open(self.world.folder / f"{name}.pem", "a") as file:
            file.write(self.file.read_text())
        return self.world.folder / f"{name}.pem"


def client_settings(authority=None, certificate=None, key=None):
    """An ssl.SSLContext: without an authority every certificate is taken."""
    settings = ssl.create_default_context(cafile=str(authority.file) if authority else None)
    if not authority:
        settings.check_hostname = False
        settings.verify_mode = ssl.CERT_NONE
    if certificate:
        settings.load_cert_chain(str(certificate), str(key))
    return settings


class SecureDialogue(Dialogue):
    """A Dialogue that goes over to TLS at once: STARTTLS, or before the greeting with wrapper=True."""

    def __init__(self, port, settings=None, name="mx.example.com", wrapper=False, session=None, **options):
        self.tls = (settings or client_settings(), name, session)
        self.wrapper = wrapper
        super().__init__(port, **options)
        if not wrapper:
            self.expect("STARTTLS", 220)
            self.wrap()
            self.features = self.ask("EHLO client.example.net")

    def wrap(self):
        settings, name, session = self.tls
        self.socket = settings.wrap_socket(self.socket, server_hostname=name, session=session)

    def reply(self):
        if self.wrapper and not isinstance(self.socket, ssl.SSLSocket):
            self.wrap()
        return super().reply()
