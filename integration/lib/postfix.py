"""Postfix with a configuration of its own on loopback. Its master must be started by root."""

import os
import pwd
import subprocess

from .world import accepts, wait_for

MASTER = """\
{listeners}
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def may_run():
    return os.geteuid() == 0


class Postfix:
    """`listeners` maps a port to options ("smtpd_tls_wrappermode=yes") of its smtpd. What it takes it throws away."""

    def __init__(self, world, listeners, **settings):
        self.world = world
        self.folder = world.folder / "postfix"
        self.log_file = world.folder / "postfix.log"
        for name in ("etc", "queue", "data"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        owner = pwd.getpwnam("postfix")
        os.chown(self.folder / "data", owner.pw_uid, owner.pw_gid)
        values = {
            "compatibility_level": "3.6", "queue_directory": self.folder / "queue", "data_directory": self.folder / "data",
            "myhostname": "smart.example", "mydestination": "", "mynetworks": "192.0.2.1/32", "inet_protocols": "ipv4",
            "inet_interfaces": "127.0.0.1", "default_transport": "discard", "relay_transport": "discard", "alias_maps": "",
            "alias_database": "", "maillog_file": "/dev/stdout", "smtpd_peername_lookup": "no", "smtpd_tls_loglevel": "1",
        } | settings
        (self.folder / "etc/main.cf").write_text("".join(f"{name} = {value}\n" for name, value in values.items()))
        lines = [f"127.0.0.1:{port} inet n - n - - smtpd" + "".join(f"\n  -o {each}" for each in options)
                 for port, options in listeners.items()]
        (self.folder / "etc/master.cf").write_text(MASTER.format(listeners="\n".join(lines)))
        world.run("postfix", "-c", self.folder / "etc", "check")
        self.process = world.start("postfix", "-c", self.folder / "etc", "start-fg")
        for port in listeners:
            wait_for(lambda: accepts(port), f"Postfix listens on port {port}", 30)

    def log(self):
        return self.log_file.read_text(errors="replace")


def sasl_users(world, realm, users, mechanisms):
    """A sasldb with these users, where Debian's Postfix looks for it; before Postfix is started."""
    folder = world.folder / "postfix/etc/sasl"
    folder.mkdir(parents=True)
    for user, password in users.items():
        subprocess.run(["saslpasswd2", "-p", "-c", "-f", str(folder / "sasldb"), "-u", realm, user], input=password, text=True,
                       check=True, capture_output=True)
    os.chmod(folder / "sasldb", 0o644)
    (folder / "smtpd.conf").write_text(f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {folder}/sasldb\n"
                                       f"mech_list: {mechanisms}\n")
