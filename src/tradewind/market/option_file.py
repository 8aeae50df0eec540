"""Options as an operator lists them: a CSV of CTP's instrument query, of which other rows are passed over."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, get_args

from tradewind.domain.instrument import Exchange, instrument_id_of
from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_KINDS: Final[Mapping[str, Literal["call", "put"]]] = {"1": "call", "2": "put"}
"""CTP OptionsType."""
_CLASSES: Final = frozenset({"2", "6"})
"""CTP ProductClass of options on futures and of options on what is no future."""
_NEEDED: Final = (
    "InstrumentID", "ExchangeID", "ProductClass", "VolumeMultiple", "PriceTick", "ExpireDate", "UnderlyingInstrID",
    "StrikePrice", "OptionsType",
)  # fmt: skip
_LARGEST: Final = 1e12
_LONGEST_MULTIPLIER: Final = 10_000_000


class OptionRow(NamedTuple):
    """The facts of one option; `strike` and `price_tick` in quote currency per unit, `expire_date` YYYYMMDD."""

    instrument_id: str
    name: str
    product_id: str
    contract_multiplier: int
    price_tick: float
    expire_date: int
    underlying_id: str
    strike: float
    kind: Literal["call", "put"]


def read_options_file(path: Path) -> list[OptionRow]:
    """Return the options of such a file, UTF-8 or GBK.

    Raises: ConfigError: it cannot be read, misses a column, or an option in it misses a fact: says which line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        message = f"market.options_file: cannot read {path}: {error.strerror}"
        raise ConfigError(message) from error
    rows = csv.DictReader(_text(data, path).splitlines())
    missing = [name for name in _NEEDED if name not in (rows.fieldnames or ())]
    if missing:
        message = f"market.options_file: {path} has no column {', '.join(missing)}"
        raise ConfigError(message)
    return [_option(row, f"{path}, line {rows.line_num}") for row in rows if (row["ProductClass"] or "") in _CLASSES]


def _text(data: bytes, path: Path) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    message = f"market.options_file: {path} is neither UTF-8 nor GBK"
    raise ConfigError(message)


def _option(row: Mapping[str, str | None], place: str) -> OptionRow:
    told = {name: (row[name] or "").strip() for name in _NEEDED}
    exchange, kind = told["ExchangeID"], _KINDS.get(told["OptionsType"])
    if exchange not in get_args(Exchange):
        raise _refused(place, "ExchangeID", told["ExchangeID"], "an exchange we know")
    if kind is None:
        raise _refused(place, "OptionsType", told["OptionsType"], "1 (call) or 2 (put)")
    for name in ("InstrumentID", "UnderlyingInstrID"):
        if not told[name]:
            raise _refused(place, name, "", "a contract's symbol")
    return OptionRow(
        instrument_id=instrument_id_of(told["InstrumentID"], exchange),
        name=(row.get("InstrumentName") or "").strip(),
        product_id=(row.get("ProductID") or "").strip() or told["InstrumentID"],
        contract_multiplier=_whole(told["VolumeMultiple"], place, "VolumeMultiple", most=_LONGEST_MULTIPLIER),
        price_tick=_above_0(told["PriceTick"], place, "PriceTick"),
        expire_date=_whole(told["ExpireDate"], place, "ExpireDate", least=19_000_101, most=29_991_231),
        underlying_id=instrument_id_of(told["UnderlyingInstrID"], exchange),
        strike=_above_0(told["StrikePrice"], place, "StrikePrice"),
        kind=kind,
    )


def _whole(text: str, place: str, name: str, *, least: int = 1, most: int) -> int:
    value = int(text) if text.isdecimal() else 0
    if not least <= value <= most:
        raise _refused(place, name, text, f"a whole number from {least} to {most}")
    return value


def _above_0(text: str, place: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    # CTP writes DBL_MAX where it has none.
    if not 0.0 < value < _LARGEST:
        raise _refused(place, name, text, "a number above 0")
    return value


def _refused(place: str, name: str, was: str, allowed: str) -> ConfigError:
    return ConfigError(f"market.options_file: {place}: {name} must be {allowed}, was {was[:40]!r}")
