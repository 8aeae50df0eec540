"""What the office answers where no room's own message says it: several rooms' words side by side."""

from __future__ import annotations

import msgspec

from tradewind.domain.trading_state import Scope


class CloseView(msgspec.Struct, frozen=True):
    """What closing a position would mean: the position, the gate's judgement, and the word that lets it be done."""

    position: object
    quantity: int
    what_if: object
    confirmation: str


class EquityView(msgspec.Struct, frozen=True):
    """An account's equity: the end of each settled day, and samples of today.

    `today` is the account's own, and empty for who may see a book of it only.
    """

    days: object
    today: object


class QueueView(msgspec.Struct, frozen=True):
    """What waits to be sent, how the broker is, and what a person should look at."""

    queues: object
    broker: object
    alarms: object


class ScopeUse(msgspec.Struct, frozen=True):
    """How much of each limit of one scope is used."""

    scope: Scope
    key: str
    use: object


class LimitsView(msgspec.Struct, frozen=True):
    """The limits of the gate with their use, and the regulatory counters."""

    scopes: object
    counters: object
    bursts: object
