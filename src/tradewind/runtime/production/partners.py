"""The directory server and the mail server of a production set: their configuration, first entries, commands."""

from __future__ import annotations

import base64
import hashlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import TransientError
from tradewind.identity.files import write_private as write_json
from tradewind.kernel.ids import new_bytes
from tradewind.runtime.lifecycle.places import write_private
from tradewind.runtime.production.mail_server import MailPlan
from tradewind.runtime.production.plan import HOST, NAME
from tradewind.runtime.production.programs import find, program_of

if TYPE_CHECKING:
    from tradewind.runtime.production.plan import Plan

BASE: Final = "dc=tradewind,dc=localhost"
PEOPLE: Final = f"ou=people,{BASE}"
GROUPS: Final = f"ou=groups,{BASE}"
READER: Final = f"cn=reader,{BASE}"
PERSON: Final = "trader"
"""The first person of the directory, to begin with; may sign in, and do nothing until somebody gives rights."""
MAIL_USER: Final = "tradewind"
MAIL_ADDRESS: Final = "tradewind@tradewind.localhost"
OPERATORS: Final = "operators@tradewind.localhost"
_SALT_BYTES: Final = 8
_SLAPD: Final = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {folder}/pid
TLSCACertificateFile {authority}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
security simple_bind=128
database mdb
maxsize 1073741824
suffix "{base}"
directory {folder}/data
access to attrs=userPassword by self write by anonymous auth by * none
access to * by dn.exact="{reader}" read by * none
"""
_ENTRIES: Final = """\
dn: {base}
objectClass: dcObject
objectClass: organization
dc: tradewind
o: Tradewind

dn: {people}
objectClass: organizationalUnit
ou: people

dn: {groups}
objectClass: organizationalUnit
ou: groups

dn: {reader}
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: {reader_password}

dn: uid={person},{people}
objectClass: inetOrgPerson
uid: {person}
cn: First Trader
sn: Trader
displayName:: 6aaW5L2N5Lqk5piT5ZGY
mail: {person}@tradewind.localhost
userPassword: {person_password}

dn: cn=traders,{groups}
objectClass: groupOfNames
cn: traders
member: uid={person},{people}
"""


def prepare_slapd(plan: Plan) -> None:
    """Write slapd.conf and, the first time, its entries: who looks people up, one person, one group.

    Raises: TransientError: they cannot be loaded; says what slapadd said.
    """
    folder = plan.server("slapd")
    config = _SLAPD.format(
        folder=folder, authority=plan.authority, certificate=plan.certificate, key=plan.key, base=BASE, reader=READER
    )
    write_private(folder / "slapd.conf", config)
    if (folder / "made").exists():
        return
    (folder / "data").mkdir(exist_ok=True)
    entries = _ENTRIES.format(
        base=BASE, people=PEOPLE, groups=GROUPS, reader=READER, person=PERSON,
        reader_password=_hashed(plan.passwords["ldap_reader"]), person_password=_hashed(plan.passwords["person"]),
    )  # fmt: skip
    loader = find("slapadd") or str(Path(program_of("slapd")).with_name("slapadd"))
    command = [loader, "-f", str(folder / "slapd.conf"), "-q"]
    done = subprocess.run(command, input=entries.encode(), capture_output=True, check=False)  # noqa: S603 - Debian's program
    if done.returncode:
        message = f"{loader} failed: {done.stderr.decode(errors='replace').strip()[-300:]}"
        raise TransientError(message)
    (folder / "made").touch()


def slapd_command(plan: Plan) -> tuple[str, ...]:
    """Return what runs it, in foreground, with nothing but TLS."""
    place = f"ldaps://{NAME}:{plan.ports['ldap']}/"
    return program_of("slapd"), "-f", str(plan.server("slapd") / "slapd.conf"), "-h", place, "-d", "0"


def prepare_mail(plan: Plan) -> None:
    """Tell the mail server where it is and who may use it."""
    folder = plan.server("mail")
    told = MailPlan(
        host=HOST, port=plan.ports["smtp"], certificate=str(plan.certificate), key=str(plan.key), user=MAIL_USER,
        password=plan.passwords["smtp"], maildir=str(folder / "letters"),
    )  # fmt: skip
    write_json(folder / "mail.json", msgspec.to_builtins(told))


def mail_command(plan: Plan) -> tuple[str, ...]:
    """Return what runs it."""
    return sys.executable, "-m", "tradewind.runtime.production.mail_server", str(plan.server("mail") / "mail.json")


def _hashed(password: str) -> str:
    """Hash a random password as every slapd understands it; 256 random bits need no slow hash."""
    salt = new_bytes(_SALT_BYTES)
    digest = hashlib.sha1(password.encode() + salt).digest()  # noqa: S324 - SSHA is what slapd has built in
    return "{SSHA}" + base64.b64encode(digest + salt).decode()
