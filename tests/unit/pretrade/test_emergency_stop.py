"""The emergency stop: at once, by every way, with everything else broken, and over restarts."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import pytest

from pretrade_harness import GateDesk, codes_of, open_desk
from tradewind.bus.desk_topics import ORDER_REQUESTS
from tradewind.bus.ordered import OrderedBus
from tradewind.domain.order import ApprovedOrder, Offset, Side
from tradewind.domain.trading_state import Scope, TradingMode
from tradewind.kernel.clock import FakeClock
from tradewind.pretrade.files import HaltFiles, HaltRequest, StopOrder
from tradewind.pretrade.service import PretradeService
from tradewind.stores.memory import MemoryJournal

PHRASE = "RESUME PLATFORM"


@pytest.fixture
def files(tmp_path: Path) -> HaltFiles:
    return HaltFiles(tmp_path / "var")


def stopped(files: HaltFiles | None = None, **settings: Any) -> GateDesk:
    desk = open_desk(files=files, **settings)
    desk.service.halt(actor="wang", reason="a drill")
    return desk


def restarted(desk: GateDesk, *, with_journal: bool = True) -> PretradeService:
    """Return the gate of the next life, after it has read the journal and resumed."""
    service = desk.new_service(desk.bus)
    if with_journal:
        for topic, event in list(desk.log):
            service.apply(topic, event)
    desk.service.detach()
    service.attach()
    service.resume()
    desk.service = service
    desk.account()
    desk.account("A2")
    desk.tick()
    return service


def test_the_next_order_after_the_call_is_refused() -> None:
    desk = open_desk()
    assert desk.codes() == set()
    answer = desk.service.halt(actor="wang", reason="a drill")
    assert answer.is_done
    assert desk.codes() == {"HALTED"}


def test_an_order_that_already_waits_behind_the_stop_is_refused() -> None:
    desk = open_desk()
    behind = desk.request()

    def stop_then_ask(_request: object) -> None:
        if not desk.states:
            desk.service.halt(actor="wang", reason="a drill")
            desk.publish("order_requests", behind)

    desk.bus.subscribe(ORDER_REQUESTS, stop_then_ask, group="a room")
    desk.ask()
    assert codes_of(desk.decisions[-1]) == {"HALTED"}


def test_the_others_are_told_so_that_working_orders_are_cancelled() -> None:
    desk = stopped()
    state = desk.states[0]
    assert (state.scope, state.mode, state.actor, state.reason) == (
        Scope.PLATFORM,
        TradingMode.HALTED,
        "wang",
        "a drill",
    )
    assert state.reason_code == "EMERGENCY_STOP"


def test_halted_refuses_closing_orders_too_and_reducing_lets_them_pass() -> None:
    desk = open_desk()
    desk.position(today=2)
    close = {"side": Side.SELL, "offset": Offset.CLOSE}
    desk.service.halt(actor="wang", reason="", mode=TradingMode.REDUCING)
    assert desk.codes() == {"REDUCING"}
    assert desk.codes(**close) == set()
    desk.service.halt(actor="wang", reason="")
    assert desk.codes(**close) == {"HALTED"}


@pytest.mark.parametrize(
    ("scope", "key"),
    [(Scope.ACCOUNT, "A1"), (Scope.PRODUCT, "P1"), (Scope.STRATEGY, "S1"), (Scope.INSTRUMENT, "IF2101.CFFEX")],
)
def test_a_scope_is_halted_by_itself(scope: Scope, key: str) -> None:
    desk = open_desk()
    desk.service.halt(actor="wang", reason="", scope=scope, key=key)
    assert desk.codes(product_code="P1", strategy="S1") == {"HALTED"}
    assert desk.codes(account_id="A2", instrument_id="IF2102.CFFEX") == set()


def test_a_second_stop_says_the_same_and_tells_nobody() -> None:
    desk = stopped()
    assert desk.service.halt(actor="li", reason="again").is_done
    assert len(desk.states) == 1


def test_a_reset_without_the_phrase_changes_nothing() -> None:
    desk = stopped()
    answer = desk.service.reset(actor="li", phrase="please")
    assert (answer.is_done, answer.code) == (False, "PHRASE_WRONG")
    assert desk.codes() == {"HALTED"}


def test_a_reset_is_on_record_with_who_did_it(files: HaltFiles) -> None:
    desk = stopped(files)
    assert desk.service.reset(actor="li", phrase=PHRASE, reason="drill over").is_done
    assert (desk.states[-1].mode, desk.states[-1].actor) == (TradingMode.ACTIVE, "li")
    assert desk.log[-1] == ("trading_states", desk.states[-1])
    assert desk.codes() == set()


def test_with_two_persons_the_first_leaves_everything_stopped(files: HaltFiles) -> None:
    desk = stopped(files, two_person_reset=True)
    files.press(StopOrder("wang", ""))
    assert desk.service.reset(actor="li", phrase=PHRASE).is_done
    assert files.is_stopped()
    assert desk.codes() == {"HALTED"}
    assert desk.service.reset(actor="zhao", phrase=PHRASE).is_done
    assert desk.codes() == set()


def test_a_stop_holds_over_a_restart_with_journal_and_disk(files: HaltFiles) -> None:
    desk = stopped(files)
    restarted(desk)
    assert desk.codes() == {"HALTED"}


def test_a_stop_holds_over_a_restart_with_the_journal_alone() -> None:
    desk = stopped()
    restarted(desk)
    assert desk.codes() == {"HALTED"}


def test_a_stop_holds_over_a_restart_with_the_disk_alone(files: HaltFiles) -> None:
    desk = stopped(files)
    restarted(desk, with_journal=False)
    assert desk.codes() == {"HALTED"}
    assert desk.states[-1].mode is TradingMode.HALTED


def test_a_reset_holds_over_a_restart_too(files: HaltFiles) -> None:
    desk = stopped(files)
    desk.service.reset(actor="li", phrase=PHRASE)
    restarted(desk)
    assert desk.codes() == set()


def test_a_damaged_latch_file_comes_back_halted(files: HaltFiles) -> None:
    desk = open_desk(files=files)
    files.keep([])
    files.latch_file.write_text("half a fi")
    restarted(desk)
    assert desk.codes() == {"HALTED"}


def test_the_stop_file_stops_the_very_next_order_with_nothing_else_running(files: HaltFiles) -> None:
    desk = open_desk(files=files)
    files.stop_file.parent.mkdir(parents=True, exist_ok=True)
    files.stop_file.touch()
    assert desk.codes() == {"HALTED"}
    assert desk.states[0].actor == "file"


def test_the_stop_file_is_seen_without_any_order(files: HaltFiles) -> None:
    desk = open_desk(files=files)
    files.press(StopOrder("wang", "smoke"))
    desk.service.look()
    assert (desk.states[0].actor, desk.states[0].reason) == ("wang", "smoke")


async def test_the_running_service_looks_at_the_files(files: HaltFiles) -> None:
    desk = open_desk(files=files, watch_ms=1)
    seen = asyncio.Event()
    desk.bus.tap(lambda topic, _event: seen.set() if topic.name == "trading_states" else None)
    running = asyncio.create_task(desk.service.run())
    files.press(StopOrder("wang", "smoke"))
    await asyncio.wait_for(seen.wait(), 5)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert desk.codes() == {"HALTED"}


def test_taking_the_stop_file_away_lifts_nothing(files: HaltFiles) -> None:
    desk = open_desk(files=files)
    files.press(StopOrder("wang", ""))
    desk.service.look()
    files.lift()
    desk.service.look()
    assert desk.codes() == {"HALTED"}
    restarted(desk, with_journal=False)
    assert desk.codes() == {"HALTED"}


def test_a_stop_file_made_before_the_start_stops_from_the_first_order_on(files: HaltFiles) -> None:
    files.press(StopOrder("wang", ""))
    desk = open_desk(files=files)
    restarted(desk)
    assert desk.codes() == {"HALTED"}


def test_a_reset_takes_the_stop_file_away(files: HaltFiles) -> None:
    desk = open_desk(files=files)
    files.press(StopOrder("wang", ""))
    desk.service.look()
    assert desk.service.reset(actor="li", phrase=PHRASE).is_done
    assert not files.is_stopped()
    desk.service.look()
    assert desk.codes() == set()


def test_a_stop_file_that_cannot_be_removed_keeps_the_halt(files: HaltFiles) -> None:
    desk = open_desk(files=files)
    files.stop_file.mkdir(parents=True)
    desk.service.look()
    answer = desk.service.reset(actor="li", phrase=PHRASE)
    assert answer.code == "STOP_FILE_STAYS"
    assert str(files.stop_file) in answer.reason
    assert desk.codes() == {"HALTED"}


def ask_reset(files: HaltFiles, *, asked_ns: int = 1 << 62, phrase: str = PHRASE) -> None:
    files.ask(HaltRequest("reset", Scope.PLATFORM, "", "li", "over", phrase, asked_ns))


def test_a_reset_asked_by_a_file_is_done_and_audited(files: HaltFiles) -> None:
    desk = stopped(files)
    ask_reset(files)
    desk.service.look()
    assert (desk.states[-1].mode, desk.states[-1].actor) == (TradingMode.ACTIVE, "li")
    assert desk.codes() == set()


def test_a_reset_asked_while_nothing_ran_is_done_at_the_start(files: HaltFiles) -> None:
    desk = stopped(files)
    ask_reset(files)
    restarted(desk)
    assert desk.codes() == set()


def test_a_reset_by_file_without_the_phrase_is_refused(files: HaltFiles) -> None:
    desk = stopped(files)
    ask_reset(files, phrase="please")
    desk.service.look()
    assert desk.codes() == {"HALTED"}
    assert files.waiting() == ()


def test_a_reset_asked_before_the_stop_file_was_made_does_not_lift_it(files: HaltFiles) -> None:
    desk = open_desk(files=files)
    ask_reset(files, asked_ns=1)
    files.press(StopOrder("wang", ""))
    desk.service.look()
    assert desk.codes() == {"HALTED"}


def test_a_scope_is_halted_by_a_file(files: HaltFiles) -> None:
    desk = open_desk(files=files)
    files.ask(HaltRequest("halt", Scope.ACCOUNT, "A1", "wang", "", "", 1))
    desk.service.look()
    assert desk.codes() == {"HALTED"}
    assert desk.codes(account_id="A2") == set()


def test_a_folder_that_cannot_be_written_is_told_and_the_halt_holds(tmp_path: Path) -> None:
    in_the_way = tmp_path / "var"
    in_the_way.write_text("no folder")
    desk = open_desk(files=HaltFiles(in_the_way))
    answer = desk.service.halt(actor="wang", reason="a drill")
    assert answer.is_done
    assert str(in_the_way) in answer.problem
    assert desk.codes() == {"HALTED"}


def test_a_journal_that_fails_does_not_keep_the_stop_from_working(files: HaltFiles) -> None:
    desk = open_desk(files=files)
    journal = MemoryJournal(FakeClock())
    journal.failure = "disk full"

    def record(topic: Any, event: object) -> None:
        journal.append(topic, event)

    desk.bus.tap(record)
    desk.service.halt(actor="wang", reason="a drill")
    assert "HALTED" in desk.codes()
    assert journal.durable_entries() == []
    # The journal never kept it; the disk did.
    restarted(desk, with_journal=False)
    assert desk.codes() == {"HALTED"}


def test_a_journal_that_fails_refuses_everything_new_and_recovers() -> None:
    desk = open_desk()
    desk.position(today=1)
    working = desk.approve()
    desk.journal.failure = "disk full"
    decision = desk.ask()
    assert codes_of(decision) == {"JOURNAL_UNAVAILABLE"}
    assert decision.refusals[0].actual == "disk full"  # type: ignore[union-attr]
    assert desk.codes(side=Side.SELL, offset=Offset.CLOSE, price=desk.request().price) >= {"JOURNAL_UNAVAILABLE"}
    desk.cancel(working)
    assert desk.service.queries.counts()[0].cancels == 1
    desk.journal.failure = None
    assert desk.codes() == set()


def test_an_order_not_judged_before_a_crash_is_refused_at_the_start() -> None:
    desk = open_desk()
    desk.approve()
    waiting = desk.request(client_order_id="waiting")
    service = desk.new_service(OrderedBus(on_failure=desk._raise))
    for topic, event in desk.log:
        service.apply(topic, event)
    service.apply("order_requests", waiting)
    service.resume()
    newest = service.queries.decisions()[0]
    assert not isinstance(newest, ApprovedOrder)
    assert (newest.order, codes_of(newest)) == (waiting, {"RESTARTED"})
    assert newest.decision_id == "D000000002"
    service.resume()
    assert len(service.queries.decisions()) == 1
