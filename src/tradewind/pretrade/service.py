"""The shell of the risk gate: requests come in from the bus, decisions go out, and what follows from them is done."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.bus.desk_topics import (
    ACCOUNTS,
    APPROVED_ORDERS,
    CANCEL_REQUESTS,
    FILLS,
    LIMIT_WARNINGS,
    ORDER_REQUESTS,
    ORDERS,
    POSITIONS,
    REFUSED_ORDERS,
    TRADING_STATES,
)
from tradewind.bus.topics import CLEAN_TICKS
from tradewind.domain.order import (
    ApprovedOrder,
    CancelRequest,
    Fill,
    Order,
    OrderRequest,
    Refusal,
    RefusedOrder,
)  # fmt: skip
from tradewind.domain.trading_state import LimitWarning, Scope, TradingMode
from tradewind.kernel.log import get_log
from tradewind.pretrade.acts import Acts, HaltAnswer
from tradewind.pretrade.desk import Desk
from tradewind.pretrade.due import count_warnings, loss_warnings, margin_warning
from tradewind.pretrade.gatekeeper import Gatekeeper
from tradewind.pretrade.halt import STRICTNESS
from tradewind.pretrade.queries import PretradeQueries
from tradewind.pretrade.registry import all_rules
from tradewind.pretrade.state import Kept, kept_of, restore
from tradewind.pretrade.what_if import WhatIf, what_if

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tradewind.bus.ports import Bus, Subscription
    from tradewind.domain.account import Account
    from tradewind.domain.hours import TradingCalendar
    from tradewind.domain.instrument import InstrumentLookup
    from tradewind.domain.rates import RateLookup
    from tradewind.kernel.clock import Clock
    from tradewind.kernel.metrics import Metrics
    from tradewind.pretrade.files import HaltFiles
    from tradewind.pretrade.ports import DeskNames, JournalHealth, Releases, RiskRule
    from tradewind.pretrade.settings import PretradeSettings

GROUP: Final = "pretrade"
_LOG = get_log("pretrade")
_MS_PER_S: Final = 1000.0


class PretradeService:
    """Connects the `Gatekeeper` to the bus, the clock and the disk; `queries` answers the edges, attached or not."""

    def __init__(
        self,
        *,
        settings: PretradeSettings,
        bus: Bus,
        clock: Clock,
        metrics: Metrics,
        instruments: InstrumentLookup,
        rates: RateLookup,
        calendar: TradingCalendar,
        names: DeskNames,
        journal: JournalHealth | None = None,
        releases: Releases | None = None,
        files: HaltFiles | None = None,
        rules: tuple[RiskRule, ...] | None = None,
    ) -> None:
        """Without `files` nothing is latched on disk (simulation, backtests); `rules` replaces the registry's."""
        self._settings = settings
        self._bus = bus
        self._clock = clock
        self._metrics = metrics
        self._files = files
        desk = Desk(
            settings=settings, instruments=instruments, rates=rates, calendar=calendar, names=names, journal=journal,
            releases=releases,
        )  # fmt: skip
        self.gate = Gatekeeper(desk, all_rules() if rules is None else rules, on_rule_failure=self._on_rule_failure)
        self.queries = PretradeQueries(self.gate, clock, recent=settings.recent_decisions)
        self._approve = bus.publisher(APPROVED_ORDERS)
        self._refuse = bus.publisher(REFUSED_ORDERS)
        self._warn = bus.publisher(LIMIT_WARNINGS)
        self._acts = Acts(
            self.gate, clock=clock, files=files, publish=bus.publisher(TRADING_STATES), on_problem=self._on_problem
        )
        self._subscriptions: list[Subscription] = []
        self._failed_rules: set[str] = set()
        self._folds: dict[str, Callable[..., object]] = {
            ORDER_REQUESTS.name: self.gate.on_request,
            CANCEL_REQUESTS.name: self.gate.on_cancel,
            APPROVED_ORDERS.name: self.gate.on_approved,
            REFUSED_ORDERS.name: self.gate.on_refused,
            ORDERS.name: self.gate.on_order,
            FILLS.name: lambda fill: self.gate.on_fill(fill, is_live=False),
            TRADING_STATES.name: self.gate.on_state,
            LIMIT_WARNINGS.name: self.gate.on_warning,
        }

    @property
    def name(self) -> str:
        """Return the name shown in logs and health."""
        return GROUP

    def attach(self) -> None:
        """Begin to hear the bus; once attached, does nothing."""
        if self._subscriptions:
            return
        subscribe, gate = self._bus.subscribe, self.gate
        self._subscriptions = [
            subscribe(CLEAN_TICKS, gate.desk.references.on_tick, group=GROUP),
            subscribe(ORDER_REQUESTS, self._on_request, group=GROUP),
            subscribe(CANCEL_REQUESTS, self._on_cancel, group=GROUP),
            subscribe(ORDERS, self._on_order, group=GROUP),
            subscribe(FILLS, self._on_fill, group=GROUP),
            subscribe(POSITIONS, gate.on_position, group=GROUP),
            subscribe(ACCOUNTS, self._on_account, group=GROUP),
        ]

    def detach(self) -> None:
        """Stop hearing."""
        for subscription in self._subscriptions:
            subscription.cancel()
        self._subscriptions.clear()

    def apply(self, topic: str, event: object) -> None:
        """Fold one event of record, publishing nothing; a topic that is not ours changes nothing."""
        fold = self._folds.get(topic)
        if fold is not None:
            fold(event)

    def snapshot(self) -> bytes:
        """Return all that `apply` has built."""
        return msgspec.msgpack.encode(kept_of(self.gate))

    def restore(self, state: bytes) -> None:
        """Begin from a snapshot."""
        restore(self.gate, msgspec.msgpack.decode(state, type=Kept))

    def resume(self) -> None:
        """Take what the disk latched, and answer who waits: an order that was not judged in time is refused."""
        self._acts.recall()
        for request in list(self.gate.undecided.values()):
            refusal = Refusal("gate", "RESTARTED", "platform", "judged at once", "the process ended before")
            decision_id = f"D{self.gate.number + 1:09d}"
            self._tell_refused(RefusedOrder(request, decision_id, (refusal,), self._clock.now_ns()))

    async def run(self) -> None:
        """Look at the emergency stop's files every `watch_ms`, until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(self._settings.watch_ms / _MS_PER_S)

    def look(self) -> None:
        """Do what the emergency stop's files ask for."""
        self._acts.look()

    def halt(
        self,
        *,
        actor: str,
        reason: str,
        scope: Scope = Scope.PLATFORM,
        key: str = "",
        mode: TradingMode = TradingMode.HALTED,
    ) -> HaltAnswer:
        """Stop a scope at once, by a person: the next order already meets it."""
        answer = self._acts.halt(scope, key, actor=actor, reason_code="EMERGENCY_STOP", reason=reason, mode=mode)
        _LOG.warning("trading_halted", scope=scope.value, key=key, mode=mode.value, actor=actor, problem=answer.problem)
        return answer

    def reset(
        self, *, actor: str, phrase: str, scope: Scope = Scope.PLATFORM, key: str = "", reason: str = ""
    ) -> HaltAnswer:
        """Let a scope trade again; refused without the exact phrase (`halt.phrase_of`) and a name."""
        answer = self._acts.reset(scope, key, actor=actor, phrase=phrase, reason=reason)
        _LOG.warning("trading_reset_asked", scope=scope.value, key=key, actor=actor, refused=answer.code or None)
        return answer

    def what_if(self, requests: Sequence[OrderRequest]) -> WhatIf:
        """Judge a basket without sending any of it."""
        return what_if(self.gate, requests, self._clock.now_ns())

    def _on_request(self, request: OrderRequest) -> None:
        gate = self.gate
        if gate.is_repeated(request):
            return
        gate.on_request(request)
        if self._files is not None and self._files.is_stopped():
            self._acts.look_at_stop()
        decision = gate.judge(request, self._clock.now_ns())
        if isinstance(decision, ApprovedOrder):
            gate.on_approved(decision)
            self.queries.note(decision)
            self._metrics.orders_judged.add("approved")
            self._approve(decision)
            self._warn_of_counts(request)
            self._tell_warnings(margin_warning(gate, request, decision.ts_event))
        else:
            self._tell_refused(decision)

    def _tell_refused(self, refused: RefusedOrder) -> None:
        is_too_often = self.gate.on_refused(refused)
        self.queries.note(refused)
        self._metrics.orders_judged.add("refused")
        for refusal in refused.refusals:
            self._metrics.order_refusals.add(refusal.code)
        self._refuse(refused)
        strategy, settings = refused.order.strategy, self._settings
        if is_too_often:
            reason = f"{settings.refusals} refusals within {settings.refusals_s:g} s"
            self._shut(Scope.STRATEGY, strategy, TradingMode(settings.on_refusals), "REFUSED_TOO_OFTEN", reason)

    def _on_cancel(self, cancel: CancelRequest) -> None:
        working = self.gate.on_cancel(cancel)
        if working is not None:
            self._warn_of_counts(working.request)

    def _on_order(self, order: Order) -> None:
        working = self.gate.on_order(order)
        if working is not None and working.is_cancel_counted:
            self._warn_of_counts(order.request)

    def _on_fill(self, fill: Fill) -> None:
        if self.gate.on_fill(fill, is_live=True):
            self._tell_warnings(
                count_warnings(self.gate, fill.account_id, fill.instrument_id, fill.trading_day, self._clock.now_ns())
            )

    def _on_account(self, account: Account) -> None:
        now = self._clock.now_ns()
        for place in self.gate.on_account(account):
            self._tell_warnings(loss_warnings(self.gate, place, now))
            action = self.gate.desk.losses.limits_of(place).on_loss
            if action is None:
                continue
            for loss in self.gate.desk.losses.reached.get(place, ()):
                reason = f"{loss.rule} {loss.actual} of {loss.limit}"
                self._shut(*place, TradingMode(action), loss.rule.upper(), reason)

    def _shut(self, scope: Scope, key: str, mode: TradingMode, reason_code: str, reason: str) -> None:
        before = self.gate.desk.latch.mode(scope, key)
        if STRICTNESS[before] < STRICTNESS[mode]:
            self._acts.halt(scope, key, actor="risk gate", reason_code=reason_code, reason=reason, mode=mode)
            _LOG.warning("trading_restricted", scope=scope.value, key=key, mode=mode.value, reason=reason)

    def _warn_of_counts(self, request: OrderRequest) -> None:
        self._tell_warnings(
            count_warnings(
                self.gate, request.account_id, request.instrument_id, request.trading_day, self._clock.now_ns()
            )
        )

    def _tell_warnings(self, warnings: Iterable[LimitWarning]) -> None:
        for warning in warnings:
            self.gate.on_warning(warning)
            self._warn(warning)

    def _on_rule_failure(self, rule: str, error: Exception) -> None:
        self._metrics.rule_failures.add(rule)
        if rule not in self._failed_rules:
            self._failed_rules.add(rule)
            _LOG.error("risk_rule_failed", rule=rule, error=f"{type(error).__name__}: {error}")

    def _on_problem(self, problem: str) -> None:
        _LOG.error("emergency_stop_on_disk_failed", problem=problem)
