"""Several commands written as one: Redis takes all of them or refuses all, so none can overtake another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.redis.resp import ReplyError, command

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tradewind.bus.redis.link import Gets

_BEGIN: Final = command("MULTI")
_END: Final = command("EXEC")


class Transaction:
    """The answers to `count` commands between MULTI and EXEC."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._replies: list[Any] = []

    @staticmethod
    def of(commands: Sequence[bytes]) -> bytes:
        """Return what to write."""
        return b"".join((_BEGIN, *commands, _END))

    def take(self, gets: Gets) -> bool:
        """Take what answers there are; return whether all are."""
        replies, wanted = self._replies, self._count + 2
        while len(replies) < wanted and (reply := gets()) is not False:
            replies.append(reply)
        return len(replies) == wanted

    def verdicts(self) -> Iterator[Exception | None]:
        """Yield for each command the error for which it was not done, `None` for one that was.

        Of a transaction that was refused every command has an error: its own, or the one that spoilt it for the others.
        """
        begun, *queued, done = self._replies
        if isinstance(begun, ReplyError):
            # None was begun: each was done, or not, by itself.
            yield from map(_error, queued)
        elif isinstance(done, ReplyError):
            yield from (_error(each) or done for each in queued)
        else:
            yield from map(_error, done)


def _error(reply: Any) -> Exception | None:  # noqa: ANN401 - replies are of any kind
    return reply if isinstance(reply, ReplyError) else None
