"""Makes the bus that the settings name; the one place that knows there is more than one kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.bus.local import LocalBus

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.bus.redis import RedisBus
    from tradewind.bus.settings import BusSettings
    from tradewind.kernel.metrics import Metrics


def build_bus(
    settings: BusSettings,
    *,
    metrics: Metrics,
    on_failure: Callable[[str, str, object, Exception], None] | None = None,
    on_hop: Callable[[str, str, int], None] | None = None,
) -> LocalBus | RedisBus:
    """Return the bus, not started yet.

    Raises: ConfigError: the settings of Redis cannot work.
    """
    if settings.kind == "local":
        return LocalBus(on_failure=on_failure, on_hop=on_hop)
    from tradewind.bus.redis import RedisBus  # noqa: PLC0415 - its driver is not needed in one process

    return RedisBus(settings, metrics=metrics, on_failure=on_failure, on_hop=on_hop)
