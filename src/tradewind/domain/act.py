"""Acts: what somebody did that is no order and yet belongs on the record.

Signing in, changing a setting, starting a strategy, pressing the emergency stop: who, by which door, to what, and how
it was before and after.
"""

from __future__ import annotations

import msgspec


class Act(msgspec.Struct, frozen=True):
    """One such deed. `action` is past tense in snake case ("strategy_started"), `subject` what it was done to.

    `actor` is a user, a token's name or a part of the platform; `source` the door it came by ("api", "cli", "file").
    `before` and `after` are JSON texts, "" where there is nothing to tell; secrets never stand in them.
    """

    act_id: str
    action: str
    actor: str
    source: str
    subject: str
    before: str
    after: str
    ts_event: int
