"""The table of servers around the services: in which order they start, what makes them ready, what runs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from tradewind.runtime.production import databases, partners, watchers
from tradewind.runtime.production.plan import Plan


def _nothing(_plan: Plan) -> None:
    """Watchers are told what to watch when the services' settings are known."""


class Server(msgspec.Struct, frozen=True):
    """One server: its name, the port it has in the plan, what prepares it before its start, what runs it."""

    name: str
    port: str
    command: Callable[[Plan], tuple[str, ...]]
    prepare: Callable[[Plan], None] = _nothing


BEFORE: Final = (
    Server("redis", "redis", databases.redis_command, databases.prepare_redis),
    Server("mariadb", "mariadb", databases.mariadb_command, databases.prepare_mariadb),
    Server("documents", "documents", databases.documents_command, databases.prepare_documents),
    Server("slapd", "ldap", partners.slapd_command, partners.prepare_slapd),
    Server("mail", "smtp", partners.mail_command, partners.prepare_mail),
)
"""What the services need; they are started before them."""
AFTER: Final = (
    Server("alertmanager", "alertmanager", watchers.alertmanager_command),
    Server("prometheus", "prometheus", watchers.prometheus_command),
)
"""What watches the services; it is started after them."""
SERVERS: Final = (*BEFORE, *AFTER)


def present(plan: Plan) -> tuple[Server, ...]:
    """Return the servers that this machine can run; the document server may be missing."""
    return tuple(server for server in SERVERS if server.command(plan))
