"""The form in which rates are written down: the shipped table (data/rates.json) and an operator's own file.

An entry says something about a product or about one contract, from a trading day on: its margin, its commission, its
order sizes, or several of these. What no entry says is unknown. Every mistake in an operator's file is refused with
the file, the place, what it was and what is allowed: a rate that was meant and not read would cost money.
"""

from __future__ import annotations

import tomllib
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec
from msgspec import Meta

from tradewind.domain.rates import ClosePriority, CommissionRate, MarginRate
from tradewind.errors import ConfigError

if TYPE_CHECKING:
    from pathlib import Path

_FIRST_DAY: Final = 19900101
_LAST_DAY: Final = 99991231
Quantity = Annotated[int, Meta(ge=0, le=1_000_000)]


class MarginEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Margin of a lot as `domain.rates.MarginRate` means it; every part is written, 0 too.

    Raises: ValueError: a part is below 0, above 1 of the money, or no plain number.
    """

    long_by_money: Decimal
    long_by_volume: Decimal
    short_by_money: Decimal
    short_by_volume: Decimal

    def __post_init__(self) -> None:
        """Refuse what no margin can be."""
        _refuse_absurd(self)

    def rate(self) -> MarginRate:
        """Return it in the words of the domain."""
        return MarginRate(**msgspec.structs.asdict(self))


class CommissionEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Commission of a lot as `domain.rates.CommissionRate` means it; fees a message may be left out: there are none.

    Raises: ValueError: a part is below 0, above 1 of the money, or no plain number.
    """

    open_by_money: Decimal
    open_by_volume: Decimal
    close_by_money: Decimal
    close_by_volume: Decimal
    close_today_by_money: Decimal
    close_today_by_volume: Decimal
    order_fee: Decimal = Decimal(0)
    cancel_fee: Decimal = Decimal(0)

    def __post_init__(self) -> None:
        """Refuse what no commission can be."""
        _refuse_absurd(self)

    def rate(self) -> CommissionRate:
        """Return it in the words of the domain."""
        return CommissionRate(**msgspec.structs.asdict(self))


class RateEntry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What holds for a product (`SHFE.au`) or a contract (`au2512.SHFE`) from `valid_from` on; parts may be absent.

    Raises: ValueError: neither or both of product and contract, a day that is none, a ratio out of range.
    """

    valid_from: int
    product: str = ""
    contract: str = ""
    source: str = ""
    margin: MarginEntry | None = None
    commission: CommissionEntry | None = None
    max_limit_quantity: Quantity | None = None
    max_market_quantity: Quantity | None = None
    min_quantity: Annotated[int, Meta(ge=1, le=1_000_000)] | None = None
    is_larger_side_only: bool | None = None
    close_priority: ClosePriority | None = None
    limit_ratio: Decimal | None = None

    def __post_init__(self) -> None:
        """Refuse an entry that cannot be about anything."""
        if bool(self.product) == bool(self.contract):
            message = "needs either product (as SHFE.au) or contract (as au2512.SHFE), and not both"
            raise ValueError(message)
        if "." not in (self.product or self.contract):
            message = f"product is EXCHANGE.product, contract is symbol.EXCHANGE; was {self.product or self.contract!r}"
            raise ValueError(message)
        if not _FIRST_DAY <= self.valid_from <= _LAST_DAY:
            message = f"valid_from must be a trading day as YYYYMMDD, was {self.valid_from}"
            raise ValueError(message)
        if self.limit_ratio is not None and not (self.limit_ratio.is_finite() and 0 < self.limit_ratio < 1):
            message = f"limit_ratio must lie between 0 and 1, was {self.limit_ratio}"
            raise ValueError(message)


class RateFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`rates.json`: `sources` says by key where each entry comes from."""

    source: str
    as_of: int
    sources: dict[str, str]
    rates: tuple[RateEntry, ...]


@cache
def shipped_rates() -> RateFile:
    """Return the table that ships with the package; its commissions are examples, one broker's."""
    data = files("tradewind.market").joinpath("data", "rates.json").read_bytes()
    return msgspec.json.decode(data, type=RateFile)


def read_rates_file(file: Path) -> tuple[RateEntry, ...]:
    """Return an operator's own entries from a TOML or JSON file: a list `rates`, each as in the shipped table.

    Raises: ConfigError: the file is missing, is neither form, or holds an entry that is none.
    """
    try:
        text = file.read_text(encoding="utf-8")
        # Numbers stay exactly as written: a float would change 0.00005.
        tree = (
            msgspec.json.Decoder(float_hook=Decimal).decode(text)
            if file.suffix == ".json"
            else tomllib.loads(text, parse_float=Decimal)
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, msgspec.DecodeError) as error:
        message = f"rates file {file} cannot be read: {error}; allowed: a TOML file, or JSON if its name ends in .json"
        raise ConfigError(message) from error
    if not isinstance(tree, dict) or set(tree) != {"rates"} or not isinstance(tree["rates"], list):
        found = ", ".join(map(str, tree)) if isinstance(tree, dict) else type(tree).__name__
        message = f"rates file {file}: has {found or 'nothing'}; allowed: one list named rates, [[rates]] in TOML"
        raise ConfigError(message)
    return tuple(_entry(file, number, item) for number, item in enumerate(tree["rates"], start=1))


def _entry(file: Path, number: int, item: Any) -> RateEntry:  # noqa: ANN401 - whatever the operator wrote
    try:
        return msgspec.convert(item, RateEntry)
    except msgspec.ValidationError as error:
        about = (item.get("product") or item.get("contract") or "no product") if isinstance(item, dict) else "no table"
        message = (
            f"rates file {file}, entry {number} ({about}): {error}; allowed: the keys of the shipped table "
            f"({', '.join(RateEntry.__struct_fields__)}), amounts as decimal numbers of 0 or more"
        )
        raise ConfigError(message) from error


def _refuse_absurd(entry: MarginEntry | CommissionEntry) -> None:
    for name in entry.__struct_fields__:
        value: Decimal = getattr(entry, name)
        if not value.is_finite() or value < 0 or (name.endswith("_by_money") and value > 1):
            limit = "from 0 to 1, a part of the money" if name.endswith("_by_money") else "0 or more, an amount a lot"
            message = f"{name} must be {limit}, was {value}"
            raise ValueError(message)
