"""A URL of Redis is read whole or refused in one line, and its password is never shown."""

from __future__ import annotations

import pytest

from tradewind.bus.redis.address import RedisAddress, address_of, parse_address
from tradewind.bus.settings import BusSettings
from tradewind.errors import ConfigError
from tradewind.kernel.settings_doc import without_credentials


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://10.0.0.1:6380/3", RedisAddress(host="10.0.0.1", port=6380, database=3)),
        ("redis://localhost", RedisAddress(host="localhost", port=6379)),
        ("redis://:s%40cret@host/1", RedisAddress(host="host", port=6379, database=1, password="s@cret")),  # noqa: S106 - the example
        ("redis://me:pw@host:1", RedisAddress(host="host", port=1, user="me", password="pw")),  # noqa: S106 - the example
        ("rediss://host:6379", RedisAddress(host="host", port=6379, is_tls=True)),
        (
            "redis+sentinel://me:pw@a:1,b,[::1]:3/main/4",
            RedisAddress(
                sentinels=(("a", 1), ("b", 26379), ("::1", 3)),
                service="main",
                database=4,
                user="me",
                password="pw",  # noqa: S106 - as above
            ),
        ),
        ("rediss+sentinel://a/main", RedisAddress(sentinels=(("a", 26379),), service="main", is_tls=True)),
        ("unix:///run/redis.sock?db=2", RedisAddress(path="/run/redis.sock", database=2)),
    ],
)
def test_a_url_is_read(url: str, address: RedisAddress) -> None:
    assert parse_address(url) == address


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:6379",
        "http://host",
        "redis://",
        "redis://host:port",
        "redis://host/x",
        "unix://",
        "redis://h:99999",
        "redis+sentinel://a:1",
        "redis+sentinel:///main",
        "redis+sentinel://a:1,:2/main",
        "redis+sentinel://a:0/main",
        "http+sentinel://a/main",
    ],
)
def test_what_is_no_url_of_redis_is_refused_with_what_is_allowed(url: str) -> None:
    with pytest.raises(ConfigError, match=r"bus\.url must be redis://"):
        parse_address(url)


def test_a_password_of_its_own_wins_over_the_one_in_the_url() -> None:
    assert parse_address("redis://:old@host", password="new").password == "new"  # noqa: S105, S106 - the example


LEAKY = (
    *("redis://me:hidden@host/1", "redis:/:hidden@host", "redis://:hidden?@host", "redis://:deep#hidden@host"),
    *("redis://host/0?password=hidden", "unix:///run/redis.sock?db=0&password=hidden", "me:hidden@host"),
)


def test_no_password_is_ever_shown() -> None:
    with pytest.raises(ConfigError) as refused:
        parse_address("redis://me:hidden@deep@host:port")
    shown = [
        str(refused.value),
        repr(parse_address("redis://me:hidden@host")),
        parse_address("redis://me:hidden@host").shown,
        repr(BusSettings(url="redis://me:hidden@host/1", password="hidden")),  # noqa: S106 - the example
        *(without_credentials(url) for url in LEAKY),
    ]
    assert not any("hidden" in text or "deep" in text for text in shown)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"tls_ca": "ca.pem"}, "bus.tls_ca is set, but bus.url speaks no TLS"),
        ({"url": "rediss://host", "tls_cert": "me.pem"}, "belong together"),
    ],
)
def test_certificates_that_could_not_be_used_are_refused(changes: dict[str, str], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        address_of(BusSettings(**changes))  # type: ignore[arg-type]


def test_sentinels_are_shown_by_the_service_they_look_after() -> None:
    assert parse_address("redis+sentinel://:pw@a:1,b:2/main/3").shown == "main of sentinels a:1,b:2"
