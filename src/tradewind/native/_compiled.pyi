# Types of the extension module; what each part means stands in its Python counterpart.

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Self

from tradewind.bus.flat import BodyCodec
from tradewind.bus.line_order import LineKey
from tradewind.bus.topics import Topic
from tradewind.domain.feature import FeatureSnapshot, WindowFeatures
from tradewind.domain.tick import RawTick, Tick
from tradewind.features.bars import BarBuilder
from tradewind.kernel.clock import LineClock
from tradewind.market.instrument_cleaner import InstrumentCleaner
from tradewind.market.outcome import Rejection
from tradewind.market.prices import PriceGrid

SOURCES: str

class SnapshotBuilder:
    def __new__(
        cls,
        tick_type: type[Tick],
        snapshot_type: type[FeatureSnapshot],
        window_type: type[WindowFeatures],
        *,
        windows: Iterable[tuple[str, int, int]],
        multiplier: int,
        price_digits: int,
        max_samples: int,
        resum_after: int,
        interval_ns: int,
        ema_fast: int,
        ema_slow: int,
        macd_signal: int,
        rsi_period: int,
        bollinger_period: int,
        bollinger_width: float,
        atr_period: int,
    ) -> Self: ...
    def __call__(self, tick: Tick, /) -> FeatureSnapshot: ...

class TickShortCut:
    def __new__(
        cls,
        cleaner: InstrumentCleaner,
        grid: PriceGrid,
        memo: dict[float | None, float | None],
        tick_type: type[Tick],
        *,
        max_volume: int,
        huge: float,
    ) -> Self: ...
    def __call__(self, raw: object, /) -> Tick | Rejection: ...

class LineIntake:
    def __new__(
        cls,
        *,
        plainly: Callable[[Any], None],
        trusted: Callable[[], int],
        by_id: dict[str, Callable[[Any], Tick | Rejection]],
        clock: LineClock,
        advance: Callable[[int], None],
        publish: Callable[[Tick], None],
        turn_away: Callable[[Rejection], None],
        observe: Callable[[int], None],
        flush: Callable[[], None],
        tick_type: type[Tick],
        sample: int,
        flush_ns: int,
    ) -> Self: ...
    def __call__(self, raw: RawTick | tuple[Any, ...], /) -> None: ...

class Publisher:
    def __new__(
        cls,
        *,
        bus: object,
        channel: object,
        timed: Callable[[Any, object], None],
        failed: Callable[[str, str, object, Exception], None],
        countdown: int,
        every: int,
    ) -> Self: ...
    def __call__(self, event: object, /) -> None: ...

class StrategyCaller:
    def __new__(
        cls,
        *,
        lanes: dict[str, Any],
        cell: object,
        settle: Callable[[], None],
        open_lane: Callable[[str], object],
        on_gap: Callable[[], None],
        timed: Callable[[Any, Any], bool],
        answered: Callable[[Any, Any, object], None],
        go_on: Callable[[Any, Any, Any, BaseException], None],
        failures: tuple[type[BaseException], ...],
        event_type: type,
        lane_type: type,
        every: int,
        is_gapless: bool,
    ) -> Self: ...
    def __call__(self, event: object, /) -> None: ...

class Dispatcher:
    def __new__(
        cls,
        *,
        handlers: dict[str, Callable[[Tick], None]],
        open_handler: Callable[[str], Callable[[Tick], None]],
        forget: Callable[[Tick], None],
        event_type: type,
        last_flag: int,
    ) -> Self: ...
    def __call__(self, event: Tick, /) -> None: ...

class FeatureHandler:
    def __new__(
        cls,
        *,
        bar: BarBuilder,
        add: Callable[[Tick], None],
        advance: Callable[[Tick], FeatureSnapshot],
        latest: dict[str, FeatureSnapshot],
        counts: dict[str, int],
        publish: Callable[[FeatureSnapshot], None],
        on_gap: Callable[[], None],
        instrument_id: str,
        tick_type: type[Tick],
        expected: int,
    ) -> Self: ...
    def __call__(self, tick: Tick, /) -> None: ...

class PriceWatch:
    def __new__(
        cls,
        *,
        tracks: dict[str, Any],
        plainly: Callable[[FeatureSnapshot | Tick], None],
        track_type: type,
        tick_type: type[Tick],
        snapshot_type: type[FeatureSnapshot],
    ) -> Self: ...
    def __call__(self, event: FeatureSnapshot | Tick, /) -> None: ...

class LimitWatch:
    def __new__(
        cls,
        *,
        tracks: dict[str, Any],
        plainly: Callable[[Tick], None],
        track_type: type,
        tick_type: type[Tick],
        last_flag: int,
    ) -> Self: ...
    def __call__(self, tick: Tick, /) -> None: ...

class VolatilityWatch:
    def __new__(
        cls,
        *,
        usual: dict[str, Any],
        plainly: Callable[[FeatureSnapshot], None],
        usual_type: type,
        snapshot_type: type[FeatureSnapshot],
        window_type: type[WindowFeatures],
        alpha: float,
    ) -> Self: ...
    def __call__(self, snapshot: FeatureSnapshot, /) -> None: ...

class NewestFeed:
    def __new__(
        cls,
        *,
        feed: object,
        values: dict[str, Any],
        plainly: Callable[[Any], None],
        note: Callable[[str, Any], None],
        event_type: type,
        last_flag: int,
    ) -> Self: ...
    def __call__(self, event: Tick | FeatureSnapshot, /) -> None: ...

class FlatCodec:
    def __new__(cls, kind: tuple[int, Any, tuple[Any, ...]], time_field: int) -> Self: ...
    def encode(self, event: object, /) -> bytes: ...
    def decode(self, data: bytes, /) -> Any: ...  # noqa: ANN401 - any class of events

class Packer:
    def __new__(cls, codec: BodyCodec, *, most_events: int, most_bytes: int) -> Self: ...
    @property
    def added(self) -> int: ...
    @property
    def is_empty(self) -> bool: ...
    def add(self, key: LineKey | None, event: object, /) -> None: ...
    def add_time(self, tick: LineKey, ts_recv: int, /) -> None: ...
    def mark(self, mark: LineKey, /) -> bool: ...
    def take(self) -> list[bytes]: ...

def unpack(
    codec: BodyCodec, payload: bytes, entry: tuple[int, int], *, is_tick: bool, after: LineKey
) -> tuple[list[Any], LineKey | None, LineKey | None]: ...
def skim(
    codec: BodyCodec, payload: bytes, entry: tuple[int, int], *, is_tick: bool, after: LineKey
) -> tuple[list[tuple[Any, int, int, int]], LineKey | None]: ...

class LineCore:
    def __new__(
        cls,
        *,
        room: str,
        rank: int,
        writers: tuple[str, ...],
        handlers: dict[str, list[Callable[[Any], None]]],
        clock: LineClock,
        write: Callable[[Topic[Any], LineKey, Any], None],
        on_failure: Callable[[str, str, object, Exception], None],
        on_loose: Callable[[], None],
        tick_topic: str,
        relay: object,
        max_held: int,
    ) -> Self: ...
    @property
    def is_full(self) -> bool: ...
    @property
    def frontier(self) -> LineKey: ...
    @property
    def repeated(self) -> int: ...
    def offer(self, topic: str, key: LineKey, event: object, /) -> bool: ...
    def unpack(
        self, topic: str, codec: BodyCodec, payload: bytes, ms: int, number: int, /
    ) -> tuple[LineKey | None, LineKey | None, int]: ...
    def told(self, writer: str, mark: LineKey, /) -> None: ...
    def await_only(self, writers: Iterable[str], /) -> None: ...
    def is_ahead(self, writer: str, /) -> bool: ...
    def work(self) -> LineKey: ...
    def resume_after(self, written: Mapping[str, LineKey], relayed: LineKey, /) -> None: ...

class LinePublisher:
    def __new__(cls, core: LineCore, topic: Topic[Any], name: str, packer: object) -> Self: ...
    def __call__(self, event: object, /) -> None: ...

class TickRecorder:
    def __new__(
        cls,
        *,
        plainly: Callable[[RawTick], None],
        lanes: dict[str, Any],
        lane_type: type,
        flush_ns: int,
        frame_ticks: int,
    ) -> Self: ...
    def __call__(self, raw: RawTick, /) -> None: ...

class FrameReader:
    def __new__(cls) -> Self: ...
    def decode(self, payload: bytes, /) -> list[RawTick] | None: ...

def tick_frame(ticks: list[RawTick], /) -> bytes | None: ...
def checksum(data: bytes, /) -> int: ...
def ticks_of_columns(
    rows: int, ids: str | list[str], columns: tuple[tuple[Any, Any, int], ...], /
) -> list[RawTick]: ...
