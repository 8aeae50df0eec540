"""Whatever is killed at any step of an instruction, nothing of it is lost and nothing doubled.

An instruction goes from draft to last fill, and at each of its steps something else is killed while the step is being
asked for: an instance, the order line, Redis with and without its data, the database. `DESK_KILLS=all` (`make kills`)
takes every step with every kind of kill, two rounds of them are taken otherwise.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from itertools import count
from typing import Any, Final

import pytest

from desk_members import BOOK, Member, Watch
from production_desk import ACCOUNT, AU, FUND, ProductionDesk, production_desk
from real_mariadb import RealMariaDb
from running_platform import wait_for

pytestmark = [pytest.mark.process, pytest.mark.timeout(300)]

KILLS: Final = ("trading", "database", "instance a", "redis emptied", "instance b", "redis")
STEPS: Final = ("draft", "submit", "approve", "accept", "fill")
ROUNDS: Final = range(len(KILLS)) if os.environ.get("DESK_KILLS") == "all" else (2, 5)
"""Each round kills something else at each step; in these two everything is killed, most of it twice."""
LOTS: Final = 4
TOLD: Final = {
    ("fang", "指令待审批"),
    ("meng", "指令已批准"),
    ("tian", "指令已批准"),
    ("meng", "指令已接单"),
    ("meng", "指令已完成"),
    ("tian", "指令已完成"),
}
KINDS: Final = {
    "meng": {"instruction_approved", "instruction_accepted", "instruction_done"},
    "fang": {"instruction_submitted"},
    "tian": {"instruction_approved", "instruction_done"},
}
_PATIENCE_S: Final = 90.0


class Office:
    """A desk whose people are signed in, and what they have done with it."""

    def __init__(self, desk: ProductionDesk) -> None:
        self.desk = desk
        one, other = desk.instances
        seats = {"meng": (one, other), "fang": (other, one), "tian": (other, one), "vera": (one, other)}
        self.people = {name: Member(name, at) for name, at in seats.items()}
        self.watches = [Watch(self.people["vera"], each) for each in desk.instances]
        for watch in self.watches:
            watch.start()
        self._numbers = count(1)
        self.numbers: list[str] = []

    def end(self) -> None:
        for watch in self.watches:
            watch.end()

    def go_through(self, kills: dict[str, str]) -> str:
        """Take an instruction from draft to last fill, killing something at each step; return its number."""
        meng, fang, tian = (self.people[name] for name in ("meng", "fang", "tian"))
        # Every round turns the position round, so that funds and limits stay what they were.
        side = 1 if len(self.numbers) % 2 == 0 else -1
        draft = {"wishes": [{"instrument_id": AU, "delta": side * LOTS}], "reason": f"round {next(self._numbers)}"}
        form = {"account_id": ACCOUNT, "product_code": FUND, "draft": draft}
        told = self._during(kills["draft"], partial(meng.act, f"{BOOK}/drafts", form))
        number: str = told["instruction_id"]
        self.numbers.append(number)
        home = f"{BOOK}/{number}"
        told = self._during(kills["submit"], partial(meng.act, f"{home}/submit", {}))
        version = {"expected_version": told["version"]}
        self._during(kills["approve"], partial(fang.act, f"{home}/approve", version))
        self._during(kills["accept"], partial(tian.act, f"{home}/accept", {}))
        slowly = {"algorithm": "twap", "duration_s": LOTS, "slices": LOTS}
        tian.act(f"{home}/sends", {"adjustment": 0, "execution": slowly})
        wait_for(lambda: tian.ask(home)["filled_quantity"] > 0, patience_s=_PATIENCE_S)
        self.desk.kill(kills["fill"])
        wait_for(partial(self._is_done, home), patience_s=_PATIENCE_S)
        return number

    def _is_done(self, home: str) -> bool:
        """Tell whether it is; what was refused while nothing could be recorded the trader sends again."""
        tian = self.people["tian"]
        told = tian.ask(home)
        if told["left_quantity"]:
            tian.act(f"{home}/sends", {"adjustment": 0, "quantity": told["left_quantity"]})
        return bool(told["status"] == "done")

    def _during(self, kill: str, do: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        with ThreadPoolExecutor(1) as pool:
            doing = pool.submit(do)
            self.desk.kill(kill)
            return doing.result()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    database = RealMariaDb(tmp_path_factory.mktemp("mariadb"))
    database.start()
    with production_desk(tmp_path_factory.mktemp("desk"), database) as desk:
        office = Office(desk)
        yield office
        office.end()
    database.kill()


@pytest.mark.parametrize("turn", ROUNDS)
def test_an_instruction_is_carried_out_once_whatever_is_killed_at_its_steps(office: Office, turn: int) -> None:
    kills = {step: KILLS[(turn + at) % len(KILLS)] for at, step in enumerate(STEPS)}
    number = office.go_through(kills)
    office.desk.wait_open()
    there_is_one_of_it(office, number)
    the_ledger_is_what_the_fills_make(office)
    everybody_was_told_once(office, number)
    verified = office.desk.command("audit", "verify")
    assert verified.returncode == 0, verified.stdout


def there_is_one_of_it(office: Office, number: str) -> None:
    """Everybody who asks, at either instance, and who follows, knows the same one."""
    one, other = office.desk.asked(f"{BOOK}?limit=500")
    assert one == other
    assert sorted(entry["instruction_id"] for entry in one["entries"]) == office.numbers
    for part in ("", "/timeline", "/details"):
        one, other = office.desk.asked(f"{BOOK}/{number}{part}")
        assert one == other
    entry = office.desk.asked(f"{BOOK}/{number}")[0]
    assert (entry["status"], entry["filled_quantity"], entry["left_quantity"]) == ("done", LOTS, 0)
    acts = Counter(step["act"] for step in office.desk.asked(f"{BOOK}/{number}/timeline")[0])
    assert {name: acts[name] for name in STEPS[:-1]} == dict.fromkeys(STEPS[:-1], 1)
    assert acts.keys() == {*STEPS[:-1], "send", "progress"}
    last = ("done", entry["version"])
    for watch in office.watches:
        wait_for(partial(has_seen, watch, number, last), patience_s=_PATIENCE_S)
        assert watch.backwards == []


def has_seen(watch: Watch, number: str, last: tuple[str, int]) -> bool:
    known = watch.known.get(number)
    return known is not None and (known["status"], known["version"]) == last


def the_ledger_is_what_the_fills_make(office: Office) -> None:
    # What a fill cost comes to its row a moment after the fill.
    wait_for(lambda: all(fill["commission"] is not None for fill in trades(office)[0]), patience_s=_PATIENCE_S)
    one, other = trades(office)
    assert one == other
    assert len({fill["trade_id"] for fill in one}) == len(one)
    filled: Counter[str] = Counter()
    for fill in one:
        filled[fill["instruction_id"]] += fill["volume"]
    assert filled == dict.fromkeys(office.numbers, LOTS)
    net = sum(fill["volume"] * (1 if fill["direction"] == "buy" else -1) for fill in one)
    for positions in office.desk.asked("/api/v1/positions"):
        held = {each["book"]: each["today"] for each in positions if each["today"]}
        assert held == ({"": net, f"{FUND}/": net} if net else {})
    fees = sum(Decimal(fill["commission"]) for fill in one)
    for accounts in office.desk.asked("/api/v1/accounts"):
        assert {each["book"]: Decimal(each["commission"]) for each in accounts} == {"": fees, f"{FUND}/": fees, "/": 0}


def trades(office: Office) -> list[list[dict[str, Any]]]:
    """Return every fill on record, as each instance tells them."""
    return [page["rows"] for page in office.desk.asked("/api/v1/records/trades?limit=1000")]


def everybody_was_told_once(office: Office, number: str) -> None:
    """On the page each thing once; by mail each thing under one id, which may come again from whoever died sending."""
    wait_for(lambda: letters(office.desk, number).keys() == TOLD, patience_s=_PATIENCE_S)
    assert {told: len(ids) for told, ids in letters(office.desk, number).items()} == dict.fromkeys(TOLD, 1)
    for name, kinds in KINDS.items():
        notices = office.people[name].ask("/api/v1/notices?limit=100")["notices"]
        told = Counter(each["kind"] for each in notices if each["subject"] == number)
        assert told == dict.fromkeys(kinds, 1), (name, told)


def letters(desk: ProductionDesk, number: str) -> dict[tuple[str, str], set[str]]:
    """Return the ids of letters about an instruction, by whom they are to and what they tell."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for each in tuple(desk.mail.box.letters):
        if number in each["Subject"]:
            told = each["Subject"].split("] ")[1].split(":")[0]
            found[each["To"].addresses[0].username, told].add(each["Message-ID"])
    return found
