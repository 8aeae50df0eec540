"""Trading plans: which strategies trade which contracts by themselves, and what they did lately."""

from __future__ import annotations

from tradewind.client.calls import Call, act, ask, at
from tradewind.client.modes import Area, M, route
from tradewind.domain.instruction import Trigger
from tradewind.domain.plan import PlanParams, TradingPlan

_HOME = "/api/v1/plans"


class Plans(Area[M]):
    """A plan's parameters wait for its next start, or for a swap."""

    @route
    def all(self) -> Call[list[TradingPlan]]:
        """List the plans: which run, with what, and what their next start will use."""
        return ask(_HOME, list[TradingPlan])

    @route
    def define(self, name: str, params: PlanParams, *, key: str = "") -> Call[TradingPlan]:
        """Make a plan, or set the parameters of its next start."""
        return act(_HOME, TradingPlan, {"name": name, "params": params}, key=key)

    @route
    def start(self, name: str, *, key: str = "") -> Call[TradingPlan]:
        """Start a plan with the parameters that waited."""
        return act(at(f"{_HOME}/{{}}/start", name), TradingPlan, key=key)

    @route
    def stop(self, name: str, *, key: str = "") -> Call[TradingPlan]:
        """Stop a plan; what it has under way is taken back, its positions stay."""
        return act(at(f"{_HOME}/{{}}/stop", name), TradingPlan, key=key)

    @route
    def swap(self, name: str, *, key: str = "") -> Call[TradingPlan]:
        """Give a running plan its changed parameters without a stop."""
        return act(at(f"{_HOME}/{{}}/swap", name), TradingPlan, key=key)

    @route
    def triggers(self) -> Call[list[Trigger]]:
        """List what plans did lately: condition, price, action, result."""
        return ask("/api/v1/triggers", list[Trigger])
