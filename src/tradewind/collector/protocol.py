"""The words of a module and its control server: what each may say, and how it is written on the wire.

They are those of system 002, so that its modules speak to our server and ours to its servers. What it did not know
(`Welcome`, what answers it: `Accepted`, `Progress`, `State`, and `Cancel`) is said only between two of ours: a module
names itself in the header `MODULE_HEADER` of its handshake, a server that knows it answers `Welcome`, and only then
does the module say more than the old words. Nobody old ever meets a new word.

Reading is in `protocol_reading`, what a job may ask in `protocol_jobs`, registration in `protocol_registration`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

MODULE_HEADER: Final = "X-Tradewind-Module"
"""Header of our modules' handshake; its value is the module's version."""
HEARTBEAT: Final = "heartbeat"
HEARTBEAT_CONFIRM: Final = "heartbeat confirm"
RECEIVE_RESULT: Final = "receive result"
SHUTTING_DOWN: Final = "模块正在关闭"
MOST_BYTES: Final = 1 << 20
"""A longer message is refused by either side."""
REPORTS: Final = ("accepted", "progress", "state")
"""What a server may say in `Welcome` that it reads."""

Meta = dict[str, Any]
"""What the server gives with a job and gets back with all that is said of it, unread: `execution_id` and others."""
Moment = int | float | str | None
"""A time as the server writes it; systems of that kind differ, and it gets its own back."""


class Heartbeat(msgspec.Struct, frozen=True):
    """Module: I am here (old form, plain text)."""


class HeartbeatConfirm(msgspec.Struct, frozen=True):
    """Server: I heard you (old form, plain text)."""


class ReceiveResult(msgspec.Struct, frozen=True):
    """Server: the result that you sent longest ago is kept (plain text)."""


class Ping(msgspec.Struct, frozen=True):
    """Server: are you there? (new form)."""

    timestamp: Moment = None


class Pong(msgspec.Struct, frozen=True):
    """Module: I am; with the time of the question."""

    timestamp: Moment = None


class Execute(msgspec.Struct, frozen=True):
    """Server: do this job; `args` are read by `protocol_jobs`."""

    meta: Meta
    args: dict[str, Any]


class Shutdown(msgspec.Struct, frozen=True):
    """Server: end yourself."""


class Cancel(msgspec.Struct, frozen=True):
    """Server of ours, to a module of ours: end this execution, if you have it still.

    `is_lost`: not because nobody wants it, but because somebody else has it now.
    """

    meta: Meta
    is_lost: bool = False


class Welcome(msgspec.Struct, frozen=True):
    """Server of ours, to a module of ours: what it reads beyond the old words, of `REPORTS`."""

    accepts: tuple[str, ...] = REPORTS


class Succeeded(msgspec.Struct, frozen=True):
    """Module: the job is done."""

    meta: Meta
    result: Any = None


class Failed(msgspec.Struct, frozen=True):
    """Module: the job is not done, and why."""

    meta: Meta
    message: str


class Closing(msgspec.Struct, frozen=True):
    """Module: I end, as you said."""

    message: str = SHUTTING_DOWN


class Accepted(msgspec.Struct, frozen=True):
    """Module of ours: the job is in my journal; a result will come, whatever ends me meanwhile."""

    meta: Meta


class Progress(msgspec.Struct, frozen=True):
    """Module of ours: so much of the job is done, in units of its kind."""

    meta: Meta
    done: int
    whole: int


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Module of ours: how I am; said after `Welcome` and with every heartbeat."""

    version: str
    kinds: tuple[str, ...] = ()
    running: tuple[str, ...] = ()
    """Execution ids of jobs that are in the journal and not ended: they need nobody else."""
    unsent: int = 0
    """Results that wait to be sent."""
    load: float = 0.0
    """Average of the machine's processes that want to run, over one minute, by its processors."""


class Unreadable(msgspec.Struct, frozen=True):
    """What was said is none of these; `meta` is what could be read of whose job it was about."""

    reason: str
    meta: Meta = {}


ToModule = HeartbeatConfirm | ReceiveResult | Ping | Execute | Shutdown | Cancel | Welcome
ToServer = Heartbeat | Pong | Succeeded | Failed | Closing | Accepted | Progress | State
_WORDS: Final[Mapping[type, str]] = {
    Heartbeat: HEARTBEAT,
    HeartbeatConfirm: HEARTBEAT_CONFIRM,
    ReceiveResult: RECEIVE_RESULT,
}
_NAMES: Final[Mapping[type, dict[str, str]]] = {
    Ping: {"type": "ping"},
    Pong: {"type": "pong"},
    Execute: {"type": "execute"},
    Shutdown: {"type": "shutdown"},
    Cancel: {"type": "cancel"},
    Welcome: {"type": "welcome"},
    Succeeded: {"status": "success"},
    Failed: {"status": "error"},
    Closing: {"status": "success"},
    Accepted: {"type": "accepted"},
    Progress: {"type": "progress"},
    State: {"type": "state"},
}


def encode(message: ToModule | ToServer, *, wrapped: bool = False, inner_text: bool = False) -> str:
    """Return a message as the text that goes over the wire.

    `wrapped` puts it into `{"message": …}`, as some servers of system 002 do; `inner_text` as JSON within a string.
    """
    word = _WORDS.get(type(message))
    if word is not None:
        return word
    said = {**_NAMES[type(message)], **msgspec.structs.asdict(message)}
    if not wrapped:
        return msgspec.json.encode(said).decode()
    return msgspec.json.encode({"message": msgspec.json.encode(said).decode() if inner_text else said}).decode()
