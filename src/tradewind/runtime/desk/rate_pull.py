"""Pulls an account's rates from its broker, one query after the other, and keeps what came by trading day.

What was told is written down after every few answers: a restart goes on where it stood, and later days have what an
earlier one was told. Rates are of the day on which they were told; what nobody told stays unknown.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.ctp.rate_answers import (
    commission_told,
    contract_told,
    counting_told,
    groups_told,
    margin_told,
    order_fees_told,
    sizes_told,
)
from tradewind.ctp.rate_plan import QUERIES, RatePlan
from tradewind.domain.told_rates import PullProgress, ToldContract, ToldCounting, ToldRates
from tradewind.errors import StoreError, TransientError
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from pathlib import Path

    from tradewind.ctp.queries import CtpQueries
    from tradewind.ctp.rate_plan import Step

_LOG = get_log("rates")
_WRITTEN_EVERY: Final = 20
_AGAIN_S: Final = 30.0
_LOOK_S: Final = 2.0
_SELDOM: Final = 11
"""Doublings of the wait after passes with unanswered questions: about an hour."""
_READ_DAYS: Final = 10
"""Days read at a start: what is held was opened on one of them, or its rates were told again since."""
_FILE_NAME: Final = re.compile(r"[^A-Za-z0-9_.-]")
_MAPPINGS: Final = {"margin": margin_told, "commission": commission_told, "order_fees": order_fees_told}


class ToldDay(msgspec.Struct):
    """What one account was told on one trading day, and how far its plan is."""

    trading_day: int
    answered: list[str] = []
    covering: list[str] = []
    told: list[ToldRates] = []
    groups: dict[str, str] = {}


class ToldDays:
    """The days of one account as files, one each."""

    def __init__(self, folder: Path, account_id: str) -> None:
        self._folder = folder / _FILE_NAME.sub("_", account_id)

    def read(self) -> list[ToldDay]:
        """Return the newest days, the oldest first.

        Raises: StoreError: a file cannot be read; names it.
        """
        days = []
        for file in sorted(self._folder.glob("[0-9]*.json"))[-_READ_DAYS:]:
            try:
                days.append(msgspec.json.decode(file.read_bytes(), type=ToldDay))
            except (OSError, msgspec.DecodeError) as error:
                message = f"{file} cannot be read as told rates: {error}; delete it, they are asked for again"
                raise StoreError(message) from error
        return days

    def write(self, day: ToldDay) -> None:
        """Keep a day as it stands, whole or not at all.

        Raises: TransientError: the disk does not take it.
        """
        file = self._folder / f"{day.trading_day}.json"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            beside = file.with_suffix(".part")
            beside.write_bytes(msgspec.json.encode(day))
            beside.replace(file)
        except OSError as error:
            message = f"{file} cannot be written: {error}"
            raise TransientError(message) from error


class RatesTold(msgspec.Struct, frozen=True):
    """Where what is told goes: the tables of rates and of contracts."""

    rates: Callable[[Iterable[ToldRates]], None]
    groups: Callable[[Mapping[str, str]], None]
    contracts: Callable[[int, list[ToldContract]], None]
    """The list of a trading day."""


class RatePull:
    """One account's plan; `run` works it off for the trading day it is given."""

    def __init__(
        self,
        queries: CtpQueries,
        days: ToldDays,
        told: RatesTold,
        *,
        broker_id: str,
        investor_id: str,
        held: Callable[[], Iterable[str]],
        again_s: float = _AGAIN_S,
    ) -> None:
        """`held` names the contracts in the books, which are asked first."""
        self._queries = queries
        self._days = days
        self._told = told
        self._broker_id = broker_id
        self._investor_id = investor_id
        self._held = held
        self._again_s = again_s
        self._kept = {day.trading_day: day for day in days.read()}
        self._plan = RatePlan(0)
        self._unwritten = 0
        self.counting: ToldCounting | None = None
        """How the broker counts, to be held against the settings."""
        self.trouble = ""
        for day in self._kept.values():
            told.rates(day.told)
            told.groups(day.groups)

    @property
    def progress(self) -> PullProgress:
        """Return how far it is."""
        return msgspec.structs.replace(self._plan.progress(), trouble=self.trouble)

    async def run(self, trading_day: int) -> None:
        """Ask everything there is to ask on a day; a front that is away is waited for.

        Raises: TransientError: what came cannot be kept.
        """
        day = self._kept.setdefault(trading_day, ToldDay(trading_day))
        self._plan = RatePlan(trading_day, answered=day.answered, covering=day.covering)
        while (step := self._plan.next()) is not None:
            try:
                rows = await self._queries.query(QUERIES[step.kind], step.fields(self._broker_id, self._investor_id))
            except TransientError as error:
                self._failed(step, str(error))
                await asyncio.sleep(self._again_s)
                continue
            self.trouble = ""
            self._take(step, rows, day)
            self._unwritten += 1
            if self._unwritten >= _WRITTEN_EVERY:
                self._write(day)
        self._write(day)
        done = self._plan.progress()
        _LOG.info("rates_pulled", trading_day=trading_day, done=done.done, empty=done.empty, failed=done.failed)

    def _take(self, step: Step, rows: list[dict[str, Any]], day: ToldDay) -> None:
        if step.kind == "counting":
            self.counting = counting_told(rows)
            self._plan.answered(step, is_empty=self.counting is None)
        elif step.kind == "groups":
            day.groups.update(groups_told(rows))
            self._told.groups(day.groups)
            self._plan.answered(step, is_empty=not rows)
        elif step.kind == "contracts":
            self._take_contracts(step, rows, day)
        else:
            mapped = _MAPPINGS[step.kind](rows, step.contract, step.product_id, trading_day=day.trading_day)
            if mapped is not None:
                self._keep(day, [mapped])
            is_product = mapped is not None and bool(mapped.product)
            self._plan.answered(step, is_product=is_product, is_empty=mapped is None)

    def _take_contracts(self, step: Step, rows: list[dict[str, Any]], day: ToldDay) -> None:
        contracts = [told for row in rows if (told := contract_told(row)) is not None]
        if len(contracts) < len(rows):
            # Without a multiplier or a price step nothing of a contract can be counted: it stays unknown.
            first = next(row for row in rows if contract_told(row) is None)
            refused = len(rows) - len(contracts)
            _LOG.warning(
                "contracts_refused", count=refused, first=first.get("InstrumentID"), reason="no multiplier or tick"
            )
        known = {each.instrument_id for each in contracts if each.kind == "future"} | set(self._held())
        sizes = [size for row in rows if (size := sizes_told(row, trading_day=day.trading_day)) is not None]
        self._told.contracts(day.trading_day, contracts)
        self._keep(day, [size for size in sizes if size.contract in known])
        self._plan.answered(step, is_empty=not contracts)
        self._plan.know(contracts, self._held())

    def _keep(self, day: ToldDay, told: list[ToldRates]) -> None:
        known = set(day.told)
        day.told.extend(each for each in told if each not in known)
        self._told.rates(told)

    def _failed(self, step: Step, reason: str) -> None:
        if self.trouble != reason:
            _LOG.warning("rates_not_answered", query=QUERIES[step.kind], contract=step.contract, reason=reason)
        self.trouble = reason
        self._plan.failed(step)

    def _write(self, day: ToldDay) -> None:
        day.answered, day.covering = self._plan.state()
        self._days.write(day)
        self._unwritten = 0


class RatePulls:
    """A service (`kernel.service`): `run` pulls each account's rates once a trading day, until cancelled."""

    name = "rates"

    def __init__(
        self, pulls: Mapping[str, RatePull], trading_day: Callable[[str], int], *, look_s: float = _LOOK_S
    ) -> None:
        """`trading_day` tells the day of an account's login, 0 while there is none."""
        self._pulls = dict(pulls)
        self._trading_day = trading_day
        self._look_s = look_s
        self._done: dict[str, int] = {}

    def progress(self) -> dict[str, PullProgress]:
        """Return by account how far its pull is."""
        return {account_id: pull.progress for account_id, pull in self._pulls.items()}

    async def run(self) -> None:
        """Look for a new day again and again; accounts are pulled side by side, each in its own line of queries."""
        async with asyncio.TaskGroup() as tasks:
            for account_id, pull in self._pulls.items():
                tasks.create_task(self._keep(account_id, pull))

    async def _keep(self, account_id: str, pull: RatePull) -> None:
        passes = 0
        while True:
            day = self._trading_day(account_id)
            if day > self._done.get(account_id, 0):
                try:
                    await pull.run(day)
                    passes = passes + 1 if pull.progress.failed else 0
                    if not pull.progress.failed:
                        self._done[account_id] = day
                except TransientError as error:
                    pull.trouble = str(error)
                    _LOG.warning("rates_not_kept", account_id=account_id, reason=str(error))
            # A front that never answers a question is asked it ever more seldom, once an hour at last.
            await asyncio.sleep(self._look_s * (1 << min(passes, _SELDOM)))
