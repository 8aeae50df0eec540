"""Files of variables (`config/.env`), as the modules of system 002 have them: names and values, one on a line.

They count as the environment does, below it: what the shell says wins over what a file says.
"""

from __future__ import annotations

import difflib
import io
import stat
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import ConfigError
from tradewind.kernel.settings import ENV_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_MOST_BYTES: Final = 1 << 16
_FOR_OTHERS: Final = 0o077


class EnvFiles(msgspec.Struct, frozen=True):
    """The variables of all files together, the later file winning, and what the operator should know of them."""

    values: dict[str, str]
    remarks: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Show the names; the values are secrets as often as not."""
        return f"EnvFiles({', '.join(self.values)})"

    def under(self, environ: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Return the variables with those of the environment over them."""
        return {**self.values, **dict(environ)}


def read_env_files(files: Iterable[Path], names: Iterable[str]) -> EnvFiles:
    """Read those of `files` that there are; `names` are the variables that mean something to us, beside `TRADEWIND_…`.

    A value may be quoted, may name another as `${NAME}`, may be followed by ` # a comment`; a line may begin with
    `export`. What means nothing to us is passed over, with a remark where it nearly is a name of ours.

    Raises: ConfigError: a file cannot be read, or a line of it is no `NAME=value`; no value stands in the message.
    """
    known = frozenset(names)
    values: dict[str, str] = {}
    remarks: list[str] = []
    for file in files:
        text = _text_of(file)
        if text is None:
            continue
        found = _variables(file, text)
        remarks += _remarks(file, found, known)
        values |= {name: value for name, value in found.items() if name in known or name.startswith(ENV_PREFIX)}
    return EnvFiles(values, tuple(remarks))


def _text_of(file: Path) -> str | None:
    try:
        if not file.is_file():
            return None
        with file.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            message = f"{file} must be at most {_MOST_BYTES} bytes long to be a file of variables"
            raise ConfigError(message)
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        message = f"{file} is not UTF-8, from byte {error.start} on; save it as UTF-8"
        raise ConfigError(message) from None
    except OSError as error:
        message = f"{file} cannot be read: {error.strerror}"
        raise ConfigError(message) from error


def _variables(file: Path, text: str) -> dict[str, str]:
    from dotenv import dotenv_values  # noqa: PLC0415 - only where there is such a file
    from dotenv.parser import parse_stream  # noqa: PLC0415

    for line in parse_stream(io.StringIO(text)):
        if line.error or (line.key is not None and line.value is None):
            blank = len(line.original.string) - len(line.original.string.lstrip())
            number = line.original.line + line.original.string[:blank].count("\n")
            message = f"{file}, line {number}: must be NAME=value (a value with blanks or # in quotes)"
            raise ConfigError(message)
    found = dotenv_values(stream=io.StringIO(text))
    return {name: value for name, value in found.items() if value is not None}


def _remarks(file: Path, found: Iterable[str], known: frozenset[str]) -> Iterable[str]:
    if stat.S_IMODE(file.stat().st_mode) & _FOR_OTHERS:
        yield f"{file} can be read by others, and it may hold a key or a password; chmod 600 {file}"
    for name in found:
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.8)
        if name not in known and not name.startswith(ENV_PREFIX) and near:
            yield f"{file}: {name} means nothing here; was {near[0]} meant?"
