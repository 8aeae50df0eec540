"""A real mail server for tests (aiosmtpd): encrypted as it is told to be, with moods of its own."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from certificates import Authority

Security = Literal["starttls", "tls", "plain"]
USER, PASSWORD = "desk", "correct horse"


class Mailbox:
    """What came in, and what the server answers: `refuses` maps an address to the answer at RCPT."""

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.envelopes: list[Envelope] = []
        self.logins: list[bytes] = []
        self.refuses: dict[str, str] = {}
        self.answer = "250 OK"
        self.is_mute = False
        """After the text has come the server hangs up: nobody can tell whether it took it."""

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - likewise
        letter = message_from_bytes(envelope.content or b"", policy=default)  # type: ignore[arg-type]
        assert isinstance(letter, EmailMessage)
        if self.answer.startswith("250"):
            self.letters.append(letter)
            self.envelopes.append(envelope)
        if self.is_mute:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return self.answer

    def login(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, told: Any) -> AuthResult:
        assert isinstance(told, LoginPassword)
        self.logins.append(told.login)
        is_right = told.login == USER.encode() and told.password == PASSWORD.encode()
        return AuthResult(success=is_right, handled=False)


class MailServer:
    """One server; it can stop and come back at the same port."""

    def __init__(self, folder: Path, security: Security) -> None:
        self.box = Mailbox()
        self.port = 0
        self._security = security
        self.authority: Path | None = None
        self._context: ssl.SSLContext | None = None
        self._server: asyncio.Server | None = None
        if security != "plain":
            authority = Authority(folder, "mail-authority")
            certificate, key = authority.sign("mail")
            self.authority = authority.certificate
            self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._context.load_cert_chain(certificate, key)

    async def start(self) -> None:
        loop = asyncio.get_running_loop()
        implicit = self._context if self._security == "tls" else None
        self._server = await loop.create_server(self._made, "127.0.0.1", self.port, ssl=implicit)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def _made(self) -> SMTP:
        is_starttls = self._security == "starttls"
        return SMTP(
            self.box,
            hostname="localhost",
            loop=asyncio.get_running_loop(),
            tls_context=self._context if is_starttls else None,
            require_starttls=is_starttls,
            authenticator=self.box.login,
            auth_required=is_starttls,
            auth_require_tls=is_starttls,
        )


@contextlib.asynccontextmanager
async def mail_server(folder: Path, security: Security) -> AsyncIterator[MailServer]:
    server = MailServer(folder, security)
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


@contextlib.contextmanager
def mail_beside(folder: Path, security: Security) -> Iterator[MailServer]:
    """Give a server that works in a thread of its own, for tests that have no loop."""
    server = MailServer(folder, security)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, name="mail", daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(timeout=10)
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()
