"""What every text of a support bundle passes: secrets that are known go by what they are, others by where they stand.

Known are those of the settings, of the environment and of our own files, in every form in which a driver or a log may
have written them. Unknown ones are recognised by the words before them; rather too much is blanked than too little.
"""

from __future__ import annotations

import base64
import contextlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, quote, quote_plus, urlsplit

import msgspec

from tradewind.ctp.settings import FRONT
from tradewind.kernel.settings import leaves, value_at
from tradewind.ops.findings import without
from tradewind.runtime.doctor.running import secrets_of
from tradewind.runtime.production.plan import FILE as PLAN
from tradewind.runtime.settings import TradewindSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_WORDS: Final = (
    r"pass(?:word|wd|phrase)?|pwd|secret|token|api[_-]?key|auth[_-]?code|licen[cs]e[_-]?key|private[_-]?key"
    r"|authorization|cookie|credentials?|signature|csrf"
)
_NAMED: Final = re.compile(_WORDS, re.IGNORECASE)
_PATTERNS: Final = (
    # The whole of a key in PEM, as it stands in a file or, its line breaks written as \n, in a line of a log.
    (re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----).*?(-----END|\Z)", re.DOTALL), r"\1***\2"),
    (re.compile(r"(?<=://)[^/@\s\"']+(?=@)"), "***"),
    (re.compile(r"\b(Bearer|Basic|Digest)(\s+)(?!\*\*\*)[^\s\"',;]+", re.IGNORECASE), r"\1\2***"),
    (re.compile(r"login#[^\s\"'\\]+"), "login#***"),
    # "password": "…", password=…, api_key: …; a quoted value to its closing quote, any other to the next gap.
    (re.compile(rf"((?:{_WORDS})[\w-]*\\?[\"']?\s*[:=]\s*)\\?\"(?:[^\"\\]|\\.)*\"", re.IGNORECASE), r'\1"***"'),
    (re.compile(rf"((?:{_WORDS})[\w-]*\\?[\"']?\s*[:=]\s*)'[^']*'", re.IGNORECASE), r"\1'***'"),
    (re.compile(rf"((?:{_WORDS})[\w-]*\s*=\s*)[^\s\"'&,;]+", re.IGNORECASE), r"\1***"),
)
_FRONT: Final = re.compile(FRONT)
_SHORTEST: Final = 8


class Sieve:
    """Blanks what must not leave this machine."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = {form for secret in secrets if secret for form in _forms(secret)}

    def sift(self, text: str) -> str:
        """Return a text with its secrets blanked."""
        text = without(text, self._secrets)
        for pattern, blank in _PATTERNS:
            text = pattern.sub(blank, text)
        return text


def sieve_of(settings: TradewindSettings, environ: Mapping[str, str]) -> Sieve:
    """Return the sieve that knows the secrets of an installation."""
    found = secrets_of(settings)
    # A variable may be called so and hold a switch.
    found |= {value for name, value in environ.items() if _NAMED.search(name) and len(value) >= _SHORTEST}
    for hook in settings.notices.hooks:
        found |= {environ.get(name, "") for name in (hook.url_env, hook.secret_env)}
        found |= set(_lines_of(Path(hook.secret_file))) if hook.secret_file else set()
    for leaf in leaves(TradewindSettings):
        value = value_at(settings, leaf.path)
        if leaf.is_secret and not isinstance(value, str):
            found |= set(_in_table(msgspec.to_builtins(value)))
        elif isinstance(value, str) and _NAMED.search(leaf.path.rpartition(".")[2]) and "file" not in leaf.path:
            found.add(value)
    # Any header may prove who sends, and a scheme may stand before what proves it.
    found |= {word for value in settings.traces.headers.values() for word in (value, *value.split()[-1:])}
    found |= set(_in_files(settings))
    return Sieve(found | {part for text in found if "://" in text for part in _in_address(text)})


def _in_table(value: Any, name: str = "") -> Iterator[str]:  # noqa: ANN401 - a table of settings may hold any kind
    """Yield what a table of secrets holds under the name of one, and addresses, which may carry one."""
    match value:
        case dict():
            for key, item in value.items():
                yield from _in_table(item, str(key))
        case list() | tuple():
            for item in value:
                yield from _in_table(item, name)
        case str() if _NAMED.search(name) or ("://" in value and not _FRONT.fullmatch(value)):
            yield value
        case _:
            pass


def _in_address(address: str) -> Iterator[str]:
    """Yield what in a secret address may be the key of it: what is behind the `?`, and the path's last part."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(address)
        values = [value for _, value in parse_qsl(parts.query)]
        yield from (text for text in (*values, parts.path.rpartition("/")[2]) if len(text) >= _SHORTEST)


def _in_files(settings: TradewindSettings) -> Iterator[str]:
    """Yield the secrets of our own files: what opens the doors, and the passwords of a production set."""
    home = Path(settings.data_dir).absolute()
    for path in (home / "access.json", home / "watch.json", home / "identity.key", home.parent / PLAN):
        lines = [*_lines_of(path)]
        try:
            told = msgspec.json.decode("\n".join(lines))
        except msgspec.DecodeError:
            yield from lines
            continue
        yield from _texts(told.get("passwords", told) if isinstance(told, dict) else told)


def _lines_of(path: Path) -> Iterator[str]:
    with contextlib.suppress(OSError, UnicodeDecodeError):
        yield from (line.strip() for line in path.read_text(encoding="utf-8").splitlines())


def _texts(value: Any) -> Iterator[str]:  # noqa: ANN401 - as above
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _forms(secret: str) -> Iterator[str]:
    """Yield a secret as it is and as others write it: in an address, in JSON, in base64."""
    yield secret
    yield quote(secret, safe="")
    yield quote(secret)
    yield quote_plus(secret)
    yield msgspec.json.encode(secret).decode()[1:-1]
    # `ascii` is how Python shows what it does not print.
    yield ascii(secret)[1:-1]
    yield repr(secret)[1:-1]
    raw = secret.encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(raw).decode().rstrip("=")
    yield raw.hex()
