"""Which Host and Origin are ours, and which peer is this machine."""

from __future__ import annotations

import pytest

from tradewind.errors import ConfigError
from tradewind.identity.addresses import Neighbourhood, is_loopback


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.9.10", "::1", "[::1]", "::ffff:127.0.0.1", "localhost"])
def test_this_machine_is_known_by_every_loopback_address(address: str) -> None:
    assert is_loopback(address)


@pytest.mark.parametrize(
    "address",
    ["", "10.0.0.1", "128.0.0.1", "::", "::ffff:10.0.0.1", "127.0.0.1.evil.example", "fe80::1%eth0", "0.0.0.1"],
)
def test_nobody_else_is_this_machine(address: str) -> None:
    assert not is_loopback(address)


def _near(*bound: str, port: int = 8888, hosts: tuple[str, ...] = (), origins: tuple[str, ...] = ()) -> Neighbourhood:
    return Neighbourhood(bound_to=bound, page_port=port, ports=(8100,), hosts=hosts, origins=origins)


@pytest.mark.parametrize("host", ["127.0.0.1:8888", "localhost:8888", "LOCALHOST:8100", "[::1]:8888", "127.0.0.1:8100"])
def test_on_loopback_our_names_are_the_loopback_names_with_our_ports(host: str) -> None:
    assert _near("127.0.0.1").knows_host(host)


@pytest.mark.parametrize("host", ["", "127.0.0.1", "localhost", "127.0.0.1:80", "10.0.0.5:8888", "evil.example:8888"])
def test_on_loopback_no_other_host_is_ours(host: str) -> None:
    assert not _near("127.0.0.1").knows_host(host)


def test_on_port_80_the_port_may_be_left_out() -> None:
    assert _near("127.0.0.1", port=80).knows_host("localhost")


@pytest.mark.parametrize(("host", "is_ours"), [("10.0.0.5:8888", True), ("[fd00::5]:8888", True), ("desk:8888", False)])
def test_beyond_loopback_addresses_are_ours_and_names_must_be_listed(host: str, is_ours: bool) -> None:  # noqa: FBT001 - a table of examples
    assert _near("0.0.0.0").knows_host(host) is is_ours  # noqa: S104 - never bound here


def test_the_operator_may_add_names_and_pages() -> None:
    near = _near("127.0.0.1", hosts=("Desk.example:8888",), origins=("https://desk.example",))

    assert near.knows_host("desk.example:8888")
    assert "https://desk.example" in near.origins


def test_our_own_page_is_on_the_page_port_only() -> None:
    origins = _near("127.0.0.1").origins

    assert "http://localhost:8888" in origins
    assert "http://localhost:8100" not in origins


@pytest.mark.parametrize(
    "origin", ["*", "null", "desk.example", "https://desk.example/", "ftp://x", "https://", "http://a/b"]
)
def test_an_origin_that_is_none_is_refused_with_its_form(origin: str) -> None:
    with pytest.raises(ConfigError, match="scheme://host"):
        _near("127.0.0.1", origins=(origin,))
