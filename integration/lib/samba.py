"""A Samba Active Directory domain controller on a loopback address of its own, provisioned in the World's folder."""

import base64
import os
import socket
import sys

from .world import SKIPPED, accepts, require, wait_for

ADMIN = ("Administrator@corp.example", "Adm1n.Adm1n")
BASE = "DC=corp,DC=example"


def free_address(ports=(389, 636, 3268, 3269)):
    """An address of 127.0.0.0/8 with all ports of a domain controller free: Samba cannot be told others."""
    for number in range(71, 120):
        address = f"127.0.0.{number}"
        probes = []
        try:
            for port in ports:
                probe = socket.socket()
                probes.append(probe)
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((address, port))
            return address
        except PermissionError:
            print("skipped: port 389 is for root")
            sys.exit(SKIPPED)
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
    print("skipped: no loopback address has port 389 free")
    sys.exit(SKIPPED)


class DomainController:
    """The domain corp.example. Simple binds need no TLS; the certificate of ldaps:// is self-signed."""

    def __init__(self, world):
        require("samba", "samba-tool", "ldapmodify")
        if os.getuid() != 0:
            print("skipped: a domain controller is provisioned by root alone")
            sys.exit(SKIPPED)
        self.world, self.address, self.process = world, free_address(), None
        self.folder = world.folder / "dc"
        self.folder.mkdir()
        eadb = f"posix:eadb={self.folder}/eadb.tdb"
        objects = "vfs objects=dfs_samba4 acl_xattr xattr_tdb"
        world.run("samba-tool", "domain", "provision", "--use-rfc2307", "--dns-backend=NONE", f"--targetdir={self.folder}",
                  "--realm=CORP.EXAMPLE", "--domain=CORP", f"--adminpass={ADMIN[1]}", "--host-ip=127.0.0.1", "--host-name=dc1",
                  f"--option={eadb}", f"--option={objects}", seconds=120)
        settings = ["netbios name = DC1", "realm = CORP.EXAMPLE", "workgroup = CORP", "idmap_ldb:use rfc2307 = yes",
                    "server role = active directory domain controller", "server services = ldap, cldap",
                    f"interfaces = {self.address}/8", "bind interfaces only = yes", "ldap server require strong auth = no",
                    f"log file = {self.folder}/log.samba", eadb.replace("=", " = ", 1), objects.replace("=", " = ", 1)]
        places = {"private dir": "private", "state directory": "state", "cache directory": "cache", "lock directory": "",
                  "binddns dir": "bind-dns", "pid directory": "run", "ncalrpc dir": "ncalrpc"}
        for name, place in places.items():
            (self.folder / place).mkdir(exist_ok=True)
            settings.append(f"{name} = {self.folder / place}")
        (self.folder / "etc/smb.conf").write_text("[global]\n" + "".join(f"\t{line}\n" for line in settings))
        self.start()

    def start(self):
        self.process = self.world.start("samba", "-s", self.folder / "etc/smb.conf", "-F", "--no-process-group", "-M", "single")
        wait_for(lambda: accepts(389, self.address) and accepts(636, self.address), "the domain controller listens", 40)
        # It listens before it has made its certificate.
        wait_for(self.answers_over_tls, "the domain controller answers over TLS", 60)

    def answers_over_tls(self):
        return self.world.run("ldapsearch", "-x", "-H", f"ldaps://{self.address}", "-s", "base", "-b", "", "-o", "nettimeout=5",
                              code=None, env=self_signed()).returncode == 0

    def stop(self):
        self.world.stop(self.process)

    @property
    def uri(self):
        return f"ldap://{self.address}"

    def change(self, ldif):
        """ldapmodify as the administrator, over TLS: passwords are set on no other way."""
        self.world.run("ldapmodify", "-x", "-H", f"ldaps://{self.address}", "-D", ADMIN[0], "-w", ADMIN[1], input=ldif,
                       env=self_signed())


def self_signed():
    """The environment in which the LDAP tools take a certificate that nobody signed."""
    return {name: value for name, value in os.environ.items() if name != "LDAPNOINIT"} | {"LDAPTLS_REQCERT": "never"}


def password(text):
    """The line of LDIF that sets a password."""
    return "unicodePwd:: " + base64.b64encode(f'"{text}"'.encode("utf-16-le")).decode() + "\n"


def user(name, *lines, container="CN=Users", control=512, secret="S3cret.S3cret"):
    """LDIF that adds a user with a password; control 514 is a disabled account."""
    return (f"dn: CN={name},{container},{BASE}\nchangetype: add\nobjectClass: user\nsAMAccountName: {name}\n"
            f"userPrincipalName: {name}@corp.example\nuserAccountControl: {control}\n" + password(secret) +
            "".join(f"{line}\n" for line in lines) + "\n")
