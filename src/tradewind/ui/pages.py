"""The built page as a table of files: what is not in the table is not served, so no path can climb out of it."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.ui.placeholder import NOT_BUILT

if TYPE_CHECKING:
    from collections.abc import Mapping

STATIC: Final = Path(__file__).parent / "static"
_INDEX: Final = "/index.html"
_INSTRUMENTS: Final = "/chart/"
"""Pages of the browser named after an instrument: `/chart/au2606.SHFE`."""
_ENCODINGS: Final = (("br", ".br"), ("gzip", ".gz"))
"""Best first."""
_HASHED: Final = re.compile(r"^/assets/.+-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$")
_MEDIA_TYPES: Final[Mapping[str, str]] = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}


class PageFile(msgspec.Struct, frozen=True):
    """One file, ready to send; `encoding` is `br`, `gzip` or empty."""

    body: bytes
    media_type: str
    encoding: str
    etag: str
    is_immutable: bool
    status: int = 200


class StaticPages:
    """The files of `folder`, looked up by URL path; read once each, bounded by what the build made."""

    def __init__(self, folder: Path = STATIC, *, prefix: str = "") -> None:
        """Serve a page whose addresses begin with `prefix`, where people reach it under a path of its host."""
        self._folder = folder
        self._prefix = prefix
        self._files: dict[str, Path] = {}
        self._ready: dict[tuple[str, str], PageFile] = {}
        self._stamp: int | None = None

    def find(self, path: str, accept_encoding: str) -> PageFile:
        """Return the file at `path`; the page itself for a path that is none; status 404 for a missing asset."""
        self._look_again()
        if path not in self._files:
            if path.startswith("/assets/") or _is_file_name(path):
                return _plain("no such file", "text/plain; charset=utf-8", status=404)
            path = _INDEX
        if path not in self._files:
            return _plain(NOT_BUILT, _MEDIA_TYPES[".html"])
        accepted = _accepted(accept_encoding)
        if path == _INDEX and self._prefix:
            # It is written anew here, and only in the one encoding that every Python has.
            accepted.discard("br")
        for encoding, suffix in _ENCODINGS:
            if encoding in accepted and path + suffix in self._files:
                return self._read(path, encoding, suffix)
        return self._read(path, "", "")

    def _look_again(self) -> None:
        """List the folder anew when the page was built again since the last look."""
        try:
            stamp = (self._folder / "index.html").stat().st_mtime_ns
        except OSError:
            stamp = None
        if stamp != self._stamp:
            self._ready.clear()
            found = (file for file in sorted(self._folder.rglob("*")) if file.is_file() and not file.is_symlink())
            self._files = {f"/{file.relative_to(self._folder).as_posix()}": file for file in found} if stamp else {}
            self._stamp = stamp

    def _read(self, path: str, encoding: str, suffix: str) -> PageFile:
        ready = self._ready.get((path, encoding))
        if ready is None:
            try:
                body = self._files[path + suffix].read_bytes()
            except OSError:
                # Being rebuilt at this moment; the next request looks again.
                self._stamp = None
                return _plain("no such file", "text/plain; charset=utf-8", status=404)
            if path == _INDEX and self._prefix:
                body = _rooted(body, encoding, self._files[path], self._prefix)
            kind = _MEDIA_TYPES.get(Path(path).suffix, "application/octet-stream")
            ready = PageFile(body, kind, encoding, _etag(body), bool(_HASHED.match(path)))
            self._ready[path, encoding] = ready
        return ready


def _rooted(body: bytes, encoding: str, file: Path, prefix: str) -> bytes:
    """Return the page with `prefix` before each of its addresses."""
    plain = file.read_bytes() if encoding else body
    written = plain.replace(b'="/', f'="{prefix}/'.encode())
    return gzip.compress(written, mtime=0) if encoding == "gzip" else written


def _is_file_name(path: str) -> bool:
    """Tell whether a path asks for a file; under `_INSTRUMENTS` a dot parts symbol and exchange."""
    return not path.startswith(_INSTRUMENTS) and "." in path.rpartition("/")[2]


def _plain(text: str, media_type: str, *, status: int = 200) -> PageFile:
    body = text.encode()
    return PageFile(body, media_type, "", _etag(body), is_immutable=False, status=status)


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:20]}"'


def _accepted(header: str) -> set[str]:
    """Return the encodings a browser takes; one with weight 0 is refused."""
    accepted = set()
    for part in header.lower().split(","):
        name, _, weight = part.strip().partition(";")
        if weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}:
            accepted.add(name.strip())
    return accepted
