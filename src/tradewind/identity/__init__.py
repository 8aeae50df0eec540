"""Who may come in, at every door alike.

Reads: the access token's hash and the open sessions (`access.json`, `sessions.json` in the data folder, mode 0600).
Writes: those two files; no topic.
Main type: `Gate`.
"""

from __future__ import annotations

from tradewind.identity.gate import Gate
from tradewind.identity.ports import AccessRequest, HttpGate, SignedIn, SocketGate
from tradewind.identity.service import IdentityService
from tradewind.identity.sessions import Session, Sessions
from tradewind.identity.settings import AccessSettings
from tradewind.identity.tokens import AccessTokens

__all__ = [
    "AccessRequest",
    "AccessSettings",
    "AccessTokens",
    "Gate",
    "HttpGate",
    "IdentityService",
    "Session",
    "Sessions",
    "SignedIn",
    "SocketGate",
]
