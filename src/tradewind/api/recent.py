"""Bounded memory of the newest things: what REST can show without asking the room that made them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """The newest `limit` values by id, in order of arrival; the same id again replaces its value in place."""

    __slots__ = ("_limit", "_values")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._values: dict[str, V] = {}

    def __len__(self) -> int:
        return len(self._values)

    def put(self, key: str, value: V) -> None:
        """Keep `value`; forget the oldest when that is one too many."""
        values = self._values
        values[key] = value
        if len(values) > self._limit:
            del values[next(iter(values))]

    def renew(self, key: str, value: V) -> None:
        """Keep `value` as the newest of all, also if its id is known."""
        self._values.pop(key, None)
        self.put(key, value)

    def drop(self, key: str) -> None:
        """Forget one, if it is there."""
        self._values.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        self._values.clear()

    def get(self, key: str) -> V | None:
        """Return one, or `None`."""
        return self._values.get(key)

    def newest_first(self) -> list[V]:
        """Return all, the newest first."""
        return list(reversed(self._values.values()))


class Encoded:
    """One answer as bytes, made again only when somebody asks after a change."""

    __slots__ = ("_encode", "_is_stale", "_value")

    def __init__(self, encode: Callable[[], bytes]) -> None:
        self._encode = encode
        self._is_stale = True
        self._value = b""

    def spoil(self) -> None:
        """Note that what it shows has changed."""
        self._is_stale = True

    def value(self) -> bytes:
        """Return the bytes of the present state."""
        if self._is_stale:
            self._value = self._encode()
            self._is_stale = False
        return self._value
