"""Keeps the instruction book: finds instructions, lets each act happen once and only where the table allows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from tradewind.domain.book import BOOK, Act, ManualFill, Step, is_of_book
from tradewind.domain.step_notes import NOTHING, Said
from tradewind.errors import InputError, StateConflictError
from tradewind.instructions.acting import acted
from tradewind.instructions.workflow import after, require_seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.domain.instruction import Instruction, InstructionStatus
    from tradewind.instructions.children import Parent
    from tradewind.instructions.settings import InstructionSettings
    from tradewind.instructions.worker import Worker
    from tradewind.kernel.clock import Clock

_DIGITS: Final = 6
_ENDS: Final = frozenset({Act.WITHDRAW, Act.REJECT, Act.STOP, Act.CLOSE})
"""Acts that an instruction takes even when it has taken too many."""


class Signed(Protocol):
    """What every command says of whoever gives it."""

    @property
    def actor(self) -> str: ...  # noqa: D102 - as in `domain.message.Directive`
    @property
    def source(self) -> str: ...  # noqa: D102
    @property
    def request_id(self) -> str: ...  # noqa: D102


class Aimed(Signed, Protocol):
    """A command about one instruction, decided on a version of it (0: whichever it is)."""

    @property
    def instruction_id(self) -> str: ...  # noqa: D102
    @property
    def expected_version(self) -> int: ...  # noqa: D102


FillKey = tuple[str, int, str, str]


def fill_key(instrument_id: str, fill: ManualFill) -> FillKey:
    """Return what makes a fill unique, made here or elsewhere: (exchange, trading day, trade id, side)."""
    return (instrument_id.rpartition(".")[2], fill.trading_day, fill.trade_id, fill.side.value)


class Keeper:
    """The book on the room's worker; it remembers which request wrote which instruction, and every fill recorded."""

    def __init__(self, *, settings: InstructionSettings, clock: Clock, worker: Worker) -> None:
        self.settings = settings
        self.clock = clock
        self.worker = worker
        self.number = 0
        """Of the newest instruction written."""
        self.fills: dict[FillKey, str] = {}
        """Fills made elsewhere, by what makes them unique → the instruction they were recorded for."""
        self._written: dict[tuple[str, str], str] = {}

    # what was recorded, live and at recovery alike

    def noted(self, told: Instruction) -> None:
        """Take note of a version of an instruction."""
        if not is_of_book(told.instruction_id):
            return
        self.number = max(self.number, int(told.instruction_id[1:]))
        step = told.step
        if step is not None and step.act is Act.DRAFT:
            self._written[(step.actor, step.request_id)] = told.instruction_id
        if step is not None and step.act is Act.FILL:
            self._note_fills(told)
        self._forget()

    def restored(self, parent: Parent) -> None:
        """Take an instruction out of a snapshot."""
        told = parent.instruction
        if not is_of_book(told.instruction_id):
            return
        self.number = max(self.number, int(told.instruction_id[1:]))
        for taken in parent.steps[:1]:
            self._written[(taken.step.actor, taken.step.request_id)] = told.instruction_id
        self._note_fills(told)

    # live

    def all(self) -> Iterator[Parent]:
        """Yield the book's instructions at hand, the oldest first."""
        return (parent for parent in self.worker.parents.values() if parent.instruction.is_of_book)

    def find(self, instruction_id: str) -> Parent:
        """Return an instruction of the book.

        Raises: InputError: there is none of that id at hand.
        """
        parent = self.worker.parents.get(instruction_id)
        if parent is None or not parent.instruction.is_of_book:
            message = f"there is no instruction {instruction_id[:80]!r} at hand; older ones are in the store"
            raise InputError(message)
        return parent

    def written_by(self, do: Signed) -> Instruction | None:
        """Return the instruction that this very request wrote before, `None` if it is new."""
        parent = self.worker.parents.get(self._written.get((do.actor, do.request_id), ""))
        return None if parent is None else parent.instruction

    def is_repeated(self, do: Aimed, act: Act) -> bool:
        """Say whether this very request was carried out before."""
        name = (act, do.actor, do.request_id)
        steps = self.find(do.instruction_id).steps
        return any((each.step.act, each.step.actor, each.step.request_id) == name for each in reversed(steps))

    def next_id(self) -> str:
        """Return the name of the next instruction.

        Raises: InputError: as many are open as may be.
        """
        count = sum(not parent.instruction.is_over for parent in self.all())
        if count >= self.settings.max_open:
            message = f"{count} instructions of the book are open (instructions.max_open); end some first"
            raise InputError(message)
        return f"{BOOK}{self.number + 1:0{_DIGITS}d}"

    def step(self, do: Signed, act: Act, note: Said = NOTHING) -> Step:
        """Return the line of the timeline that a command makes."""
        reason = getattr(do, "reason", "")
        now_ns = self.clock.now_ns()
        return Step(act, do.actor, now_ns, do.source, reason, request_id=do.request_id, **note._asdict())

    def may(self, do: Aimed, act: Act) -> tuple[Instruction, InstructionStatus]:
        """Return the instruction as it stands and the state that the act leads to.

        Raises: InputError: there is no such one. StateConflictError: not in this state, stale, or too many acts.
        """
        parent = self.find(do.instruction_id)
        told = parent.instruction
        status = after(told, act)
        require_seen(told, do.expected_version)
        if len(parent.steps) >= self.settings.max_steps and act not in _ENDS:
            message = f"instruction {told.instruction_id} has taken {len(parent.steps)} acts (instructions.max_steps)"
            raise StateConflictError(message)
        return told, status

    def act(self, do: Aimed, act: Act, note: Said = NOTHING, **fields: Any) -> Instruction:  # noqa: ANN401 - its fields
        """Carry an act out and publish it; return what it came to. Raises as `may`."""
        told, status = self.may(do, act)
        return self.worker.tell(acted(told, self.step(do, act, note), **{"status": status, **fields}))

    def _note_fills(self, told: Instruction) -> None:
        for adjustment in told.adjustments:
            for fill in adjustment.manual_fills:
                self.fills[fill_key(adjustment.instrument_id, fill)] = told.instruction_id

    def _forget(self) -> None:
        """Let go of what belongs to instructions that are not at hand any more, once there is much of it."""
        most = 2 * (self.settings.max_kept + self.settings.max_open)
        if len(self._written) > most:
            at_hand = self.worker.parents
            self._written = {name: told for name, told in self._written.items() if told in at_hand}
            self.fills = {name: told for name, told in self.fills.items() if told in at_hand}
