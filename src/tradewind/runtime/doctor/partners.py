"""Those we speak to beside our stores: the directory server, the mail server, the feed; and what lets us speak."""

from __future__ import annotations

import asyncio
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

import aiosmtplib
from cryptography.x509 import load_pem_x509_certificate

from tradewind.collector.licence import Verdict, check
from tradewind.collector.module_places import Places
from tradewind.errors import ConfigError, TradewindError
from tradewind.identity.ldap import messages
from tradewind.identity.ldap.connection import Connection, tls_context
from tradewind.kernel.clock import NS_PER_S, SystemClock
from tradewind.notices.channels.trust import trusting
from tradewind.ops import judging
from tradewind.ops.findings import Found, fail, ok, warn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.kernel.settings import Loaded
    from tradewind.notices.settings import SmtpSettings
    from tradewind.runtime.settings import TradewindSettings

_PATIENCE_S: Final = 3.0


def ldap(loaded: Loaded[TradewindSettings]) -> list[Found]:
    """Sign in as the account that looks people up, and look below the base."""
    settings = loaded.settings.access.ldap
    try:
        with Connection(settings, tls_context(settings)) as connection:
            code = connection.bind(settings.bind_dn, settings.password) if settings.bind_dn else messages.SUCCESS
            if code != messages.SUCCESS:
                remedy = "correct access.ldap.bind_dn and TRADEWIND_ACCESS__LDAP__PASSWORD"
                return [fail(f"{settings.url} refuses access.ldap.bind_dn with code {code}", remedy)]
            people = connection.search(settings.base, (("objectClass", settings.object_class),), ("1.1",), most=1)
    except TradewindError as error:
        remedy = "start it, or correct access.ldap.url, access.ldap.ca_file and access.ldap.base"
        return [fail(str(error), remedy)]
    if not people:
        remedy = "correct access.ldap.base and access.ldap.object_class, or what its account may read"
        return [warn(f"{settings.url} answers, and shows nobody below {settings.base!r}", remedy)]
    return [ok(f"{settings.url} answers under TLS and shows people below {settings.base}")]


def smtp(loaded: Loaded[TradewindSettings]) -> list[Found]:
    """Connect as for a letter, sign in, and say goodbye; nothing is sent."""
    settings = loaded.settings.notices.smtp
    try:
        asyncio.run(_greet(settings))
    except (OSError, TimeoutError) as error:
        said = str(error) or "no answer"
        remedy = "start it, or correct notices.smtp.host, port, security and ca_file"
        return [fail(f"the mail server {settings.host}:{settings.port} cannot be used: {said}", remedy)]
    how = "in the clear, on this machine" if settings.security == "plain" else f"under {settings.security}"
    signed = f", {settings.user} is let in" if settings.user else ""
    return [ok(f"the mail server {settings.host}:{settings.port} answers {how}{signed}")]


async def _greet(settings: SmtpSettings) -> None:
    """Raises: OSError: it does not answer or refuses us; what it said is the text."""
    client = aiosmtplib.SMTP(
        hostname=settings.host,
        port=settings.port,
        timeout=min(settings.timeout_s, _PATIENCE_S),
        use_tls=settings.security == "tls",
        start_tls=settings.security == "starttls",
        tls_context=None if settings.security == "plain" else trusting(settings.ca_file),
        username=settings.user or None,
        password=settings.password or None,
    )
    try:
        async with client:
            await client.noop()
    except aiosmtplib.SMTPException as error:
        message = str(error) or f"{type(error).__name__} ({error.__cause__})"
        raise OSError(message) from error


def feed(loaded: Loaded[TradewindSettings]) -> list[Found]:
    """See whether what plays, or feeds, is there."""
    market = loaded.settings.market
    source: str = market.source
    if source == "zeromq":
        return [_endpoint(each) for each in market.zeromq.endpoints]
    if source == "replay":
        place = Path(market.replay.path)
        if place.exists():
            return [ok(f"the recording {place} is there")]
        return [fail(f"the recording {place} is not there", "correct market.replay.path")]
    if source == "infoway" and not loaded.settings.infoway.api_key:
        return [fail("market.source is infoway, and there is no key", "set TRADEWIND_INFOWAY__API_KEY")]
    if source == "sql_monitor" and not loaded.settings.databases.pms_monitor.url:
        return [fail("market.source is sql_monitor, whose database is not set", "set databases.pms_monitor.url")]
    return [ok(f"market.source is {source}")]


def certificates(loaded: Loaded[TradewindSettings]) -> Iterator[Found]:
    """Read how long our own certificates are good."""
    settings = loaded.settings
    named = {
        "gateway.certificate": settings.gateway.certificate,
        "bus.tls_cert": settings.bus.tls_cert,
        "module.tls_cert_file": settings.module.tls_cert_file,
    }

    for name, file in named.items():
        if not file:
            continue
        try:
            until = load_pem_x509_certificate(Path(file).read_bytes()).not_valid_after_utc
        except (OSError, ValueError) as error:
            yield fail(f"{name}: {file} cannot be read as a certificate: {error}", f"correct {name}")
            continue
        yield judging.certificate(f"{name} ({file})", (until - _now()).total_seconds())


def licence(loaded: Loaded[TradewindSettings]) -> list[Found]:
    """Judge the licence as the module would; what it remembers of the clock is left to itself."""
    settings = loaded.settings.module
    files = Places(Path(settings.home))
    try:
        module_hash = files.read_hash()
    except ConfigError as error:
        what, _, remedy = str(error).partition("; ")
        return [fail(what, remedy or "`tradewind module register`")]
    text = files.licence.read_bytes() if files.licence.exists() else None
    now = _now()
    standing = check(text, settings.licence_key, module_hash, now=now, seen=now)
    if standing.verdict is Verdict.GOOD:
        return [ok(standing.message)]
    say = warn if standing.is_working else fail
    return [say(standing.message, f"ask the operator for a licence for this module's hash; it lies in {files.licence}")]


def _endpoint(address: str) -> Found:
    place = urlsplit(address)
    remedy = "start the publisher, or correct market.zeromq.endpoints; it is connected to as soon as it is there"
    try:
        if place.scheme == "tcp":
            socket.create_connection((place.hostname or "", place.port or 0), timeout=_PATIENCE_S).close()
        elif not Path(address.removeprefix("ipc://")).exists():
            return warn(f"no publisher has made {address}", remedy)
    except (OSError, ValueError) as error:
        return warn(f"the publisher at {address} does not answer: {error}", remedy)
    return ok(f"a publisher answers at {address}")


def _now() -> datetime:
    return datetime.fromtimestamp(SystemClock().now_ns() / NS_PER_S, tz=UTC)
