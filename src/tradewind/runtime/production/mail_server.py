"""A small real mail server for one machine: STARTTLS, a password, every letter into a maildir; nothing leaves.

`python -m tradewind.runtime.production.mail_server FILE` reads where and as whom from a file of JSON (`MailPlan`).
"""

from __future__ import annotations

import asyncio
import hmac
import mailbox
import signal
import ssl
import sys
from pathlib import Path
from typing import Any

import msgspec
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


class MailPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where it listens, as whom one signs in, where letters go."""

    host: str
    port: int
    certificate: str
    key: str
    user: str
    password: str
    maildir: str


class Letterbox:
    """Judges who signs in and puts letters away."""

    def __init__(self, plan: MailPlan) -> None:
        self._plan = plan
        self._letters = mailbox.Maildir(plan.maildir, create=True)

    def login(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, told: Any) -> AuthResult:  # noqa: ANN401 - aiosmtpd's signature
        """Say whether these are the user and the password."""
        is_right = (
            isinstance(told, LoginPassword)
            and hmac.compare_digest(told.login, self._plan.user.encode())
            and hmac.compare_digest(told.password, self._plan.password.encode())
        )
        # Not handled here: the server itself answers, with 535 where it is wrong.
        return AuthResult(success=is_right, handled=False)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keep a letter, then say so."""
        content = envelope.content or b""
        self._letters.add(content if isinstance(content, bytes) else content.encode())
        return "250 OK"


async def serve(plan: MailPlan) -> None:
    """Serve until the process is told to end."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(plan.certificate, plan.key)
    loop, box, is_over = asyncio.get_running_loop(), Letterbox(plan), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, is_over.set)

    def made() -> SMTP:
        return SMTP(
            box, hostname="localhost", loop=loop, tls_context=context, require_starttls=True,
            authenticator=box.login, auth_required=True, auth_require_tls=True,
        )  # fmt: skip

    server = await loop.create_server(made, plan.host, plan.port)
    await is_over.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=MailPlan)))
