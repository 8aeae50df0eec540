"""What the provider calls shares: read from its list of symbols, asked for once for each code, in its own time.

A name is for people: whoever has none is shown the code, so no failure here is anybody's trouble.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final, Protocol

import msgspec

from tradewind.errors import ConfigError, TransientError
from tradewind.infoway.codes import CODE
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from tradewind.infoway.rest import Fetched

_LOG = get_log("infoway")
_LOOK_S: Final = 5.0
_AGAIN_S: Final = 600.0
_LONGEST: Final = 40
_LANGUAGES: Final = ("name_cn", "name_hk", "name_en")
KINDS: Final[Mapping[str, str]] = {"US": "STOCK_US", "HK": "STOCK_HK", "SH": "STOCK_CN", "SZ": "STOCK_CN"}
"""The provider's list in which codes of an ending stand."""


class Name(msgspec.Struct, frozen=True):
    """What a code is called: in Chinese where the provider has it, else in English."""

    code: str
    name: str


def name_of(row: Any) -> Name | None:  # noqa: ANN401 - from outside
    """Return a name, or `None` for what is none."""
    if not isinstance(row, dict) or not isinstance(row.get("symbol"), str) or not CODE.fullmatch(row["symbol"]):
        return None
    given = (row.get(language) for language in _LANGUAGES)
    found = next((text.strip() for text in given if isinstance(text, str) and text.strip()), "")
    return Name(row["symbol"], found[:_LONGEST]) if found.isprintable() and found else None


class NameSource(Protocol):
    """Who is asked (`rest.InfowayRest`)."""

    async def names(self, codes: Sequence[str]) -> Fetched[Name]:
        """Return what each is called. Raises: ConfigError: never ask again. TransientError: not now."""
        ...


async def keep_names(
    source: NameSource,
    codes: Callable[[], Sequence[str]],
    learn: Callable[[Mapping[str, str]], object],
    *,
    sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> None:
    """Ask once for each code that is followed, and `learn` names by code; until cancelled, or the key is refused."""
    asked: set[str] = set()
    while True:
        new = [code for code in codes() if code not in asked and code.rpartition(".")[2] in KINDS]
        wait_s = _LOOK_S
        if new:
            try:
                found = await source.names(new)
            except ConfigError:
                return
            except TransientError as error:
                _LOG.info("infoway_names_later", codes=len(new), reason=str(error))
                wait_s = _AGAIN_S
            else:
                asked.update(new)
                learn({row.code: row.name for row in found.rows})
        await sleep(wait_s)
