"""What the platform and a child process that holds CTP's library say to each other, and how it is written.

Each message is msgpack behind its length (4 bytes, little-endian) on one Unix socket pair. The child performs what it
is told and forwards what it hears. Ticks do not come this way: they lie in a ring in shared memory (`ring`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Fields = dict[str, Any]
"""A struct of the library as its attributes: str, int or float, as the binding gives them."""

_HIDDEN: Final = ("password", "authcode", "captcha", "otp")
_LENGTH: Final = 4
_LARGEST: Final = 16 << 20
"""A longer message is none: the stream is broken."""


class _Message(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Written with its class name as `type`; never shows what may be a password."""

    def __repr__(self) -> str:
        parts = (f"{name}={_shown(getattr(self, name))}" for name in self.__struct_fields__)
        return f"{type(self).__name__}({', '.join(parts)})"


class Connect(_Message, frozen=True, kw_only=True, tag=True):
    """Make the API object and connect it. Once in the life of a child, or again after `Release`."""

    fronts: tuple[str, ...]
    flow_dir: str
    """Folder of the API's own files; made when it is missing."""
    broker_id: str = ""
    user_id: str = ""
    resume: int = 0
    """Private and public flow: 0 RESTART, 1 RESUME, 2 QUICK, 3 NONE. Nothing to the market child."""
    production: bool = True
    """False for the fronts of a conformance test."""


class Request(_Message, frozen=True, kw_only=True, tag=True):
    """Call `name` ("ReqOrderInsert") with a struct of these fields."""

    name: str
    fields: Fields
    request_id: int


class Subscribe(_Message, frozen=True, kw_only=True, tag=True):
    """Market child only: subscribe these symbols ("au2512"), or let go of them."""

    symbols: tuple[str, ...]
    is_wanted: bool = True
    request_id: int = 0


class Ask(_Message, frozen=True, kw_only=True, tag=True):
    """Call a plain getter: GetTradingDay, GetFrontInfo."""

    name: str


class Release(_Message, frozen=True, kw_only=True, tag=True):
    """Let go of the API object; the child stays and may be told to `Connect` again."""


class Ready(_Message, frozen=True, kw_only=True, tag=True):
    """The child runs and has loaded the library."""

    version: str
    pid: int


class Returned(_Message, frozen=True, kw_only=True, tag=True):
    """What the call of a request returned: 0 sent, -1 no network, -2 too many unanswered, -3 too many a second."""

    request_id: int
    code: int


class Called(_Message, frozen=True, kw_only=True, tag=True):
    """The library called back. `fields` is `None` where it gave no struct; a bare number stands as `reason`."""

    name: str
    fields: Fields | None = None
    error_id: int = 0
    error_text: str = ""
    request_id: int = 0
    is_last: bool = True


class Answered(_Message, frozen=True, kw_only=True, tag=True):
    """The answer to `Ask`: a text or a number stands as `value`."""

    name: str
    fields: Fields


class Raised(_Message, frozen=True, kw_only=True, tag=True):
    """A callback of ours raised: what it was called for is lost. `count` is of all since the child's start."""

    name: str
    error: str
    count: int


class Released(_Message, frozen=True, kw_only=True, tag=True):
    """The API object is gone; no callback of it comes after this."""


class Failed(_Message, frozen=True, kw_only=True, tag=True):
    """What the child was told cannot be done. `is_final`: nor can it after a restart, before somebody acts."""

    reason: str
    request_id: int = 0
    is_final: bool = False


ToChild = Connect | Request | Subscribe | Ask | Release
FromChild = Ready | Returned | Called | Answered | Raised | Released | Failed

_encoder = msgspec.msgpack.Encoder()
_to_child = msgspec.msgpack.Decoder(ToChild)
_from_child = msgspec.msgpack.Decoder(FromChild)


def frame(message: ToChild | FromChild) -> bytes:
    """Return a message as it is sent.

    Raises: ValueError: it is longer than 16 MiB.
    """
    body = _encoder.encode(message)
    if len(body) > _LARGEST:
        error = f"a message must be at most {_LARGEST} bytes, was {len(body)} ({type(message).__name__})"
        raise ValueError(error)
    return len(body).to_bytes(_LENGTH, "little") + body


class FrameReader:
    """Cuts a stream into messages; bytes may come in any pieces."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def to_child(self, data: bytes) -> Iterator[ToChild]:
        """Yield what the platform said.

        Raises: ValueError: the stream is broken.
        """
        for body in self._bodies(data):
            yield _to_child.decode(body)

    def from_child(self, data: bytes) -> Iterator[FromChild]:
        """Yield what the child said.

        Raises: ValueError: the stream is broken.
        """
        for body in self._bodies(data):
            yield _from_child.decode(body)

    def _bodies(self, data: bytes) -> Iterator[bytes]:
        rest = self._rest
        rest += data
        while len(rest) >= _LENGTH:
            length = int.from_bytes(rest[:_LENGTH], "little")
            if length > _LARGEST:
                message = f"the channel is broken: a message of {length} bytes, must be at most {_LARGEST}"
                raise ValueError(message)
            if len(rest) < _LENGTH + length:
                return
            body = bytes(rest[_LENGTH : _LENGTH + length])
            del rest[: _LENGTH + length]
            yield body


def without_secrets(fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return a struct's fields for a log or an error: what may be a password is `***`."""
    return {name: "***" if _is_hidden(name) and value else value for name, value in fields.items()}


def _is_hidden(name: str) -> bool:
    return any(word in name.lower() for word in _HIDDEN)


def _shown(value: object) -> str:
    return repr(without_secrets(value)) if isinstance(value, dict) else repr(value)
