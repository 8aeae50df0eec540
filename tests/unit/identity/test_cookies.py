"""The session cookie and its CSRF token."""

from __future__ import annotations

import pytest

from tradewind.identity.cookies import SessionCookie, csrf_of, installation_of


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


@pytest.mark.parametrize("is_strict", [True, False])
def test_two_ports_of_one_host_have_a_cookie_each_and_the_usual_one_keeps_its_name(*, is_strict: bool) -> None:
    usual, other, named = (
        SessionCookie(is_strict=is_strict, installation=installation_of(word, port))
        for word, port in (("", 8_888), ("", 8_899), ("north", 8_888))
    )
    header = "; ".join(cookie.setting(one).partition(";")[0] for cookie, one in ((usual, "u"), (other, "o")))

    assert usual.name == SessionCookie(is_strict=is_strict).name
    assert (usual.secret_in(header), other.secret_in(header), named.secret_in(header)) == ("u", "o", None)
    assert len({cookie.clearing().partition("=")[0] for cookie in (usual, other, named)}) == 3
    assert len({cookie.marking("d").name for cookie in (usual, other, named)}) == 3


def test_a_port_that_is_not_known_yet_is_none_and_what_the_operator_says_goes_before_it() -> None:
    assert [installation_of(word, port) for word, port in (("", 0), ("", 443), ("desk_a", 443))] == [
        "",
        "443",
        "desk_a",
    ]
