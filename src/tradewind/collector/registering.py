"""Asks the control server for this module's hash."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import aiohttp

from tradewind import __version__
from tradewind.collector.module_line import ssl_of
from tradewind.collector.protocol_registration import REGISTER, Registration, hash_from, to_query
from tradewind.collector.settings import ModuleSettings
from tradewind.errors import ConfigError, TransientError

_MOST_BYTES: Final = 1 << 16


async def register(settings: ModuleSettings) -> str:
    """Return the hash that the server gives.

    Raises:
        TransientError: the server cannot be reached or has trouble of its own.
        ConfigError: it refuses us, or is no control server.
    """
    scheme = "https" if settings.tls else "http"
    where = f"{scheme}://{settings.server_host}:{settings.server_port}{REGISTER}"
    told = Registration(name=settings.name, description=settings.description, model_hash=program_hash())
    status, body = await _ask(where, to_query(told, settings.registration), settings)
    if status >= 500:  # noqa: PLR2004 - the server's own trouble
        message = f"{where} answered {status}; try again later"
        raise TransientError(message)
    try:
        return hash_from(body)
    except ValueError as error:
        message = f"{where} answered {status}: {error}"
        raise ConfigError(message) from error


def program_hash() -> str:
    """Return the MD5 of this program's collecting part, by which a server of system 002 tells versions apart."""
    digest = hashlib.md5(usedforsecurity=False)
    for file in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()


async def _ask(where: str, query: dict[str, str], settings: ModuleSettings) -> tuple[int, bytes]:
    timeout = aiohttp.ClientTimeout(total=settings.connect_s)
    connector = aiohttp.TCPConnector(ssl=ssl_of(settings) or True)
    headers = {"User-Agent": f"Tradewind/{__version__}"}
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, connector=connector, headers=headers) as session,
            session.get(where, params=query, allow_redirects=False) as answer,
        ):
            body = await answer.content.read(_MOST_BYTES)
            return answer.status, body
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        message = f"{where} cannot be reached: {str(error) or 'no answer'}; look at SERVER_IP and SERVER_PORT"
        raise TransientError(message) from error
