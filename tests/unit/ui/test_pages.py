"""The built page as a table of files."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import pytest

from tradewind.ui.pages import StaticPages


@pytest.fixture
def static(tmp_path: Path) -> Path:
    """Return a folder as the build leaves it, with a secret beside it."""
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<p>page</p>")
    (folder / "index.html.br").write_bytes(b"br")
    (folder / "index.html.gz").write_bytes(b"gz")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / "index-AbCd1234.js").write_text("run()")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    return folder


def test_the_page_is_served_at_every_path_that_is_no_file(static: Path) -> None:
    pages = StaticPages(static)

    for path in ("/", "/index.html", "/login", "/market", "/deep/down", "/chart/au2606.SHFE"):
        found = pages.find(path, "")
        assert (found.body, found.status, found.media_type) == (b"<p>page</p>", 200, "text/html; charset=utf-8")
        assert not found.is_immutable


def test_hashed_names_may_be_kept_for_ever(static: Path) -> None:
    pages = StaticPages(static)

    assert pages.find("/assets/index-AbCd1234.js", "").is_immutable
    assert not pages.find("/favicon.svg", "").is_immutable


@pytest.mark.parametrize(
    ("accepted", "body", "encoding"),
    [
        ("gzip, deflate, br", b"br", "br"),
        ("gzip", b"gz", "gzip"),
        ("br;q=0, gzip;q=0.5", b"gz", "gzip"),
        ("GZIP", b"gz", "gzip"),
        ("zstd", b"<p>page</p>", ""),
        ("", b"<p>page</p>", ""),
    ],
)
def test_the_best_encoding_the_browser_takes_is_sent(static: Path, accepted: str, body: bytes, encoding: str) -> None:
    found = StaticPages(static).find("/", accepted)

    assert (found.body, found.encoding) == (body, encoding)
    assert found.media_type == "text/html; charset=utf-8"


@pytest.mark.parametrize("path", ["/assets/gone-AbCd1234.js", "/assets/", "/robots.txt", "/map.js.map"])
def test_a_missing_asset_is_404_and_not_the_page(static: Path, path: str) -> None:
    assert StaticPages(static).find(path, "br").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "//secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/..\\secret.txt",
        "/link.txt",
        "/assets/\x00index-AbCd1234.js",
        "/.env",
        "/index.html/../../secret.txt",
    ],
)
def test_no_path_climbs_out_of_the_folder(static: Path, path: str) -> None:
    assert b"secret" not in StaticPages(static).find(path, "").body


def test_without_a_build_a_page_says_so_in_both_languages(tmp_path: Path) -> None:
    found = StaticPages(tmp_path / "nowhere").find("/market", "br")

    text = found.body.decode()
    assert found.status == 200
    assert "页面尚未构建" in text
    assert "has not been built" in text
    assert "Node 20" in text
    assert "make run" in text


def test_a_new_build_is_seen_without_a_restart(static: Path) -> None:
    pages = StaticPages(static)
    old = pages.find("/", "")
    (static / "index.html").write_text("<p>new</p>")
    os.utime(static / "index.html", ns=(1, 1))

    new = pages.find("/", "")

    assert new.body == b"<p>new</p>"
    assert new.etag != old.etag


def test_a_file_that_vanishes_during_a_build_is_404_for_once(static: Path) -> None:
    pages = StaticPages(static)
    pages.find("/", "")
    (static / "favicon.svg").unlink()

    assert pages.find("/favicon.svg", "").status == 404
    assert pages.find("/", "").status == 200


@pytest.mark.parametrize("encoding", ["", "gzip", "br, gzip"])
def test_behind_a_path_every_address_of_the_page_carries_it(tmp_path: Path, encoding: str) -> None:
    page = b'<link href="/favicon.svg"><script src="/assets/index-abcdefgh.js"></script>'
    (tmp_path / "index.html").write_bytes(page)
    (tmp_path / "index.html.gz").write_bytes(gzip.compress(page))
    (tmp_path / "index.html.br").write_bytes(b"of the page without the path")

    found = StaticPages(tmp_path, prefix="/tradewind").find("/market", encoding)

    body = gzip.decompress(found.body) if found.encoding == "gzip" else found.body
    assert body == page.replace(b'="/', b'="/tradewind/')
    assert found.encoding == ("gzip" if encoding else "")
