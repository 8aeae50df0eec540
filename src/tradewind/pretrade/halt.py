"""Whether trading is allowed: the modes of all scopes, latched. This is the core of the emergency stop.

A scope gets stricter at once, by anybody or anything. It gets easier only by `reset`: a person, by name, who typed the
phrase that names the scope; two different persons where the settings ask for it. No event, timer or restart resets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.domain.trading_state import Scope, TradingMode, TradingState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tradewind.pretrade.limits import ScopeKey

STRICTNESS: Final[Mapping[TradingMode, int]] = {
    TradingMode.ACTIVE: 0,
    TradingMode.REDUCING: 1,
    TradingMode.HALTED: 2,
}
RESET: Final = "RESET"
RESET_ASKED: Final = "RESET_ASKED"
"""The first of two persons wants the scope back: it stays as it is until another one says so too."""


class ResetRefused(msgspec.Struct, frozen=True):
    """Why a scope stays as it is: a stable code and what to do."""

    code: str
    reason: str


def phrase_of(scope: Scope, key: str) -> str:
    """Return what a person types to lift the halt of a scope: `RESUME PLATFORM`, `RESUME ACCOUNT A1`."""
    return f"RESUME {scope.value.upper()} {key}".rstrip()


class Latch:
    """The newest state of every scope; a scope without one is active."""

    def __init__(self, *, takes_two: bool) -> None:
        self._takes_two = takes_two
        self._states: dict[ScopeKey, TradingState] = {}
        self._shut: dict[ScopeKey, TradingState] = {}

    @property
    def is_open(self) -> bool:
        """True while nothing at all is halted or reducing."""
        return not self._shut

    def state(self, scope: Scope, key: str) -> TradingState | None:
        """Return a scope's state, `None` where it never had one."""
        return self._states.get((scope, key))

    def states(self) -> tuple[TradingState, ...]:
        """Return the states of all scopes that ever had one."""
        return tuple(self._states.values())

    def mode(self, scope: Scope, key: str) -> TradingMode:
        """Return a scope's own mode, whatever those around it say."""
        state = self._states.get((scope, key))
        return TradingMode.ACTIVE if state is None else state.mode

    def shut(self, places: Iterable[ScopeKey]) -> tuple[TradingState, ...]:
        """Return the states among these scopes that allow less than all."""
        if not self._shut:
            return ()
        return tuple(self._shut[place] for place in places if place in self._shut)

    def apply(self, state: TradingState) -> bool:
        """Take a state if it is newer than what is known; return whether it was."""
        place = (state.scope, state.key)
        known = self._states.get(place)
        if known is not None and state.version <= known.version:
            return False
        self._states[place] = state
        if state.mode is TradingMode.ACTIVE:
            self._shut.pop(place, None)
        else:
            self._shut[place] = state
        return True

    def merge(self, states: Iterable[TradingState], *, ts_event: int) -> list[TradingState]:
        """Lay what the disk remembers over what the journal does: the stricter mode wins, whichever said it.

        Returns the states that differ from what was known, each a new version to be applied and published.
        """
        found = []
        for state in states:
            known = self._states.get((state.scope, state.key))
            if STRICTNESS[state.mode] > STRICTNESS[TradingMode.ACTIVE if known is None else known.mode]:
                version = max(state.version, known.version if known else 0) + 1
                found.append(msgspec.structs.replace(state, version=version, ts_event=ts_event))
        return found

    def tighten(
        self, scope: Scope, key: str, mode: TradingMode, *, actor: str, reason_code: str, reason: str, ts_event: int
    ) -> TradingState | None:
        """Return the state that makes a scope stricter, `None` when it is as strict already.

        A halt said again while the first of two persons has asked for a reset takes that back.
        """
        known = self._states.get((scope, key))
        change = STRICTNESS[mode] - STRICTNESS[TradingMode.ACTIVE if known is None else known.mode]
        is_asked = known is not None and known.reason_code == RESET_ASKED
        if change < 0 or (change == 0 and not is_asked):
            return None
        version = known.version + 1 if known else 1
        return TradingState(scope, key, mode, actor, reason_code, reason, version, ts_event)

    def reset(
        self, scope: Scope, key: str, *, actor: str, phrase: str, ts_event: int, reason: str = ""
    ) -> TradingState | ResetRefused:
        """Return the state that lets a scope trade again, the first half of it where it takes two, or why not."""
        wanted = phrase_of(scope, key)
        if not actor.strip():
            return ResetRefused("ACTOR_MISSING", "a reset names the person who does it")
        if phrase != wanted:
            return ResetRefused("PHRASE_WRONG", f"type exactly {wanted!r}; it was {phrase!r}")
        known = self._states.get((scope, key))
        if known is None or known.mode is TradingMode.ACTIVE:
            return ResetRefused("NOT_HALTED", f"{wanted.removeprefix('RESUME ')} is active")
        if self._takes_two and known.reason_code != RESET_ASKED:
            asked = f"{actor} asks to resume; another person has to ask too"
            return TradingState(scope, key, known.mode, actor, RESET_ASKED, asked, known.version + 1, ts_event)
        if self._takes_two and known.actor == actor:
            return ResetRefused("SECOND_PERSON_NEEDED", f"{actor} has asked already; another person has to")
        return TradingState(scope, key, TradingMode.ACTIVE, actor, RESET, reason, known.version + 1, ts_event)
