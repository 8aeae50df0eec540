"""Hand-written stand-ins for ports, shared by all rooms' tests."""

from __future__ import annotations

from typing import Any

from tradewind.bus.local import LocalBus
from tradewind.bus.topics import Topic
from tradewind.domain.hours import Section, TradingDayHours
from tradewind.domain.instrument import Instrument
from tradewind.errors import UnknownInstrumentError
from tradewind.kernel.clock import NS_PER_S


class RaisingBus(LocalBus):
    """A local bus on which a failing handler fails the test."""

    def __init__(self) -> None:
        super().__init__(on_failure=self._raise)

    @staticmethod
    def _raise(_topic: str, _group: str, _event: object, error: Exception) -> None:
        raise error


class Recorder:
    """Keeps what was published to some topics, in order."""

    def __init__(self, bus: LocalBus, *topics: Topic[Any]) -> None:
        self.events: list[Any] = []
        for topic in topics:
            bus.subscribe(topic, self.events.append, group="recorder")


class FakeInstruments:
    """An instrument table of just these."""

    def __init__(self, *instruments: Instrument) -> None:
        self._by_id = {instrument.instrument_id: instrument for instrument in instruments}

    def find(self, instrument_id: str) -> Instrument | None:
        return self._by_id.get(instrument_id)

    def require(self, instrument_id: str) -> Instrument:
        instrument = self.find(instrument_id)
        if instrument is None:
            message = f"unknown instrument {instrument_id}"
            raise UnknownInstrumentError(message)
        return instrument


class FakeCalendar:
    """One trading day of given sections (absolute ns), whatever the instrument; closing tolerance 3 s."""

    def __init__(self, trading_day: int, *sections: tuple[int, int]) -> None:
        self._day = TradingDayHours(
            trading_day=trading_day,
            auction_ns=sections[0][0] - 60 * NS_PER_S,
            sections=tuple(Section(opened, closed) for opened, closed in sections),
        )

    def day_at(self, hours_id: str, ts: int) -> TradingDayHours:  # noqa: ARG002 - the port's signature
        return self._day

    def section_at(self, hours_id: str, ts: int) -> Section | None:  # noqa: ARG002 - the port's signature
        for section in self._day.sections:
            if section.open_ns <= ts <= section.close_ns + 3 * NS_PER_S:
                return section
        return None
