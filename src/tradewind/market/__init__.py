"""The market room: from a source's raw quotes to clean, numbered ticks of known instruments in trading hours.

Reads: a `Source` (simulator, replay, ZeroMQ feed), the shipped facts in `data/`. Writes: CLEAN_TICKS, QUOTE_SNAPSHOTS.
Main types: `MarketLine` (the line's mouth), `InstrumentTable`, `ExchangeCalendar`, `MarketQueries`.
"""

from __future__ import annotations

from tradewind.market.calendar import ExchangeCalendar, RoundTheClockCalendar, build_calendar
from tradewind.market.contract_file import ContractFile, MainContractEntry
from tradewind.market.contracts import InstrumentTable
from tradewind.market.main_contract import ContractDay, Proposal, RollRule, propose
from tradewind.market.ports import Intake, OlderKeys, RecordedSource, Source, SwitchableSource
from tradewind.market.quality import Scorecard
from tradewind.market.queries import MarketQueries, SessionState
from tradewind.market.rate_file import read_rates_file
from tradewind.market.rates import RateTable, build_rates
from tradewind.market.reasons import RejectReason, RepairReason
from tradewind.market.service import LineCounts, MarketLine, MarketService
from tradewind.market.settings import CleaningSettings, MarketSettings
from tradewind.market.switching import ContractSwitch, MainContract

__all__ = [
    "CleaningSettings",
    "ContractDay",
    "ContractFile",
    "ContractSwitch",
    "ExchangeCalendar",
    "InstrumentTable",
    "Intake",
    "LineCounts",
    "MainContract",
    "MainContractEntry",
    "MarketLine",
    "MarketQueries",
    "MarketService",
    "MarketSettings",
    "OlderKeys",
    "Proposal",
    "RateTable",
    "RecordedSource",
    "RejectReason",
    "RepairReason",
    "RollRule",
    "RoundTheClockCalendar",
    "Scorecard",
    "SessionState",
    "Source",
    "SwitchableSource",
    "build_calendar",
    "build_rates",
    "propose",
    "read_rates_file",
]
