"""kill -9 of who tells and sends, at every moment in between: each notice once, each letter at least once, one id."""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from mail_server import MailServer, mail_server
from store_builders import Line, make_instruction, make_journal
from tradewind.bus.desk_topics import INSTRUCTIONS, TRADING_STATES
from tradewind.domain.instruction import InstructionStatus
from tradewind.domain.order import Origin
from tradewind.domain.trading_state import Scope, TradingMode, TradingState
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.notices import SqlNotices
from tradewind.stores.sql.store import SqlStore

pytestmark = pytest.mark.process

WORKER = Path(__file__).parent / "notices_worker.py"
KILLED, DONE = -9, 0
HALTS, REJECTED = 5, 4
POINTS = ("before_take", "after_take", "after_claim", "before_send", "before_settle", "after_settle")


def write_journal(folder: Path) -> None:
    """Put on record what people are to be told of, and let the follower begin before it."""
    line = Line()
    journal = make_journal(StoreSettings(), folder, line)
    journal.open()
    for number in range(HALTS):
        state = TradingState(Scope.PLATFORM, "", TradingMode.HALTED, "fang", "manual", "", number, 1)
        journal.append(TRADING_STATES, state)
    for number in range(REJECTED):
        made = make_instruction(
            instruction_id=f"i-{number}", origin=Origin.MANAGER, actor="meng", status=InstructionStatus.REJECTED
        )
        journal.append(INSTRUCTIONS, made)
    line.until(lambda: journal.durable_seq == HALTS + REJECTED)
    journal.close()
    store = SqlStore(StoreSettings(), folder)
    SqlNotices(store).begin("journal desk", 0)
    store.close()


async def live(folder: Path, server: MailServer, point: str, number: int, life: int) -> int:
    """Run one life of the worker; return how it ended."""
    arguments = (str(WORKER), str(folder), str(server.port), str(server.authority), point, str(number), str(life))
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    return await process.wait()


def told(folder: Path) -> Counter[tuple[str, str]]:
    """Return how often each person was told of each event on the page."""
    store = SqlStore(StoreSettings(), folder)
    notices = SqlNotices(store)
    found = Counter(
        (one.username, one.event_id)
        for username in ("meng", "tian", "fang", "vera")
        for one in notices.notices(username, before=0, limit=1_000, is_unread=False)
    )
    store.close()
    return found


@pytest.mark.timeout(120)
@pytest.mark.parametrize("point", POINTS)
async def test_a_process_killed_at_any_point_tells_once_and_sends_under_one_id(tmp_path: Path, point: str) -> None:
    write_journal(tmp_path)
    async with mail_server(tmp_path, "starttls") as server:
        for life, number in enumerate((1, 2)):
            assert await live(tmp_path, server, point, number, life) == KILLED
        assert await live(tmp_path, server, "never", 1, 2) == DONE
        letters = server.box.letters
    expected = {(name, f"desk:{seq}") for name in ("meng", "tian", "fang", "vera") for seq in range(1, HALTS + 1)}
    expected |= {("meng", f"desk:{seq}") for seq in range(HALTS + 1, HALTS + REJECTED + 1)}
    assert told(tmp_path) == Counter(expected)
    sent = Counter(letter["Message-ID"] for letter in letters)
    assert len(sent) == len(expected), "each event of each person has one id and came at least once"
    # Only what was handed over and not yet noted may come twice, once for each such death.
    assert sum(sent.values()) - len(sent) <= (2 if point == "before_settle" else 0)
    words = defaultdict(set)
    for letter in letters:
        plain = letter.get_body(("plain",))
        assert plain is not None
        words[letter["Message-ID"]].add((letter["To"], plain.get_content()))
    assert all(len(forms) == 1 for forms in words.values()), "what came twice said the same to the same person"
