"""The session cookie and its CSRF token."""

from __future__ import annotations

import pytest

from tradewind.identity.cookies import SessionCookie, csrf_of


def test_the_strict_cookie_has_every_guard() -> None:
    written = SessionCookie(is_strict=True).setting("abc")

    assert written == "__Host-tradewind=abc; Path=/; HttpOnly; SameSite=Strict; Secure"


def test_the_plain_cookie_lacks_only_what_plain_http_cannot_have() -> None:
    written = SessionCookie(is_strict=False).setting("abc")

    assert written == "tradewind_session=abc; Path=/; HttpOnly; SameSite=Strict"


def test_clearing_ends_it_at_once() -> None:
    assert SessionCookie(is_strict=True).clearing().startswith("__Host-tradewind=; Path=/")
    assert SessionCookie(is_strict=True).clearing().endswith("Max-Age=0")


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        ("__Host-tradewind=abc", "abc"),
        ("a=b; __Host-tradewind=abc;c=d", "abc"),
        ("__Host-tradewind=", None),
        ("tradewind_session=abc", None),
        ("x__Host-tradewind=abc", None),
        (";;=;", None),
        ("", None),
    ],
)
def test_the_secret_is_read_from_among_other_cookies(header: str, secret: str | None) -> None:
    assert SessionCookie(is_strict=True).secret_in(header) == secret


def test_the_csrf_token_does_not_give_the_secret_away() -> None:
    assert csrf_of("abc") != csrf_of("abd")
    assert "abc" not in csrf_of("abc")


@pytest.mark.parametrize("is_strict", [True, False])
def test_two_installations_on_one_host_do_not_sign_each_other_out(*, is_strict: bool) -> None:
    root, north, south = (SessionCookie(is_strict=is_strict, prefix=prefix) for prefix in ("", "/north", "/desk/south"))
    header = "; ".join(cookie.setting(secret).partition(";")[0] for cookie, secret in ((north, "n"), (south, "s")))
    assert (north.secret_in(header), south.secret_in(header), root.secret_in(header)) == ("n", "s", None)
    assert "Path=/;" in south.setting("s")
    assert len({cookie.clearing().partition("=")[0] for cookie in (root, north, south)}) == 3
