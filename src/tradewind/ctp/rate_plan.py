"""The plan by which a night's queries get the rates of an account: what first, what is covered, what is left.

First how the broker counts and which contracts there are; then each contract that is held; then one contract of each
product, whose answer may hold for the product; last the others of products that answer contract by contract. A
question that was answered today is not asked again, after a restart either.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final, Literal

import msgspec

from tradewind.domain.told_rates import PullProgress, ToldContract

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind = Literal["counting", "groups", "contracts", "margin", "commission", "order_fees"]
QUERIES: Final[dict[Kind, str]] = {
    "counting": "ReqQryBrokerTradingParams",
    "groups": "ReqQryProductGroup",
    "contracts": "ReqQryInstrument",
    "margin": "ReqQryInstrumentMarginRate",
    "commission": "ReqQryInstrumentCommissionRate",
    "order_fees": "ReqQryInstrumentOrderCommRate",
}
_FIRST: Final[tuple[Kind, ...]] = ("counting", "groups", "contracts")
_EACH: Final[tuple[Kind, ...]] = ("commission", "margin", "order_fees")
_TRIES: Final = 3


class Step(msgspec.Struct, frozen=True):
    """One query: its kind, and the contract it asks about ("" for those of the account)."""

    kind: Kind
    contract: str = ""
    product_id: str = ""

    @property
    def product(self) -> str:
        """Return the product ("SHFE.au")."""
        return f"{self.contract.rpartition('.')[2]}.{self.product_id}"

    def fields(self, broker_id: str, investor_id: str) -> dict[str, object]:
        """Return the fields of the query's struct."""
        symbol, _, exchange = self.contract.rpartition(".")
        account: dict[str, object] = {"BrokerID": broker_id, "InvestorID": investor_id}
        match self.kind:
            case "counting":
                return {**account, "CurrencyID": "CNY"}
            case "groups" | "contracts":
                return {}
            case "margin":
                return {**account, "InstrumentID": symbol, "ExchangeID": exchange, "HedgeFlag": "1"}
            case "commission":
                return {**account, "InstrumentID": symbol, "ExchangeID": exchange}
            case "order_fees":
                # The one of the three whose struct has no exchange.
                return {**account, "InstrumentID": symbol}


class RatePlan:
    """The questions of one account on one trading day."""

    def __init__(self, trading_day: int, *, answered: Iterable[str] = (), covering: Iterable[str] = ()) -> None:
        """`answered` and `covering` are what `state` returned before a restart."""
        self.trading_day = trading_day
        # The account's own three are asked after each start: what they told is not kept.
        self._answered = set(answered) - set(_FIRST)
        self._covering = set(covering)
        """Kinds and products that were answered for the product as a whole: `margin SHFE.au`."""
        self._empty = 0
        self._failed: set[str] = set()
        self._tries: dict[str, int] = {}
        self._steps: dict[str, Step] = {_key(Step(kind)): Step(kind) for kind in _FIRST}
        self._queue: deque[str] = deque(self._steps)
        self._now = ""

    def know(self, contracts: Iterable[ToldContract], held: Iterable[str]) -> None:
        """Plan for these contracts, those held first; untraded ones and what is no future are left out unless held."""
        asked = set(held)
        wanted = [
            each for each in contracts if (each.kind == "future" and each.is_trading) or each.instrument_id in asked
        ]
        by_product: dict[str, list[ToldContract]] = {}
        for each in sorted(wanted, key=lambda each: (each.expire_date or 0, each.instrument_id)):
            by_product.setdefault(f"{each.instrument_id.rpartition('.')[2]}.{each.product_id}", []).append(each)
        first = [each for each in wanted if each.instrument_id in asked]
        # The second month is traded where the first is about to end.
        second = [found[min(1, len(found) - 1)] for found in by_product.values() if not asked & _ids(found)]
        for each in {one.instrument_id: one for one in (*first, *second, *wanted)}.values():
            for kind in _EACH:
                self._add(Step(kind, each.instrument_id, each.product_id))

    def next(self) -> Step | None:
        """Return what to ask now, `None` when nothing is left; the same until it is answered or fails."""
        while self._queue:
            key = self._queue[0]
            if key not in self._answered and not self._is_covered(self._steps[key]):
                self._now = key
                return self._steps[key]
            self._queue.popleft()
        self._now = ""
        return None

    def answered(self, step: Step, *, is_product: bool = False, is_empty: bool = False) -> None:
        """Note an answer; `is_product`: it holds for the whole product."""
        key = _key(step)
        self._answered.add(key)
        self._empty += is_empty
        if is_product:
            self._covering.add(f"{step.kind} {step.product}")
        self._drop(key)

    def failed(self, step: Step) -> None:
        """Note that it was not answered; it comes again at the end, three times in all."""
        key = _key(step)
        self._drop(key)
        self._tries[key] = self._tries.get(key, 0) + 1
        if self._tries[key] >= _TRIES:
            self._failed.add(key)
        else:
            self._queue.append(key)

    def state(self) -> tuple[list[str], list[str]]:
        """Return what a restart needs: `answered` and `covering`."""
        return sorted(self._answered), sorted(self._covering)

    def progress(self) -> PullProgress:
        """Return how far it is."""
        steps = self._steps.items()
        covered = sum(key not in self._answered and self._is_covered(step) for key, step in steps)
        return PullProgress(
            trading_day=self.trading_day,
            total=len(self._steps),
            done=sum(key in self._answered for key, _ in steps),
            empty=self._empty,
            failed=len(self._failed),
            covered=covered,
            now=self._now,
        )

    def _add(self, step: Step) -> None:
        key = _key(step)
        if key not in self._steps:
            self._steps[key] = step
            self._queue.append(key)

    def _is_covered(self, step: Step) -> bool:
        return bool(step.contract) and f"{step.kind} {step.product}" in self._covering

    def _drop(self, key: str) -> None:
        if key in self._queue:
            self._queue.remove(key)


def _key(step: Step) -> str:
    return f"{step.kind} {step.contract}".strip()


def _ids(contracts: Iterable[ToldContract]) -> set[str]:
    return {each.instrument_id for each in contracts}
