"""What a step of an instruction's timeline says: a code with arguments for pages, and the same in English for programs.

The texts are the reference: `docs` and the page's dictionaries have one for each code.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class Said(NamedTuple):
    """A note of a step, as `Step` has it; "" where there is nothing to say."""

    note: str = ""
    note_code: str = ""
    note_args: dict[str, str] = {}  # noqa: RUF012 - never written to


NOTES: Final = {
    "contracts": "{count} contracts",
    "changes": "{changes}",
    "overridden": "over the gate's {codes}",
    "gate_waits": "waits for an approval: the gate says {codes}",
    "no_second": "needs no second person (instructions.approval = {policy})",
    "started": "{algorithm} from {moment}",
    "halted": "trading is halted",
    "progress": "{before} → {after}",
    "send_over": "the end time of send {send} is over",
    "too_many_orders": "made {count} orders (instructions.max_children)",
    "day_end": "day_end",
    "expired": "expired",
    "reassigned": "{before} → {after}",
    "sent": "send {send}: {side} {quantity} {instrument_id} {algorithm}",
    "all_sends": "all sends",
    "one_send": "send {send}",
    "filled": "{side} {quantity} {instrument_id} at {price}, trade {trade_id}",
    "booked": "{side} {quantity} {instrument_id} at {price}, trade {trade_id}, booked",
    "contract": "{instrument_id}",
}
"""Every code with its English text; `{name}` stands for an argument."""
NOTHING: Final = Said()


def said(code: str, **args: object) -> Said:
    """Return a note; its arguments as text. Raises: KeyError: nobody has written a text for the code."""
    told = {name: str(value) for name, value in args.items()}
    return Said(NOTES[code].format(**told), code, told)
