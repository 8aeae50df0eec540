"""A process that keeps a journal: does what it is told line by line, says what has become durable."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import msgspec

from store_builders import Line, make_act, make_journal
from tradewind.bus.desk_topics import ACTS
from tradewind.kernel.log import configure_logs
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.journal import SqlJournal

IN_FLIGHT = 200


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> None:
    configure_logs(level="error", stream=sys.stderr)
    settings = msgspec.json.decode(sys.argv[1], type=StoreSettings)
    line = Line()
    journal = make_journal(settings, Path(sys.argv[2]), line)
    journal.open()
    say(f"open {journal.epoch} {journal.durable_seq}")
    for command in sys.stdin:
        word, _, number = command.strip().partition(" ")
        if word == "flood":
            flood(journal, line)
        else:
            add(journal, line, int(number))


def flood(journal: SqlJournal, line: Line) -> None:
    """Append for ever, saying each entry that is durable."""
    while journal.failure is None:
        seq = journal.append(ACTS, make_act(journal.durable_seq))
        journal.when_durable(seq, partial(say, f"durable {seq}"))
        line.until(partial(is_below, journal, seq - IN_FLIGHT))


def is_below(journal: SqlJournal, seq: int) -> bool:
    return journal.durable_seq > seq or journal.failure is not None


def add(journal: SqlJournal, line: Line, count: int) -> None:
    """Append some, say what came of it."""
    said: list[int] = []
    for _ in range(count):
        seq = journal.append(ACTS, make_act(journal.durable_seq, actor="worker"))
        journal.when_durable(seq, partial(said.append, seq))
    line.until(lambda: len(said) == count or journal.failure is not None)
    say(f"durable {said[-1]}" if len(said) == count else f"failure {journal.failure}")


main()
