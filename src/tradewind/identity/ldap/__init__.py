"""The directory server: looks people up, lets it judge their passwords, and never says anything without TLS.

Reads: a directory server over LDAP (RFC 4511). Writes: nothing.
Main type: `LdapJudge`.
"""

from __future__ import annotations

from tradewind.identity.ldap.judge import LdapJudge
from tradewind.identity.ldap.watch import LdapWatch

__all__ = ["LdapJudge", "LdapWatch"]
