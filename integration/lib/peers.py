"""Real servers on loopback, unprivileged and in the World's folder."""

import os
import socket
import subprocess

from .world import accepts, wait_for

SCHEMAS = "core cosine nis inetorgperson misc"


class Slapd:
    """OpenLDAP with one mdb database that holds an LDIF file. The password of cn=admin is "admin". `name` is that of the
    port's place, for a second one."""

    def __init__(self, world, ldif, suffix="dc=example,dc=com", name="ldap"):
        self.world, self.port = world, world.port(name)
        self.suffix, self.process = suffix, None
        self.folder = world.folder / ("slapd" if name == "ldap" else name)
        (self.folder / "db").mkdir(parents=True)
        includes = []
        for name in SCHEMAS.split():
            places = (f"/etc/ldap/schema/{name}.schema", f"/usr/share/slapd/{name}.schema")
            includes += [f"include {next(path for path in places if os.path.exists(path))}"]
        (self.folder / "slapd.conf").write_text("\n".join(includes + [
            "modulepath /usr/lib/ldap", "moduleload back_mdb", "moduleload syncprov", f"pidfile {self.folder}/slapd.pid",
            "access to attrs=userPassword by anonymous auth by * none", "access to * by * read",
            "database mdb", f'suffix "{suffix}"', f'rootdn "cn=admin,{suffix}"', "rootpw admin", f"directory {self.folder}/db",
            "maxsize 1073741824", "index objectClass,entryUUID,entryCSN eq", "index uid,cn,mail,mailLocalAddress eq",
            "overlay syncprov", "syncprov-checkpoint 10 1", "syncprov-sessionlog 100", ""]))
        world.run("slapadd", "-q", "-f", self.folder / "slapd.conf", "-l", ldif)
        self.start()

    @property
    def uri(self):
        return f"ldap://127.0.0.1:{self.port}"

    def start(self):
        # -d 0 keeps it in the foreground, so that it is a child with a known process ID.
        self.process = self.world.start("slapd", "-d", "0", "-f", self.folder / "slapd.conf", "-h", self.uri)
        wait_for(lambda: accepts(self.port), "slapd listens")

    def stop(self):
        self.world.stop(self.process)

    def change(self, ldif):
        """ldapmodify with the changes given as LDIF text."""
        self.world.run("ldapmodify", "-x", "-H", self.uri, "-D", f"cn=admin,{self.suffix}", "-w", "admin", input=ldif)


class Rbldnsd:
    """Serves zones given as {zone: text of an ip4set}, on a port of 127.0.0.1."""

    def __init__(self, world, zones):
        self.port = world.port("dns")
        folder = world.folder / "rbldnsd"
        folder.mkdir()
        sets = []
        for number, (zone, text) in enumerate(zones.items()):
            name = f"set{number}"
            (folder / name).write_text(text)
            sets.append(f"{zone}:{'generic' if text.startswith('#generic') else 'ip4set'}:{name}")
        # rbldnsd gives root's powers up for a user of its own, which must read the folder.
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        self.process = world.start("rbldnsd", "-n", *user, "-w", folder, "-b", f"127.0.0.1/{self.port}", "-q", *sets)
        wait_for(lambda: self.answers(), "rbldnsd answers")

    def answers(self):
        """Any DNS answer to a question for the root's name server."""
        question = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x01"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.settimeout(0.2)
            try:
                probe.sendto(question, ("127.0.0.1", self.port))
                return bool(probe.recv(512))
            except OSError:
                return False


class SmtpSink:
    """Postfix's smtp-sink: counts, keeps nothing unless a template for dump files is given."""

    def __init__(self, world, port, *options):
        user = ["-u", "nobody"] if os.getuid() == 0 else []
        self.world = world
        self.process = world.start("smtp-sink", "-4", *user, *options, f"127.0.0.1:{port}", "256")
        wait_for(lambda: accepts(port), "smtp-sink listens")

    def stop(self):
        self.world.stop(self.process)


def version_of(*command):
    """First line that a program prints about itself, for the log of a test."""
    result = subprocess.run(command, capture_output=True, text=True)
    return (result.stdout + result.stderr).splitlines()[0] if result.stdout or result.stderr else ""
