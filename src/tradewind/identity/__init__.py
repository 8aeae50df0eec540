"""Who may come in, at every door alike.

Reads: users, roles, products, sessions and keys (`stores.people`), and the access token's hash (`access.json` in the
data folder, mode 0600); passwords of others a directory server judges.
Writes: the same, each act on a hash chain; no topic.
Main type: `Gate`; beside it `Reception` (signing in) and `IdentityOffice` (administration, one's own affairs).
"""

from __future__ import annotations

from tradewind.identity.directory import Directory
from tradewind.identity.gate import Gate
from tradewind.identity.office import IdentityOffice
from tradewind.identity.ports import AccessRequest, HttpGate, SignedIn, SocketGate
from tradewind.identity.reception import Proof, Reception
from tradewind.identity.service import IdentityService
from tradewind.identity.sessions import Sessions
from tradewind.identity.settings import AccessSettings
from tradewind.identity.tokens import AccessTokens

__all__ = [
    "AccessRequest",
    "AccessSettings",
    "AccessTokens",
    "Directory",
    "Gate",
    "HttpGate",
    "IdentityOffice",
    "IdentityService",
    "Proof",
    "Reception",
    "Sessions",
    "SignedIn",
    "SocketGate",
]
