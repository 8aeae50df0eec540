"""Makes the control server of collector modules, and asks it where it runs in a process of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.bus.redis.requests import Asker
from tradewind.domain.fleet import FleetCommand, FleetQuestion
from tradewind.domain.rights import Principal
from tradewind.errors import InputError
from tradewind.kernel.clock import SystemClock
from tradewind.market.calendar import build_calendar
from tradewind.runtime.rooms import Facts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from tradewind.api.fleet_desk import FleetDesk
    from tradewind.bus.ports import Bus
    from tradewind.collector.control.service import ControlService, Publishers
    from tradewind.domain.hours import TradingDayHours
    from tradewind.identity import Gate
    from tradewind.kernel.metrics import Metrics
    from tradewind.runtime.settings import TradewindSettings

_ASK: Final = "fleet_ask"
_DO: Final = "fleet_do"


def control_of(
    settings: TradewindSettings, *, bus: Bus, gate_at: Callable[[tuple[str, int]], Gate], metrics: Metrics
) -> ControlService | None:
    """Return the control server, `None` where it is off."""
    if not settings.control.enabled:
        return None
    door = (settings.control.host, settings.control.port)
    return build_control(settings, bus=bus, gate=gate_at(door), metrics=metrics)


def build_control(settings: TradewindSettings, *, bus: Publishers, gate: Gate, metrics: Metrics) -> ControlService:
    """Return the control server. Raises: ConfigError: the database's address is none, or its driver is missing."""
    from tradewind.collector.control.service import ControlService  # noqa: PLC0415 - brings its HTTP library along
    from tradewind.stores.sql.fleet import SqlFleet  # noqa: PLC0415 - brings the database's library along
    from tradewind.stores.sql.store import SqlStore  # noqa: PLC0415 - as above

    return ControlService(
        settings=settings.control,
        store=SqlFleet(SqlStore(settings.store, Path(settings.data_dir))),
        bus=bus,
        gate=gate,
        hours=_hours(settings),
        clock=SystemClock(),
        metrics=metrics,
    )


def _hours(settings: TradewindSettings) -> Callable[[str, int], TradingDayHours]:
    """Return when contracts trade by their exchange's calendar, whatever hours a simulated market keeps."""
    instruments = Facts(settings).instruments
    calendar = build_calendar("exchange", closing_tolerance_s=settings.market.closing_tolerance_s)

    def hours(instrument_id: str, ts: int) -> TradingDayHours:
        instrument = instruments.find(instrument_id)
        if instrument is None:
            message = f"no table knows the contract {instrument_id!r}"
            raise InputError(message)
        return calendar.day_at(instrument.hours_id, ts)

    return hours


class AskedFleet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question on its way, with who asks."""

    question: FleetQuestion
    who: Principal


class ToldFleet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A command on its way, with who gives it."""

    command: FleetCommand
    who: Principal


class RemoteFleet:
    """`api.ports.FleetDesk`: the control server lives in a process of its own; of several any answers."""

    def __init__(self, control: Asker) -> None:
        self._control = control

    async def answer(self, question: FleetQuestion, who: Principal) -> object:
        """Return what was asked for. Raises as the port says."""
        return await self._control.ask(_ASK, AskedFleet(question, who))

    async def carry_out(self, command: FleetCommand, who: Principal) -> object:
        """Do it; return what came of it when it is on record. Raises as the port says."""
        return await self._control.ask(_DO, ToldFleet(command, who))


def fleet_answers(fleet: FleetDesk) -> Mapping[str, Callable[[Any], Awaitable[object]]]:
    """Return what the process of a control server answers."""

    async def ask(body: object) -> object:
        asked = msgspec.convert(body, AskedFleet)
        return await fleet.answer(asked.question, asked.who)

    async def do(body: object) -> object:
        told = msgspec.convert(body, ToldFleet)
        return await fleet.carry_out(told.command, told.who)

    return {_ASK: ask, _DO: do}
