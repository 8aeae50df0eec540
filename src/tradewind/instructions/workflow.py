"""The workflow of the instruction book as a table: what may be done with an instruction in each state, and what then.

WORKING, PARTLY_DONE and DONE follow from orders and fills; nobody sets them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.domain.book import Act
from tradewind.domain.instruction import InstructionStatus
from tradewind.errors import StateConflictError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.domain.instruction import Instruction

_S = InstructionStatus
_A = Act
_AT_WORK: Final = (_A.AMEND, _A.REASSIGN, _A.SEND, _A.STOP, _A.RESUME, _A.FILL, _A.WAIVE)
WORKFLOW: Final[Mapping[InstructionStatus, Mapping[Act, InstructionStatus]]] = {
    _S.DRAFT: {
        _A.AMEND: _S.DRAFT,
        _A.SUBMIT: _S.SUBMITTED,
        _A.WITHDRAW: _S.CANCELLED,
        _A.EXPIRE: _S.EXPIRED,
    },
    _S.SUBMITTED: {
        _A.AMEND: _S.SUBMITTED,
        _A.APPROVE: _S.APPROVED,
        _A.REJECT: _S.REJECTED,
        _A.WITHDRAW: _S.CANCELLED,
        _A.EXPIRE: _S.EXPIRED,
    },
    _S.APPROVED: {
        _A.AMEND: _S.SUBMITTED,
        _A.REJECT: _S.REJECTED,
        _A.ACCEPT: _S.ACCEPTED,
        _A.REASSIGN: _S.APPROVED,
        _A.START: _S.WORKING,
        _A.WITHDRAW: _S.CANCELLED,
        _A.EXPIRE: _S.EXPIRED,
    },
    _S.ACCEPTED: {
        _A.AMEND: _S.SUBMITTED,
        _A.DECLINE: _S.APPROVED,
        _A.REASSIGN: _S.ACCEPTED,
        _A.START: _S.WORKING,
        _A.SEND: _S.WORKING,
        _A.FILL: _S.WORKING,
        _A.WITHDRAW: _S.CANCELLED,
        _A.EXPIRE: _S.EXPIRED,
    },
    _S.WORKING: {
        **dict.fromkeys(_AT_WORK, _S.WORKING),
        _A.CLOSE: _S.CLOSED,
        _A.WITHDRAW: _S.CANCELLING,
        _A.EXPIRE: _S.EXPIRED,
    },
    _S.PARTLY_DONE: {
        **dict.fromkeys(_AT_WORK, _S.PARTLY_DONE),
        _A.CLOSE: _S.CLOSED,
        _A.WITHDRAW: _S.CANCELLING,
        _A.EXPIRE: _S.EXPIRED,
    },
    _S.CANCELLING: {_A.EXPIRE: _S.EXPIRED},
    _S.DONE: {_A.CLOSE: _S.CLOSED},
    _S.CLOSED: {},
    _S.CANCELLED: {},
    _S.REJECTED: {},
    _S.EXPIRED: {},
}
OF_THE_PLATFORM: Final = frozenset({_A.START, _A.EXPIRE, _A.PROGRESS})
"""Acts that no person may ask for."""


def allowed(status: InstructionStatus) -> tuple[Act, ...]:
    """Return what people may do in a state."""
    return tuple(act for act in WORKFLOW[status] if act not in OF_THE_PLATFORM)


def after(told: Instruction, act: Act) -> InstructionStatus:
    """Return the state that an act leads to.

    Raises: StateConflictError: the state does not allow it; the message names what it does.
    """
    found = WORKFLOW[told.status].get(act)
    if found is None:
        may = ", ".join(allowed(told.status)) or "nothing"
        message = f"instruction {told.instruction_id} is {told.status}: {act} is not possible; allowed: {may}"
        raise StateConflictError(message)
    return found


def require_seen(told: Instruction, version: int) -> None:
    """Accept a decision made on what people last agreed on; 0 stands for whatever it is now.

    Raises: StateConflictError: somebody has changed it since, or nobody can have seen that version yet.
    """
    if version and not told.acted_version <= version <= told.version:
        message = (
            f"instruction {told.instruction_id} was changed by somebody: you looked at version {version},"
            f" it is {told.version} (last act: {told.acted_version}); read it again"
        )
        raise StateConflictError(message)
