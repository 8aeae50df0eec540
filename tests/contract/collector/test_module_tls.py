"""A module speaks TLS where it is told to, shows its own certificate, and tells nothing to a stranger."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest

from certificates import Authority
from module_at_work import module_at_work, module_settings
from system_002_server import HASH, System002Server
from tradewind.collector.registering import register
from tradewind.errors import ConfigError, TransientError

from waiting import eventually


def server_with(authority: Authority) -> System002Server:
    """Return a server that shows a certificate and asks for one."""
    certificate, key = authority.sign("server")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.load_verify_locations(authority.certificate)
    context.verify_mode = ssl.CERT_REQUIRED
    return System002Server(tls=context)


async def test_both_sides_show_a_certificate_and_a_job_is_done(tmp_path: Path) -> None:
    authority = Authority(tmp_path, "ours")
    certificate, key = authority.sign("module")
    own = {"tls": True, "tls_ca_file": str(authority.certificate), "server_host": "localhost"}
    own |= {"tls_cert_file": str(certificate), "tls_key_file": str(key)}
    async with server_with(authority) as server:
        assert await register(module_settings(server.port, **own)) == HASH
        async with module_at_work(tmp_path / "home", server.port, **own):
            await server.execute_when_connected("e1", "TSLA.US")
            await eventually(lambda: bool(server.of("e1")))


async def test_a_server_that_nobody_vouches_for_never_hears_the_hash(tmp_path: Path) -> None:
    known = Authority(tmp_path, "known")
    settings = {"tls": True, "tls_ca_file": str(known.certificate), "server_host": "localhost"}
    async with server_with(Authority(tmp_path, "stranger")) as server:
        with pytest.raises(TransientError, match="cannot be reached"):
            await register(module_settings(server.port, **settings))
        async with module_at_work(tmp_path / "home", server.port, **settings) as module:
            await eventually(lambda: "cannot be reached" in module.module.line.state.trouble)
        assert (server.registered, server.headers, server.refused) == ([], [], [])


async def test_a_certificate_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"module.tls_ca_file, tls_cert_file or tls_key_file cannot be used"):
        await register(module_settings(1, tls=True, tls_ca_file=str(tmp_path / "none")))
