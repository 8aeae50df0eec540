"""Sends e-mail through one SMTP server, encrypted or on this machine alone.

What the server says decides: a recipient refused for good is this message's own fault, an unanswered connection or a
wrong password is the server's. A try that ended in silence after the text was handed over may have succeeded: it is
tried again under the same Message-ID, by which mail programs know the second copy.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Final

import aiosmtplib

from tradewind.notices.channels.trust import trusting
from tradewind.notices.letter import address, letter
from tradewind.notices.ports import Result, Sent

if TYPE_CHECKING:
    from email.headerregistry import Address
    from email.message import EmailMessage

    from tradewind.notices.ports import Parcel
    from tradewind.notices.settings import SmtpSettings

_PERMANENT: Final = range(500, 600)
_NOT_OURS: Final = frozenset({502, 503, 504, 530, 534, 535, 538})
"""Refusals of us, not of a message: another message would fare no better."""


class SmtpCourier:
    """`notices.ports.Courier`: e-mail."""

    name = "email"

    def __init__(self, settings: SmtpSettings) -> None:
        """Raises: ConfigError, ValueError: the certificates cannot be read; the sender is no address."""
        self._settings = settings
        self._sender: Address = address(settings.sender, settings.sender_name)
        self._context = None if settings.security == "plain" else trusting(settings.ca_file)
        self._client: aiosmtplib.SMTP | None = None

    async def send(self, parcel: Parcel) -> Sent:
        """Send one letter to one person."""
        try:
            mail = letter(parcel, sender=self._sender)
        except ValueError as error:
            return Sent(Result.REFUSED, str(error))
        try:
            async with asyncio.timeout(self._settings.timeout_s):
                client = await self._connected()
                await client.send_message(mail, sender=self._sender.addr_spec, recipients=[_recipient(mail)])
        except aiosmtplib.SMTPException as error:
            sent = _judged(error)
        except (OSError, TimeoutError) as error:
            sent = Sent(Result.AWAY, _told(error))
        else:
            return Sent(Result.SENT)
        await self.rest()
        return sent

    async def rest(self) -> None:
        """Say goodbye to the server."""
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            async with asyncio.timeout(1):
                await client.quit()
        client.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        """Return a connection on which a password may travel: encrypted, or to this very machine."""
        if self._client is not None and self._client.is_connected:
            return self._client
        settings = self._settings
        client = aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            timeout=settings.timeout_s,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            tls_context=self._context,
            username=settings.user or None,
            password=settings.password or None,
        )
        self._client = client  # before it answers: whatever comes of it, `rest` lets go of it
        await client.connect()
        return client


def _recipient(mail: EmailMessage) -> str:
    return str(mail["To"].addresses[0].addr_spec)


def _judged(error: aiosmtplib.SMTPException) -> Sent:
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        error = error.recipients[0]
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return Sent(Result.AWAY, f"the server does not let us in ({error.code})")
    if isinstance(error, aiosmtplib.SMTPResponseException):
        if error.code in _NOT_OURS or isinstance(error, aiosmtplib.SMTPConnectError | aiosmtplib.SMTPHeloError):
            return Sent(Result.AWAY, _told(error))
        return Sent(Result.REFUSED if error.code in _PERMANENT else Result.LATER, _told(error))
    return Sent(Result.AWAY, _told(error))


def _told(error: BaseException) -> str:
    """Return what went wrong on one line; the server's own words, never ours to it."""
    cause = error.__cause__
    said = " ".join((str(error) if cause is None else f"{error} {cause}").split())
    return f"{type(error).__name__}: {said}"[:300] if said else type(error).__name__
