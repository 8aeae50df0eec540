"""How an act makes the next version of an instruction of the book; and the bounds of a send at one moment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from tradewind.instructions.progress import counted
from tradewind.instructions.workflow import OF_THE_PLATFORM

if TYPE_CHECKING:
    from collections.abc import Collection

    from tradewind.domain.book import Step
    from tradewind.domain.instruction import Instruction, InstructionLine


def acted(told: Instruction, step: Step, **fields: Any) -> Instruction:  # noqa: ANN401 - the fields of an instruction
    """Return the version that an act makes, its progress counted anew."""
    version = told.version + 1
    is_of_person = bool(step.actor) and step.act not in OF_THE_PLATFORM
    changed = msgspec.structs.replace(
        told,
        version=version,
        acted_version=version if is_of_person else told.acted_version,
        updated_at=step.ts,
        step=step,
        **fields,
    )
    return msgspec.structs.replace(counted(changed), touched=None)


def with_stops(told: Instruction, numbers: Collection[int], *, is_stopped: bool) -> tuple[InstructionLine, ...]:
    """Return the lines with these sends stopped, or going on."""
    return tuple(
        msgspec.structs.replace(line, send=msgspec.structs.replace(line.send, is_stopped=is_stopped))
        if number in numbers and line.send is not None
        else line
        for number, line in enumerate(told.lines)
    )


class Span(NamedTuple):
    """From when to when a line is worked, in ns UTC; 0: from the beginning, without end."""

    started_at: int
    begins_at: int = 0
    ends_at: int = 0


def span_of(told: Instruction, line: InstructionLine) -> Span:
    """Return when a line is worked: a send by its own times, another line from when its instruction was written."""
    send = line.send
    if send is None:
        return Span(told.created_at)
    return Span(max(send.started_at, send.begins_at), send.begins_at, send.ends_at)


def within_share(line: InstructionLine, wanted: int, volume: int) -> int:
    """Return how many of the wanted lots a send may ask for, by its part of the market's volume since it began."""
    send = line.send
    if send is None or send.participation is None:
        return wanted
    most = int(send.participation * max(volume - send.volume_before, 0)) - line.filled_quantity - line.working_quantity
    return max(min(wanted, most), 0)
