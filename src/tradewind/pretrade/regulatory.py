"""What the exchanges call abnormal trading, as data with date and source: `data/regulatory.json`.

The figures are the first count that is abnormal; the gate's limit is one less. Rules change: where an entry is not
verified, the page of limits says so.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.order import TimeInForce

if TYPE_CHECKING:
    from collections.abc import Mapping


class ExchangeRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Counts of one account in one contract on one trading day from which an exchange calls trading abnormal."""

    self_trades_from: int
    cancels_from: int
    big_cancels_from: int
    big_cancel_lots: int
    """An order of at least so many lots is a big one; 0: the exchange counts none apart."""
    exempt: tuple[TimeInForce, ...]
    """Orders whose cancels do not count."""
    since: str
    source: str
    is_verified: bool


class BurstRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often a day so many messages within a time make an account a programmatic trader."""

    messages: int
    within_s: float
    a_day: int
    since: str
    source: str
    is_verified: bool


class RegulatoryFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The file: when it was last looked through, the bursts, and each exchange's counts."""

    as_of: str
    bursts: BurstRule
    exchanges: dict[str, ExchangeRule]


@cache
def regulatory() -> RegulatoryFile:
    """Return the shipped figures."""
    text = resources.files("tradewind.pretrade").joinpath("data/regulatory.json").read_bytes()
    return msgspec.json.decode(text, type=RegulatoryFile)


def rule_of(instrument_id: str, exchanges: Mapping[str, ExchangeRule]) -> ExchangeRule | None:
    """Return what the exchange of a contract asks, `None` where it is not in the file."""
    return exchanges.get(instrument_id.rpartition(".")[2])
