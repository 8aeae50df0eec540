"""The plug-in port: what a strategy is. A plain class; nothing to inherit from.

```python
class Dip:
    class Params(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        percent: Annotated[float, msgspec.Meta(gt=0, description="fall that counts, in percent")] = 0.3

    def __init__(self, params: Params) -> None:
        self._params = params

    def on_features(self, snapshot: FeatureSnapshot) -> Signal | None:
        window = snapshot.window("60s")
        if window is None or window.change_percent > -self._params.percent:
            return None
        return Signal(snapshot.instrument_id, "dip", "buy", 0.6, 50.0, ("dip window=60s",))
```

- Hooks: `on_tick(tick)`, `on_features(snapshot)`, `on_bar(bar)`; have those you need. Each returns a `Signal`, a list
  of them, or `None`; each may be `async def`.
- One instance per instrument, made at the instrument's first event, so that attributes are the state of that
  instrument. `per_instrument = False` on the class asks for one instance for all instruments instead.
- `name` on the class names the strategy; without it the entry point's name or the file's name does.
- Fill the first block of `Signal`; identity, price, time and cause are stamped by the room. A signal must be about the
  instrument of the event that it answers.
- A strategy that raises, answers nonsense, floods, is too slow or does not return is quarantined; see `budgets`.
- Asynchronous hooks see their events in order, one at a time, each with a time-out. While a loop runs the line does
  not wait for them: the signal follows when it is ready, stamped with the event it answers. Without a running loop
  (headless replay) the line waits, so that the result is always the same.
- For results that can be had again, use no clock and no chance: events carry their time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import msgspec

    from tradewind.domain.bar import Bar
    from tradewind.domain.feature import FeatureSnapshot
    from tradewind.domain.signal import Signal
    from tradewind.domain.tick import Tick

    Answer = Signal | list[Signal] | None
    Event = Tick | FeatureSnapshot | Bar
    Hook = Callable[[Any], Any]

HookName = Literal["on_tick", "on_features", "on_bar"]
HOOK_NAMES: Final[tuple[HookName, ...]] = ("on_tick", "on_features", "on_bar")


class Strategy(Protocol):
    """The parameters every strategy has; the hooks are optional, see below."""

    Params: type[msgspec.Struct]


class TickStrategy(Protocol):
    """Looks at every clean tick."""

    def on_tick(self, tick: Tick) -> Answer | Awaitable[Answer]:
        """Judge one tick."""
        ...


class FeatureStrategy(Protocol):
    """Looks at the features after every tick."""

    def on_features(self, snapshot: FeatureSnapshot) -> Answer | Awaitable[Answer]:
        """Judge one snapshot."""
        ...


class BarStrategy(Protocol):
    """Looks at every closed bar."""

    def on_bar(self, bar: Bar) -> Answer | Awaitable[Answer]:
        """Judge one closed bar."""
        ...
