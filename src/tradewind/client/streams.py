"""The topics of push as attributes: `client.quotes(["au2604.SHFE"])`, described once for both clients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, Literal, Protocol, TypeVar, overload

from tradewind.client.following import Following, Gap, Place, Wish
from tradewind.client.modes import Area, Async, M, Sync
from tradewind.client.portal import WaitingStream, WaitingValues
from tradewind.client.stream import LinkState, Patience, Stream, Values
from tradewind.domain.account import Account, Position
from tradewind.domain.bar import Bar
from tradewind.domain.chat import ChatMessage
from tradewind.domain.feature import FeatureSnapshot
from tradewind.domain.instruction import Instruction
from tradewind.domain.notice import Notice
from tradewind.domain.opportunity import Opportunity
from tradewind.domain.order import Fill, Order
from tradewind.domain.risk import RiskAlert
from tradewind.domain.signal import Signal
from tradewind.domain.tick import Tick
from tradewind.domain.trading_state import LimitWarning, TradingState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
Mode = Literal["latest", "every"]


class OpensStream(Protocol[T_co]):
    """Opens a topic.

    `instruments`: those contracts alone. `mode` `every`: each event in order; `latest`: what changed, once an
    interval. `resume`: the place that an earlier stream of the same topic had come to.
    `on_gap` hears of what was missed.
    """

    def __call__(
        self,
        instruments: Iterable[str] | None = None,
        *,
        mode: Mode | None = None,
        interval_ms: int | None = None,
        resume: Place | None = None,
        patience: Patience | None = None,
        on_gap: Callable[[Gap], None] | None = None,
        on_state: Callable[[LinkState, str], None] = ...,
    ) -> T_co:
        """Open it; nothing is sent before the first value is asked for."""
        ...


class topic(Generic[T]):  # noqa: N801 - stands as a declaration
    """One topic, with the type of its values."""

    def __init__(self, name: str, kind: type[T], doc: str) -> None:
        self.name = name
        self.kind = kind
        self.__doc__ = doc

    @overload
    def __get__(self, area: Area[Sync], owner: type) -> OpensStream[WaitingValues[T]]: ...
    @overload
    def __get__(self, area: Area[Async], owner: type) -> OpensStream[Values[T]]: ...
    def __get__(self, area: Any, owner: type) -> Any:
        """Return what opens it; of the class, the declaration."""
        return self if area is None else Opening(self.name, area._way.open_values)  # noqa: SLF001 - the halves of one class


class Opening:
    """A topic of one client, ready to be opened."""

    def __init__(self, name: str, open_values: Callable[..., Any]) -> None:
        self._name = name
        self._open = open_values

    def __call__(
        self,
        instruments: Iterable[str] | None = None,
        *,
        mode: Mode | None = None,
        interval_ms: int | None = None,
        resume: Place | None = None,
        on_gap: Callable[[Gap], None] | None = None,
        **how: Any,  # noqa: ANN401 - of the stream
    ) -> Any:  # noqa: ANN401 - of either kind
        """Open it."""
        names = None if instruments is None else tuple(instruments)
        following = Following(
            {self._name: Wish(instruments=names, mode=mode, interval_ms=interval_ms)},
            resume=None if resume is None else {self._name: resume},
        )
        return self._open(following, on_gap, **how)


class Streams(Area[M]):
    """What is told as it happens; each call opens a connection of its own."""

    quotes = topic("quotes", Tick, "Cleaned quotes: the newest of each contract, then each change.")
    features = topic("features", FeatureSnapshot, "Features after each quote.")
    bars = topic("bars", Bar, "Closed one-minute bars.")
    signals = topic("signals", Signal, "Signals of single strategies.")
    opportunities = topic("opportunities", Opportunity, "Opportunities, each change a new version.")
    alerts = topic("risk_alerts", RiskAlert, "Risk alerts.")
    positions = topic("positions", Position, "Positions, as they change.")
    accounts = topic("accounts", Account, "Funds, as they change.")
    orders = topic("orders", Order, "Orders, each change a new version.")
    fills = topic("fills", Fill, "Fills.")
    instructions = topic("instructions", Instruction, "Instructions, each change a new version.")
    trading_states = topic("trading_states", TradingState, "Which scopes are reducing or halted.")
    limit_warnings = topic("limit_warnings", LimitWarning, "Limits that near their end.")
    notices = topic("notices", Notice, "What one is told oneself.")
    chat = topic("chat", ChatMessage, "What is written in one's rooms.")

    @overload
    def follow(
        self: Area[Sync],
        wishes: Mapping[str, Wish] | Iterable[str],
        *,
        resume: Mapping[str, Place] | None = ...,
        takes_what_is_offered: bool = ...,
        is_plain: bool = ...,
        patience: Patience | None = ...,
        on_state: Callable[[LinkState, str], None] = ...,
    ) -> WaitingStream: ...
    @overload
    def follow(
        self: Area[Async],
        wishes: Mapping[str, Wish] | Iterable[str],
        *,
        resume: Mapping[str, Place] | None = ...,
        takes_what_is_offered: bool = ...,
        is_plain: bool = ...,
        patience: Patience | None = ...,
        on_state: Callable[[LinkState, str], None] = ...,
    ) -> Stream: ...
    def follow(
        self: Any,
        wishes: Mapping[str, Wish] | Iterable[str],
        *,
        resume: Mapping[str, Place] | None = None,
        takes_what_is_offered: bool = False,
        is_plain: bool = False,
        **how: Any,
    ) -> Any:
        """Open several topics over one connection, for updates and gaps as they come.

        With `takes_what_is_offered` topics that the asker may not have are left out; `is_plain` hands on plain JSON.
        """
        told = dict(wishes) if isinstance(wishes, Mapping) else {name: Wish() for name in wishes}
        following = Following(told, resume=resume, takes_what_is_offered=takes_what_is_offered, is_plain=is_plain)
        return self._way.open_stream(following, **how)
