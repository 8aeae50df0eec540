"""A whole desk in one test: the real rooms on the real buses, the paper broker, a journal in memory; ticks by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from instructions_harness import make_opportunity
from tradewind.bus.desk_topics import DESK_TOPICS
from tradewind.bus.local import LocalBus
from tradewind.bus.topics import CLEAN_TICKS, OPPORTUNITIES
from tradewind.domain import desk
from tradewind.domain.rights import EVERYTHING
from tradewind.domain.tick import Tick
from tradewind.execution.brokers.paper.broker import PaperBroker
from tradewind.execution.brokers.paper.settings import PaperSettings
from tradewind.kernel.clock import NS_PER_S, LineClock
from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.market.calendar import build_calendar
from tradewind.market.contracts import InstrumentTable
from tradewind.market.rates import RateTable
from tradewind.runtime.desk.office import Office
from tradewind.runtime.desk.rooms import DeskFacts, DeskRooms
from tradewind.runtime.settings import TradewindSettings
from tradewind.stores.memory import MemoryJournal
from tradewind.stores.ports import Entry, Journal

AU = "au2606.SHFE"
RB = "rb2605.SHFE"
MORNING_NS = 1_763_600_400 * NS_PER_S
"""2025-11-20 09:00:00 in Shanghai, a Thursday."""
DAY = 20251120


class WholeReach:
    """The office as somebody meets it who may do everything."""

    def __init__(self, office: Office) -> None:
        self.office = office

    async def answer(self, question: desk.Question) -> object:
        return await self.office.answer(question, EVERYTHING)

    async def carry_out(self, command: desk.Command) -> object:
        return await self.office.carry_out(command, EVERYTHING)


class Stage:
    """`tick` lets a quote come, `again` lets the process die and another begin from what was durable."""

    def __init__(self, folder: Path, *flags: str, is_instant: bool = True, begins_ns: int = MORNING_NS) -> None:
        self.folder = folder
        self.settings = load(TradewindSettings, flags=[f"data_dir={folder}", *flags]).settings
        self.failures: list[Any] = []
        self.line = LocalBus(on_failure=lambda *told: self.failures.append(told))
        self.clock = LineClock(begins_ns)
        self.metrics = Metrics()
        instruments = InstrumentTable()
        self.facts = DeskFacts(instruments, RateTable(instruments), build_calendar("exchange", closing_tolerance_s=3))
        self.is_instant = is_instant
        self.journal: Journal = self._new_journal([])
        self.rooms, self.office = self._begin()
        self._seq: dict[str, int] = {}
        self._volume = 0

    @property
    def memory(self) -> MemoryJournal:
        """Return the journal of a stage that keeps it in memory."""
        assert isinstance(self.journal, MemoryJournal)
        return self.journal

    def again(self) -> None:
        """Die, with what was not durable, and begin again."""
        self.rooms.close("it died")
        self.journal = self._new_journal(self.memory.durable_entries())
        self.rooms, self.office = self._begin()

    async def settled(self) -> None:
        """Wait until everything is durable."""

    def _new_journal(self, entries: list[Entry]) -> Journal:
        return MemoryJournal(self.clock, entries=entries, is_instant=self.is_instant)

    def tick(self, price: float, *, after_s: float = 0.5, instrument_id: str = AU, **changes: Any) -> Tick:
        """Let time move and a quote come: bid at the price, ask a tick above, 50 lots each."""
        ts = self.clock.now_ns() + round(after_s * NS_PER_S)
        self.clock.advance_to(ts)
        instrument = self.facts.instruments.require(instrument_id)
        seq = self._seq[instrument_id] = self._seq.get(instrument_id, 0) + 1
        self._volume += 10
        fields: dict[str, Any] = {
            "instrument_id": instrument_id,
            "seq": seq,
            "ts_event": ts,
            "ts_recv": ts,
            "trading_day": DAY,
            "last_price": price,
            "volume": self._volume,
            "turnover": self._volume * price * instrument.contract_multiplier,
            "open_interest": 1000.0,
            "bid_price": price,
            "bid_volume": 50,
            "ask_price": round(price + instrument.price_tick, instrument.price_digits),
            "ask_volume": 50,
            "open_price": price,
            "high_price": price,
            "low_price": price,
            "pre_settlement_price": 600.0 if instrument_id == AU else 3000.0,
            "pre_close_price": price,
            "pre_open_interest": 1000.0,
            "limit_up": 660.0 if instrument_id == AU else 3300.0,
            "limit_down": 540.0 if instrument_id == AU else 2700.0,
            "settlement_price": None,
            "depth": None,
            "volume_delta": 10,
            "turnover_delta": 10 * price * instrument.contract_multiplier,
        }
        tick = Tick(**{**fields, **changes})
        self.line.publisher(CLEAN_TICKS)(tick)
        return tick

    def opportunity(self, **changes: Any) -> None:
        """Let an opportunity to buy gold come."""
        event = make_opportunity(**{"instrument_id": AU, "last_price": 600.0, "entry_price": 600.0, **changes})
        self.line.publisher(OPPORTUNITIES)(event)

    def decoder(self, topic: str) -> msgspec.json.Decoder[Any]:
        """Return what reads the journal's entries of a topic."""
        return msgspec.json.Decoder(DESK_TOPICS[topic].event)

    def _begin(self) -> tuple[DeskRooms, WholeReach]:
        broker = PaperBroker(
            settings=PaperSettings(),
            clock=self.clock,
            instruments=self.facts.instruments,
            calendar=self.facts.calendar,
            rates=self.facts.rates,
        )
        rooms = DeskRooms(
            self.settings,
            line=self.line,
            clock=self.clock,
            metrics=self.metrics,
            facts=self.facts,
            journal=self.journal,
            broker=broker,
        )
        rooms.recover()
        rooms.open()
        return rooms, WholeReach(Office(rooms))


def known(stage: Stage) -> dict[str, Any]:
    """Return what every room knows of record; the gate's view of equity is told anew with the next price."""
    found = {name: msgspec.msgpack.decode(room.snapshot()) for name, room in stage.rooms.rooms.items()}
    for loss in found["pretrade"]["equities"]:
        loss.pop("equity")
    return found


def as_json(value: object) -> Any:
    """Return a message as a program on the other side would see it."""
    return msgspec.json.decode(msgspec.json.encode(value))
