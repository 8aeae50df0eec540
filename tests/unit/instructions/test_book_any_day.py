"""Whatever people do with the instruction book, however often the process dies: an instruction is its orders and fills.

Nothing is done twice, and nobody approves their own.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from book_builders import People, Person, draft, elsewhere, wish
from desk_stage import AU, RB, Stage, known
from tradewind.domain import book_messages as book
from tradewind.domain.book import Act, AdjustmentStatus
from tradewind.domain.instruction import AT_WORK, Algorithm, Execution, Handling, Instruction, InstructionStatus
from tradewind.domain.order import Fill, OrderRequest
from tradewind.errors import InputError, NotAllowedError, StateConflictError
from tradewind.kernel.rng import Rng, named_rng

S = InstructionStatus
REFUSALS = (InputError, NotAllowedError, StateConflictError)
WORKED = (S.ACCEPTED, S.WORKING, S.PARTLY_DONE)
SENSE = {
    book.SubmitInstruction: (S.DRAFT,),
    book.AcceptInstruction: (S.APPROVED,),
    book.DeclineInstruction: (S.ACCEPTED,),
    book.CloseInstruction: (S.DONE, S.PARTLY_DONE),
    book.WithdrawInstruction: (S.DRAFT, S.SUBMITTED, S.APPROVED, *WORKED),
    book.ReassignInstruction: (S.APPROVED, *WORKED),
}
HANDS = (book.RecordFill, book.WaiveAdjustment, book.StopSend, book.ResumeSend, book.RecordFill, book.ResumeSend)
WISHES = st.lists(
    st.builds(
        wish,
        st.sampled_from((AU, RB)),
        delta=st.integers(-6, 6).filter(bool),
        limit_price=st.none(),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda each: each.instrument_id,
)
EXECUTIONS_TRIED = (
    Execution(),
    Execution(limit_price=Decimal("599.00")),
    Execution(limit_price=Decimal(2990), patience_s=2),
    Execution(algorithm=Algorithm.ICEBERG, display_quantity=1),
    Execution(algorithm=Algorithm.TWAP, duration_s=3, slices=3),
    Execution(algorithm=Algorithm.SNIPER),
)
EXECUTIONS = st.sampled_from(EXECUTIONS_TRIED)
HANDLINGS = st.sampled_from((None, None, None, None, Handling(), Handling(starts="approval", max_order_quantity=1)))


class AnyDay(RuleBasedStateMachine):
    """Five people, two contracts, one process that dies now and then."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.loop = asyncio.new_event_loop()
        self.stage = Stage(Path(self.folder.name))
        self.last: tuple[Person, Any, dict[str, Any]] | None = None
        self.count = 0
        self.prices = {AU: 600.0, RB: 3000.0}

    def teardown(self) -> None:
        self.loop.close()
        self.folder.cleanup()

    @initialize()
    def begin(self) -> None:
        for name, price in self.prices.items():
            self.stage.tick(price, instrument_id=name)

    def people(self) -> list[Person]:
        """Return everybody: the manager may approve, and would like to approve their own."""
        found = People(self.stage)
        return [found.manager, found.approver, found.trader, found.other_trader]

    def told(self) -> list[Instruction]:
        parents = self.stage.rooms.instructions._worker.parents.values()
        return [parent.instruction for parent in parents]

    def do(self, who: int, kind: Any, **fields: Any) -> None:
        """Let somebody try something; a refusal in words is an answer too."""
        self.count += 1
        person = self.people()[who % 4]
        fields.setdefault("request_id", f"q{self.count}")
        self.last = (person, kind, fields)
        with contextlib.suppress(*REFUSALS):
            self.loop.run_until_complete(person.do(kind, **fields))

    def one(self, which: int, *states: InstructionStatus) -> str:
        """Name an instruction, mostly one in a state where the act makes sense."""
        found = self.told()
        if which:
            found = [told for told in found if told.status in states] or found
        return found[which % len(found)].instruction_id if found else "B000001"

    def seen(self, name: str, *, is_stale: bool) -> int:
        version = next((told.version for told in self.told() if told.instruction_id == name), 1)
        return max(version - 1, 1) if is_stale else version

    @rule(wishes=WISHES, handling=HANDLINGS, is_submitted=st.booleans())
    def write(self, wishes: list[book.Wish], handling: Handling | None, *, is_submitted: bool) -> None:
        self.do(
            0,
            book.DraftInstruction,
            account_id="paper",
            draft=draft(*wishes, handling=handling),
            is_submitted=is_submitted,
        )

    @rule(wishes=WISHES, handling=HANDLINGS)
    def take(self, wishes: list[book.Wish], handling: Handling | None) -> None:
        """Have an instruction go its usual way up to the trader."""
        before = len(self.told())
        self.write(wishes, handling, is_submitted=True)
        if len(self.told()) > before:
            self.approve(-1, 1, is_stale=False)
            self.act(-1, 2, book.AcceptInstruction)

    @rule(which=st.integers(0, 5), who=st.integers(0, 3), wishes=WISHES, is_stale=st.booleans())
    def amend(self, which: int, who: int, wishes: list[book.Wish], *, is_stale: bool) -> None:
        name = self.one(which, S.DRAFT, S.SUBMITTED, *WORKED)
        version = self.seen(name, is_stale=is_stale)
        self.do(who, book.AmendInstruction, instruction_id=name, expected_version=version, draft=draft(*wishes))

    @rule(which=st.integers(0, 5), who=st.sampled_from((0, 1, 1, 2)), is_stale=st.booleans())
    def approve(self, which: int, who: int, *, is_stale: bool) -> None:
        name = self.one(which, S.SUBMITTED)
        self.do(
            who,
            book.ApproveInstruction,
            instruction_id=name,
            expected_version=self.seen(name, is_stale=is_stale),
        )

    def act(self, which: int, who: int, kind: Any, **fields: Any) -> None:
        self.do(who, kind, instruction_id=self.one(which, *SENSE.get(kind, WORKED)), **fields)

    @rule(which=st.integers(0, 5), who=st.integers(0, 3), kind=st.sampled_from(list(SENSE)))
    def turn(self, which: int, who: int, kind: Any) -> None:
        self.act(which, who, kind, **({"trader": "li"} if kind is book.ReassignInstruction else {}))

    @rule(which=st.integers(0, 5), adjustment=st.integers(0, 1), quantity=st.integers(1, 4), how=EXECUTIONS)
    def send(self, which: int, adjustment: int, quantity: int, how: Execution) -> None:
        self.act(which, 2, book.SendAdjustment, adjustment=adjustment, quantity=quantity, execution=how)

    @rule(which=st.integers(0, 5), number=st.integers(0, 2), kind=st.sampled_from(HANDS), is_booked=st.booleans())
    def handle(self, which: int, number: int, kind: Any, *, is_booked: bool) -> None:
        if kind is book.RecordFill:
            price = "3000" if number == 1 else "600.50"
            fill = elsewhere(f"T{number}", 1, price, adjustment=number % 2, is_booked=is_booked)
            self.act(which, 2, kind, **fill)
        elif kind is book.WaiveAdjustment:
            self.act(which, 2, kind, adjustment=number % 2)
        else:
            self.act(which, 2, kind, send=number)

    @rule(instrument_id=st.sampled_from((AU, RB)), ticks=st.integers(-2, 2), after_s=st.sampled_from((0.5, 1.0, 3.0)))
    def market(self, instrument_id: str, ticks: int, after_s: float) -> None:
        step = self.stage.facts.instruments.require(instrument_id).price_tick
        # Around one price: a day's loss that reaches its limit halts the account, which is another story.
        self.stage.tick(
            round(self.prices[instrument_id] + ticks * step, 2), instrument_id=instrument_id, after_s=after_s
        )

    @rule()
    def click_twice(self) -> None:
        if self.last is not None:
            person, kind, fields = self.last
            again = Person(self.stage, person.name, "viewer")
            again.reaches = person.reaches
            before = len(self.stage.memory.durable_entries())
            with contextlib.suppress(*REFUSALS):
                self.loop.run_until_complete(again.do(kind, **fields))
                kinds = [entry.kind for entry in self.stage.memory.durable_entries()[before:]]
                assert "order_requests" not in kinds or kind is None, "the same click sends nothing more"

    @rule()
    def die(self) -> None:
        before = known(self.stage)
        self.stage.again()
        after = known(self.stage)
        assert after["instructions"] == before["instructions"]
        for name, price in self.prices.items():
            self.stage.tick(price, instrument_id=name)

    @invariant()
    def no_room_failed(self) -> None:
        assert self.stage.failures == []

    @invariant()
    def progress_is_what_orders_and_fills_say(self) -> None:
        fills = self.events("fills", Fill)
        by_instruction: Counter[str] = Counter()
        for fill in fills:
            if fill.client_order_id:
                by_instruction[fill.instruction_id] += fill.quantity
        queries = self.stage.rooms.instructions.book_queries
        for told in self.told():
            by_hand = sum(fill.quantity for line in told.adjustments for fill in line.manual_fills)
            filled = sum(line.filled_quantity for line in told.adjustments)
            details = queries.details(told.instruction_id)
            assert filled == sum(detail.filled_quantity for detail in details)
            assert filled == by_instruction[told.instruction_id] + by_hand
            for line in told.adjustments:
                sent = line.filled_quantity + line.working_quantity
                assert sent <= line.quantity, "never more than was wanted"
                assert line.left_quantity == (0 if line.is_waived else line.quantity - sent)
            if told.status in AT_WORK:
                assert not all(line.is_complete for line in told.adjustments)
                assert (told.status is S.PARTLY_DONE) == (filled > 0)
            if told.status is S.DONE:
                done = {AdjustmentStatus.DONE, AdjustmentStatus.WAIVED}
                assert {line.status for line in told.adjustments} <= done

    @invariant()
    def each_version_follows_the_one_before_and_nobody_approves_their_own(self) -> None:
        versions: Counter[str] = Counter()
        clicks: Counter[tuple[str, str, str, str]] = Counter()
        makers: dict[str, tuple[str, ...]] = {}
        for told in self.events("instructions", Instruction):
            versions[told.instruction_id] += 1
            assert told.version == versions[told.instruction_id]
            step = told.step
            if step is not None and step.actor:
                clicks[told.instruction_id, step.act, step.actor, step.request_id] += 1
            if step is not None and step.act is Act.APPROVE:
                assert step.actor not in makers[told.instruction_id]
            makers[told.instruction_id] = told.makers
        assert set(clicks.values()) <= {1}

    @invariant()
    def nothing_is_sent_or_booked_twice(self) -> None:
        asked = Counter(request.client_order_id for request in self.events("order_requests", OrderRequest))
        assert set(asked.values()) <= {1}
        fills = Counter(fill.key for fill in self.events("fills", Fill))
        assert set(fills.values()) <= {1}
        net: Counter[str] = Counter()
        for fill in self.events("fills", Fill):
            net[fill.instrument_id] += fill.quantity * (1 if fill.side == "buy" else -1)
        held: Counter[str] = Counter()
        for position in self.stage.rooms.portfolio.queries.positions("paper"):
            held[position.instrument_id] += position.quantity * position.direction.sign
        assert {name: lots for name, lots in held.items() if lots} == {name: lots for name, lots in net.items() if lots}

    def events(self, topic: str, _kind: Any) -> list[Any]:
        decode = self.stage.decoder(topic).decode
        return [decode(entry.payload) for entry in self.stage.memory.durable_entries() if entry.kind == topic]


AnyDay.TestCase.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestAnyDay = AnyDay.TestCase


def play(day: AnyDay, rng: Rng) -> None:
    """Let something happen, mostly the work of a busy trader."""
    which, lots = rng.randrange(6), rng.randint(1, 4)
    match rng.choices(("take", "market", "send", "handle", "turn", "amend", "twice", "die"), (2, 6, 6, 5, 1, 2, 1, 1))[
        0
    ]:
        case "take":
            changes = {name: rng.choice((-6, -3, 2, 5)) for name in rng.sample((AU, RB), 2)}
            day.take([wish(name, delta=change) for name, change in changes.items()], None)
        case "market":
            day.market(rng.choice((AU, RB)), rng.randint(-2, 2), rng.choice((0.5, 1.0, 3.0)))
        case "send":
            day.send(which, rng.randrange(2), lots, rng.choice(EXECUTIONS_TRIED))
        case "handle":
            day.handle(which, rng.randrange(3), rng.choice(HANDS), is_booked=rng.random() < 0.5)
        case "turn":
            day.turn(which, rng.randrange(4), rng.choice(list(SENSE)))
        case "amend":
            day.amend(which, 0, [wish(rng.choice((AU, RB)), delta=rng.choice((-4, -2, 1, 3)))], is_stale=False)
        case "twice":
            day.click_twice()
        case _:
            day.die()


@pytest.mark.parametrize("seed", range(6))
def test_a_long_day_ends_as_its_orders_and_fills_say(seed: int) -> None:
    day, rng = AnyDay(), named_rng(seed, "instruction book")
    day.begin()
    for _ in range(20):
        for _ in range(12):
            play(day, rng)
        day.no_room_failed()
        day.progress_is_what_orders_and_fills_say()
        day.each_version_follows_the_one_before_and_nobody_approves_their_own()
        day.nothing_is_sent_or_booked_twice()
    acts = {told.step.act for told in day.events("instructions", Instruction) if told.step is not None}
    assert {Act.SEND, Act.PROGRESS} <= acts
    day.teardown()
