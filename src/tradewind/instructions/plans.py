"""The plans of a desk: which there are, which run, with what. A change of parameters waits for the next start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.plan import PlanParams, TradingPlan
from tradewind.errors import InputError, StateConflictError

if TYPE_CHECKING:
    from collections.abc import Iterator


class Plans:
    """Every plan's newest version; at most `most` of them."""

    def __init__(self, *, most: int) -> None:
        self._most = most
        self._plans: dict[str, TradingPlan] = {}

    def heard(self, plan: TradingPlan) -> None:
        """Take a version in; an older one changes nothing."""
        known = self._plans.get(plan.name)
        if known is None or known.version < plan.version:
            self._plans[plan.name] = plan

    def find(self, name: str) -> TradingPlan | None:
        """Return a plan, or `None`."""
        return self._plans.get(name)

    def all(self) -> tuple[TradingPlan, ...]:
        """Return every plan, by name."""
        return tuple(self._plans[name] for name in sorted(self._plans))

    def active(self) -> Iterator[TradingPlan]:
        """Yield the plans that run, by name."""
        return (plan for plan in self.all() if plan.is_active)

    def defined(self, name: str, params: PlanParams, *, actor: str, now_ns: int) -> TradingPlan:
        """Return the plan with parameters for its next start; a new name is a new plan.

        Raises: InputError: the name cannot be one, or there are too many.
        """
        if not name or len(name) > 64 or not name.replace("-", "").replace("_", "").isalnum():  # noqa: PLR2004 - said below
            message = f"a plan's name is 1 to 64 letters, digits, - and _, was {name[:80]!r}"
            raise InputError(message)
        known = self._plans.get(name)
        if known is None:
            if len(self._plans) >= self._most:
                message = f"there are {self._most} plans already (instructions.max_plans); {name!r} would be one more"
                raise InputError(message)
            return TradingPlan(
                name, params, params, is_active=False, version=1, actor=actor, reason="defined", ts_event=now_ns
            )
        return msgspec.structs.replace(
            known,
            params=known.params if known.is_active else params,
            next_params=params,
            version=known.version + 1,
            actor=actor,
            reason="changed",
            ts_event=now_ns,
        )

    def started(self, name: str, *, actor: str, now_ns: int) -> TradingPlan:
        """Return the plan as it runs from now on, with the parameters that waited.

        Raises: StateConflictError: it runs. InputError: there is none of that name.
        """
        plan = self._require(name)
        if plan.is_active:
            message = f"plan {name} runs already; stop it first to start it with changed parameters"
            raise StateConflictError(message)
        return self._moved(plan, is_active=True, actor=actor, reason="started", now_ns=now_ns)

    def stopped(self, name: str, *, actor: str, reason: str, now_ns: int) -> TradingPlan:
        """Return the plan as it stands still.

        Raises: StateConflictError: it does not run. InputError: there is none of that name.
        """
        plan = self._require(name)
        if not plan.is_active:
            message = f"plan {name} does not run"
            raise StateConflictError(message)
        return self._moved(plan, is_active=False, actor=actor, reason=reason, now_ns=now_ns)

    def swapped(self, name: str, *, actor: str, now_ns: int) -> TradingPlan:
        """Return a running plan with the parameters that waited, without a stop: positions stay what they are.

        Raises: StateConflictError: it does not run. InputError: there is none of that name.
        """
        plan = self._require(name)
        if not plan.is_active:
            message = f"plan {name} does not run; start it to use its new parameters"
            raise StateConflictError(message)
        return self._moved(plan, is_active=True, actor=actor, reason="swapped", now_ns=now_ns)

    def _require(self, name: str) -> TradingPlan:
        plan = self._plans.get(name)
        if plan is None:
            message = f"there is no plan {name[:80]!r}; there are: {', '.join(sorted(self._plans)) or 'none'}"
            raise InputError(message)
        return plan

    @staticmethod
    def _moved(plan: TradingPlan, *, is_active: bool, actor: str, reason: str, now_ns: int) -> TradingPlan:
        return msgspec.structs.replace(
            plan,
            params=plan.next_params if is_active else plan.params,
            is_active=is_active,
            version=plan.version + 1,
            actor=actor,
            reason=reason,
            ts_event=now_ns,
        )
