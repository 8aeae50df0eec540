"""System 004's words for where an instruction and its lines stand, and which of our acts leads to each.

Its clients set a state; our book knows acts. A state that follows from orders and fills is set by nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from tradewind.api.error_map import InvalidError
from tradewind.domain import book_messages as book
from tradewind.domain.book import Act, AdjustmentStatus
from tradewind.domain.instruction import InstructionStatus

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradewind.domain.message import Directive

S = TypeVar("S", bound=str)
_S = InstructionStatus
_L = AdjustmentStatus
INSTRUCTION_WORDS: Final[Mapping[InstructionStatus, tuple[str, ...]]] = {
    _S.DRAFT: ("草稿", "new"),
    _S.SUBMITTED: ("待审批", "pending"),
    _S.APPROVED: ("已审批", "confirmed"),
    _S.ACCEPTED: ("已接收", "received"),
    _S.WORKING: ("执行中", "executing"),
    _S.PARTLY_DONE: ("部分完成", "partial"),
    _S.CANCELLING: ("撤销中",),
    _S.DONE: ("已完成", "completed"),
    _S.CLOSED: ("已关闭", "archived"),
    _S.CANCELLED: ("已撤销", "canceled", "withdrawn", "revoked"),
    _S.REJECTED: ("已拒绝", "refused"),
    _S.EXPIRED: ("已过期",),
}
"""Each state's name in Chinese, as answers show it, then other words by which it may be asked for."""
ADJUSTMENT_WORDS: Final[Mapping[AdjustmentStatus, tuple[str, ...]]] = {
    _L.WAITING: ("待交易", "pending"),
    _L.WORKING: ("交易中", "executing"),
    _L.PARTLY_DONE: ("部分成交", "partial"),
    _L.DONE: ("已完成", "completed"),
    _L.WAIVED: ("已放弃", "cancelled", "canceled"),
}
SETTING: Final[Mapping[InstructionStatus, tuple[Act, type[Directive]]]] = {
    _S.SUBMITTED: (Act.SUBMIT, book.SubmitInstruction),
    _S.APPROVED: (Act.APPROVE, book.ApproveInstruction),
    _S.REJECTED: (Act.REJECT, book.RejectInstruction),
    _S.ACCEPTED: (Act.ACCEPT, book.AcceptInstruction),
    _S.CANCELLED: (Act.WITHDRAW, book.WithdrawInstruction),
    _S.CLOSED: (Act.CLOSE, book.CloseInstruction),
}
"""The act by which a person brings an instruction into a state."""
SAME: Final[Mapping[InstructionStatus, frozenset[InstructionStatus]]] = {
    _S.CANCELLED: frozenset({_S.CANCELLED, _S.CANCELLING}),
}
"""States that are as good as the one asked for; live orders take a moment to come back."""
_STATES: Final = {word: state for state, words in INSTRUCTION_WORDS.items() for word in (state.value, *words)}
_LINE_STATES: Final = {word: state for state, words in ADJUSTMENT_WORDS.items() for word in (state.value, *words)}


def instruction_state(word: str) -> InstructionStatus:
    """Return the state a word means. Raises: InvalidError: none; it names those there are."""
    return _meant(word, _STATES, INSTRUCTION_WORDS)


def adjustment_state(word: str) -> AdjustmentStatus:
    """Return a line's state that a word means. Raises: InvalidError: as `instruction_state`."""
    return _meant(word, _LINE_STATES, ADJUSTMENT_WORDS)


def settable(acts: Iterable[Act]) -> list[str]:
    """Return the states that people may set where these acts are allowed."""
    may = frozenset(acts)
    return [state.value for state, (act, _) in SETTING.items() if act in may]


def _meant(word: str, states: Mapping[str, S], names: Iterable[S]) -> S:
    found = states.get(word.strip().lower())
    if found is None:
        allowed = [str(name) for name in names]
        message = f"status must be one of {', '.join(allowed)}, was {word[:32]!r}"
        raise InvalidError(message, field="status", allowed=allowed)
    return found
