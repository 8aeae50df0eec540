"""C-001-7: switching the main contract: all of it, or nothing."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from switching_builders import MARCH_2026_NS, NotingLine, NotingSource, Switching, make_entry
from tradewind.errors import InputError, StateConflictError, TradewindError, TransientError, UnknownInstrumentError
from tradewind.kernel.clock import FakeClock
from tradewind.market.contract_file import ContractFile
from tradewind.market.contracts import InstrumentTable
from tradewind.market.switching import ContractSwitch


async def test_a_switch_keeps_file_subscription_and_keys_in_step(tmp_path: Path) -> None:
    world = Switching(tmp_path)

    state = await world.switch.switch("au2606", expected="au2604", by="administrator")

    assert (state.main_contract, state.contract_multiplier, state.is_subscribed) == ("au2606", 1000, True)
    assert json.loads(world.path.read_bytes()) == {
        "market_data": {
            "main_contract": "au2606",
            "contract_multiplier": 1000,
            "exchange": "SHFE",
            "last_update": "2026-03-10",
            "auto_subscribe": True,
        }
    }
    assert world.source.subscribed == {"au2606.SHFE", "IF2603.CFFEX"}
    assert world.keys.done == [("restore", "au2606.SHFE"), ("remove", "au2604.SHFE")]


async def test_another_product_brings_its_own_multiplier_and_exchange(tmp_path: Path) -> None:
    world = Switching(tmp_path)

    state = await world.switch.switch("SR605.CZCE", expected=None, by="administrator")

    assert (state.main_contract, state.contract_multiplier, state.exchange) == ("SR605", 10, "CZCE")


async def test_what_else_stands_in_the_file_stays(tmp_path: Path) -> None:
    world = Switching(tmp_path)
    whole = json.loads(world.written) | {"trading": {"risk": 1}}
    whole["market_data"]["note"] = "theirs"
    world.path.write_text(json.dumps(whole))

    await world.switch.switch("au2606", expected=None, by="administrator")

    after = json.loads(world.path.read_bytes())
    assert (after["trading"], after["market_data"]["note"]) == ({"risk": 1}, "theirs")


@pytest.mark.parametrize(
    ("symbol", "error", "allowed"),
    [
        ("gold", UnknownInstrumentError, r"product and month as the exchange writes them \(au2612"),
        ("AU2606", UnknownInstrumentError, "au2612"),
        ("au2606.SHFX", UnknownInstrumentError, "one of SHFE, INE"),
        ("au2613.SHFE", UnknownInstrumentError, "lower-case product and YYMM"),
        ("xx2606.SHFE", UnknownInstrumentError, "known: "),
        ("au2606C600", UnknownInstrumentError, "au2612"),
        ("", UnknownInstrumentError, "au2612"),
        ("au" + "9" * 500, UnknownInstrumentError, "au2612"),
        ("au2506", InputError, "has expired as of 2026-03-10; allowed is a contract still traded"),
        ("au2604", StateConflictError, "au2604 is the main contract already"),
    ],
)
async def test_a_wrong_symbol_is_refused_and_nothing_is_touched(
    tmp_path: Path, symbol: str, error: type[TradewindError], allowed: str
) -> None:
    world = Switching(tmp_path)

    with pytest.raises(error, match=allowed):
        await world.switch.switch(symbol, expected=None, by="administrator")

    assert world.is_untouched()


async def test_a_switch_made_meanwhile_is_a_conflict(tmp_path: Path) -> None:
    world = Switching(tmp_path)

    with pytest.raises(StateConflictError, match="is au2604 by now, not 'au2602'"):
        await world.switch.switch("au2606", expected="au2602", by="administrator")

    assert world.is_untouched()


async def test_of_two_at_once_the_second_sees_the_first(tmp_path: Path) -> None:
    world = Switching(tmp_path)

    outcomes = await asyncio.gather(
        world.switch.switch("au2606", expected="au2604", by="a"),
        world.switch.switch("au2608", expected="au2604", by="b"),
        return_exceptions=True,
    )

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["MainContract", "StateConflictError"]
    assert world.source.subscribed == {"au2606.SHFE", "IF2603.CFFEX"}


async def test_a_contract_that_the_source_does_not_have_changes_nothing(tmp_path: Path) -> None:
    world = Switching(tmp_path, refuses="au2606.SHFE")

    with pytest.raises(InputError, match="the feed does not carry au2606"):
        await world.switch.switch("au2606", expected=None, by="administrator")

    assert world.is_untouched()


async def test_a_full_disk_takes_the_subscription_back(tmp_path: Path) -> None:
    world = Switching(tmp_path, is_disk_full=True)

    with pytest.raises(TransientError, match="No space left"):
        await world.switch.switch("au2606", expected=None, by="administrator")

    assert world.is_untouched()


async def test_but_not_one_that_was_there_before(tmp_path: Path) -> None:
    world = Switching(tmp_path, is_disk_full=True)
    world.source.subscribed.add("au2606.SHFE")

    with pytest.raises(TransientError):
        await world.switch.switch("au2606", expected=None, by="administrator")

    assert "au2606.SHFE" in world.source.subscribed


async def test_a_damaged_file_is_left_alone(tmp_path: Path) -> None:
    world = Switching(tmp_path)
    world.path.write_text("{not json")

    with pytest.raises(TradewindError, match="holds no JSON object"):
        await world.switch.switch("au2606", expected=None, by="administrator")

    assert world.path.read_text() == "{not json"
    assert world.source.subscribed == {"au2604.SHFE", "IF2603.CFFEX"}


async def test_without_auto_subscribe_only_the_file_and_the_keys_follow(tmp_path: Path) -> None:
    world = Switching(tmp_path)
    ContractFile(world.path).write(make_entry(auto_subscribe=False))

    state = await world.switch.switch("au2606", expected=None, by="administrator")

    assert (state.auto_subscribe, state.is_subscribed) == (False, False)
    assert world.source.subscribed == {"au2604.SHFE", "IF2603.CFFEX"}


async def test_at_the_start_the_files_contract_is_subscribed(tmp_path: Path) -> None:
    world = Switching(tmp_path)
    ContractFile(world.path).write(make_entry("au2606"))

    await world.switch.begin()

    assert "au2606.SHFE" in world.source.subscribed


@pytest.mark.parametrize("symbol", ["au9999", "au2606"])
async def test_a_file_whose_contract_cannot_be_had_does_not_stop_the_start(tmp_path: Path, symbol: str) -> None:
    world = Switching(tmp_path, refuses="au2606.SHFE")
    ContractFile(world.path).write(make_entry(symbol))

    await world.switch.begin()

    assert world.source.subscribed == {"au2604.SHFE", "IF2603.CFFEX"}


async def test_the_first_main_contract_makes_the_file(tmp_path: Path) -> None:
    source = NotingSource()
    path = tmp_path / "config" / "market_data.json"
    switch = ContractSwitch(
        file=ContractFile(path),
        instruments=InstrumentTable(),
        source=source,
        line=NotingLine(),
        clock=FakeClock(MARCH_2026_NS),
        wall=FakeClock(MARCH_2026_NS),
    )
    assert (await switch.status()).main_contract is None

    await switch.switch("au2606", expected="", by="administrator")

    assert (await switch.status()).main_contract == "au2606"
    assert source.subscribed == {"au2606.SHFE"}


async def test_the_contract_let_go_ends_on_the_line_after_its_key_is_gone(tmp_path: Path) -> None:
    world = Switching(tmp_path)

    await world.switch.switch("au2606", expected="au2604", by="administrator")

    assert world.line.ended == ["au2604.SHFE"]
    assert world.keys.done[-1] == ("remove", "au2604.SHFE")


async def test_a_switch_that_fails_ends_nothing(tmp_path: Path) -> None:
    world = Switching(tmp_path, is_disk_full=True)

    with pytest.raises(TransientError):
        await world.switch.switch("au2606", expected="au2604", by="administrator")

    assert (world.line.ended, world.keys.done) == ([], [])


async def test_at_the_start_what_an_earlier_life_left_is_let_go_and_what_flows_stays(tmp_path: Path) -> None:
    """A crash after the file was written: the key of the old contract is there, and rooms still wait for its ticks."""
    world = Switching(tmp_path)
    ContractFile(world.path).write(make_entry("au2606"))
    world.source.subscribed = {"IF2603.CFFEX"}
    world.keys.left = ["IF2603.CFFEX", "au2506.SHFE", "au2604.SHFE"]

    await world.switch.begin()

    assert world.source.subscribed == {"au2606.SHFE", "IF2603.CFFEX"}
    assert world.keys.done == [("remove", "au2506.SHFE"), ("remove", "au2604.SHFE")]
    assert world.line.ended == ["au2506.SHFE", "au2604.SHFE"]


async def test_without_a_file_leftovers_are_let_go_all_the_same(tmp_path: Path) -> None:
    world = Switching(tmp_path)
    world.path.unlink()
    world.source.subscribed = {"IF2603.CFFEX"}

    await world.switch.begin()

    assert world.line.ended == ["au2604.SHFE"]
