"""Headers in and out."""

from __future__ import annotations

import pytest

from tradewind.api.headers import DATA_HEADERS, headers_of, host_name_of, page_headers


def test_a_doubled_header_is_joined_so_that_it_matches_nothing() -> None:
    headers = headers_of([(b"host", b"127.0.0.1:8888"), (b"host", b"evil.example")])

    assert headers == {"host": "127.0.0.1:8888, evil.example"}


def test_cookies_in_two_headers_stay_cookies() -> None:
    assert headers_of([(b"cookie", b"a=1"), (b"cookie", b"b=2")]) == {"cookie": "a=1; b=2"}


def test_bytes_beyond_ascii_do_not_break_reading() -> None:
    assert headers_of([(b"user-agent", b"\xff\xfe")])["user-agent"] == "\xff\xfe"


@pytest.mark.parametrize(
    ("host", "name"),
    [("127.0.0.1:8888", "127.0.0.1"), ("desk", "desk"), ("[::1]:8888", "[::1]"), ("[::1]", "[::1]"), ("", "")],
)
def test_a_host_is_parted_from_its_port(host: str, name: str) -> None:
    assert host_name_of(host) == name


def test_the_page_may_open_sockets_to_push_and_run_nothing_foreign() -> None:
    policy = dict(page_headers("ws://127.0.0.1:8100"))[b"content-security-policy"].decode()

    assert "default-src 'none'" in policy
    assert "connect-src 'self' ws://127.0.0.1:8100;" in policy
    assert "frame-ancestors 'none'" in policy
    assert "require-trusted-types-for 'script'" in policy
    assert "unsafe" not in policy
    assert "*" not in policy


def test_data_is_never_kept_framed_or_guessed_at() -> None:
    headers = dict(DATA_HEADERS)

    assert headers[b"cache-control"] == b"no-store"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert b"frame-ancestors 'none'" in headers[b"content-security-policy"]
