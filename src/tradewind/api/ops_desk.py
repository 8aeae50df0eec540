"""What REST may ask of the platform as a machine: its log, alerts, settings and recordings, and replays of them."""

from __future__ import annotations

from typing import Annotated, Literal, Protocol

import msgspec
from msgspec import Meta

from tradewind.kernel.recent_log import LogLine

Level = Literal["debug", "info", "warning", "error"]


class LogPage(msgspec.Struct, frozen=True):
    """The newest lines that were asked for, oldest first.

    `services` are those that have lines here; `is_cut` says that there were more than were wanted.
    """

    lines: list[LogLine]
    services: list[str]
    is_cut: bool


class LogQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """Which lines are wanted; empty is every one. `since` is a time as `LogLine.time` has it, and is included."""

    service: str = ""
    level: Level = "debug"
    """The least important one."""
    text: str = ""
    since: str = ""
    limit: int = 500


class AlertWords(msgspec.Struct, frozen=True):
    """The handbook's page of an alert in one language."""

    title: str
    means: str
    look: list[str]
    remedy: list[str]


class AlertView(msgspec.Struct, frozen=True, kw_only=True):
    """One alert as it stands: `pending` holds, and not yet for as long as it has to (`holds_for`)."""

    name: str
    group: str
    severity: Literal["critical", "warning"]
    state: Literal["quiet", "pending", "firing"]
    since: int | None
    """Since when it has held, ns UTC."""
    found: list[dict[str, str]]
    """What holds: labels by name, and under "" the value."""
    expr: str
    holds_for: str
    words: dict[str, AlertWords]
    """By language, `zh` and `en`."""


class SettingView(msgspec.Struct, frozen=True):
    """One setting; what may hold a password is blanked."""

    path: str
    value: str
    default: str
    origin: str
    """`default`, the name of the file, `environment NAME`, or `flag --set`."""
    allowed: str
    description: str
    is_secret: bool


class RecordedDay(msgspec.Struct, frozen=True, kw_only=True):
    """One recording of one trading day: `state` is `due`, `archived` or `damaged`; `id` is what to replay it by."""

    id: str
    trading_day: int
    recording: str
    state: str
    ticks: int
    instruments: int
    bytes: int
    journal_bytes: int
    gaps: int
    lost: int
    remark: str = ""


class Store(msgspec.Struct, frozen=True):
    """One place where data lies and how much, in bytes; `kept` says in a word how long (`for_ever`, `rotated` …)."""

    name: str
    path: str
    bytes: int
    kept: str


NoReplays = Literal["", "replay", "gateway"]
"""Why no replay can be started beside the live line: this is one itself, or people get no further than the gateway."""


class DataView(msgspec.Struct, frozen=True):
    """Everything that is stored on this machine."""

    days: list[RecordedDay]
    stores: list[Store]
    disk_free: int
    disk_size: int
    is_recording: bool
    no_replays: NoReplays = ""


class GapRow(msgspec.Struct, frozen=True):
    """What is missing in a recording, as its report has it; times in ns UTC."""

    instrument_id: str
    kind: str
    from_ns: int
    until_ns: int


class ReplayForm(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The recording to play, by its `id`, and how."""

    day: Annotated[str, Meta(min_length=1, max_length=100)]
    speed: Annotated[float, Meta(gt=0, le=1_000_000)] | Literal["max"] = 1.0
    is_paused: bool = False


class ReplayView(msgspec.Struct, frozen=True):
    """A replay beside the live line, in a process of its own: where its pages are, and whose it is."""

    id: str
    day: str
    url: str
    state: Literal["starting", "playing", "ended"]
    by: str
    since: int
    error: str = ""


class ReplayRooms(Protocol):
    """Starts and ends replays beside the live line."""

    def list(self) -> list[ReplayView]:
        """Return those there are, newest first."""
        ...

    async def start(self, form: ReplayForm, *, host: str, by: str) -> ReplayView:
        """Begin a process that plays a recording; the list says when its pages are there.

        `host` is the name under which the asker found this page.

        Raises:
            InputError: there is no such recording. StateConflictError: as many as may play already.
        """
        ...

    async def end(self, replay_id: str, *, by: str) -> None:
        """End one.

        Raises: InputError: there is none of that id.
        """
        ...


class OpsDesk(Protocol):
    """The platform as a machine; the runtime's."""

    async def logs(self, question: LogQuestion) -> LogPage:
        """Return log lines."""
        ...

    def alerts(self) -> list[AlertView]:
        """Return every alert there is, as it stands."""
        ...

    def settings(self) -> list[SettingView]:
        """Return every setting, its value and where that comes from."""
        ...

    async def data(self) -> DataView:
        """Return what is stored.

        Raises: StoreError: it cannot be read.
        """
        ...

    async def gaps(self, day: str) -> list[GapRow]:
        """Return what is missing in a recording, by its id.

        Raises: InputError: there is no report of it.
        """
        ...

    @property
    def no_replays(self) -> NoReplays:
        """Return why no replay can be started here."""
        ...

    @property
    def replays(self) -> ReplayRooms | None:
        """Return who plays recordings; `None` where `no_replays` says why nobody does."""
        ...
