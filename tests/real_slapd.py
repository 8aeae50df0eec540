"""A real directory server (OpenLDAP) for tests: found or installed, on ports of its own, under TLS with our own CA."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
from pathlib import Path

from certificates import Authority
from debian import program_of
from private_ports import free_port

from waiting import wait_until

_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))
BASE = "dc=desk,dc=example"
PEOPLE = f"ou=people,{BASE}"
GROUPS = f"ou=groups,{BASE}"
READER, READER_PASSWORD = f"cn=reader,{BASE}", "reads people only"
PASSWORD = "长城-correct-horse-9"  # noqa: S105 - of nobody
_CONFIG = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile {folder}/pid
TLSCACertificateFile {ca}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
security simple_bind=128
database mdb
maxsize 10485760
suffix "{base}"
directory {folder}/data
overlay memberof
access to attrs=userPassword by anonymous auth by * none
access to * by dn.exact="{reader}" read by * none
"""
_ENTRIES = f"""\
dn: {BASE}
objectClass: dcObject
objectClass: organization
dc: desk
o: desk

dn: {PEOPLE}
objectClass: organizationalUnit
ou: people

dn: {GROUPS}
objectClass: organizationalUnit
ou: groups

dn: {READER}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {READER_PASSWORD}
"""


def find_server() -> str:
    """Return the path of slapd."""
    return program_of("slapd", "slapd")


def person(uid: str, **more: str) -> str:
    """An entry as LDIF; its name is `uid` unless `rdn` says otherwise."""
    rdn = more.pop("rdn", f"uid={uid}")
    lines = {"cn": f"{uid} in English", "sn": uid, "displayName": "王伟", "mail": f"{uid}@desk.example", **more}
    given = "\n".join(f"{name}: {value}" for name, value in lines.items())
    return f"dn: {rdn},{PEOPLE}\nobjectClass: inetOrgPerson\nuid: {uid}\nuserPassword: {PASSWORD}\n{given}\n"


def group(name: str, *members: str) -> str:
    """A group as LDIF."""
    listed = "\n".join(f"member: uid={uid},{PEOPLE}" for uid in members)
    return f"dn: cn={name},{GROUPS}\nobjectClass: groupOfNames\ncn: {name}\n{listed}\n"


class RealSlapd:
    """One server; `kill` and `start` again keep its ports and its people."""

    def __init__(self, folder: Path, authority: Authority, *entries: str) -> None:
        self._server = find_server()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.ca_file = authority.certificate
        certificate, key = authority.sign("slapd")
        (folder / "data").mkdir(parents=True)
        config = _CONFIG.format(
            folder=folder, ca=authority.certificate, certificate=certificate, key=key, base=BASE, reader=READER
        )
        (folder / "slapd.conf").write_text(config, encoding="utf-8")
        self.plain_port, self.tls_port = free_port(), free_port()
        self.add(_ENTRIES, *entries)

    @property
    def url(self) -> str:
        """Where it begins TLS when asked to."""
        return f"ldap://localhost:{self.plain_port}"

    @property
    def tls_url(self) -> str:
        """Where it speaks nothing but TLS."""
        return f"ldaps://localhost:{self.tls_port}"

    def add(self, *entries: str) -> None:
        """Put entries in while it stands still."""
        loading = [self._tool("slapadd"), "-f", str(self._folder / "slapd.conf"), "-q"]
        subprocess.run(loading, input="\n".join(entries).encode(), check=True, capture_output=True)

    def start(self) -> None:
        """Start and wait until it listens."""
        places = f"ldap://localhost:{self.plain_port}/ ldaps://localhost:{self.tls_port}/"
        self._process = subprocess.Popen(
            [self._server, "-f", str(self._folder / "slapd.conf"), "-h", places, "-d", "0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        wait_until(self._listens, timeout_s=20)

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it stand still, its sockets open."""
        if self._process is not None:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)

    def remove(self, dn: str) -> None:
        """Take an entry away; it is started anew around it."""
        self.kill()
        config = ["-f", str(self._folder / "slapd.conf")]
        dumped = subprocess.run([self._tool("slapcat"), *config], check=True, capture_output=True).stdout.decode()
        shutil.rmtree(self._folder / "data")
        (self._folder / "data").mkdir()
        self.add("\n\n".join(one for one in dumped.split("\n\n") if not one.startswith(f"dn: {dn}")))
        self.start()

    def _tool(self, name: str) -> str:
        return shutil.which(name, path=_PATH) or str(Path(self._server).with_name(name))

    def _listens(self) -> bool:
        try:
            for port in (self.plain_port, self.tls_port):
                socket.create_connection(("localhost", port), timeout=1).close()
        except OSError:
            return False
        return True
