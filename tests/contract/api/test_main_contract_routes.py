"""C-001-7: the main contract over HTTP."""

from __future__ import annotations

from pathlib import Path

from api_builders import serving
from switching_builders import Switching
from tradewind.market.contracts import InstrumentTable
from tradewind.runtime.main_contract import MainContractDesk

from builders import make_tick

PATH = "/api/v1/main-contract"


def desk(world: Switching) -> MainContractDesk:
    quotes = [
        make_tick(instrument_id="au2604.SHFE", volume=10, open_interest=100.0),
        make_tick(instrument_id="au2606.SHFE", volume=20, open_interest=120.0),
        make_tick(instrument_id="IF2603.CFFEX", volume=99, open_interest=999.0),
    ]
    return MainContractDesk(world.switch, instruments=InstrumentTable(), quotes=lambda: quotes)


async def test_the_page_sees_the_main_contract_and_the_one_that_figures_speak_for(tmp_path: Path) -> None:
    async with serving(tmp_path, main_contract=desk(Switching(tmp_path / "config"))) as (world, client):
        told = (await client.get(PATH, headers=world.bearer)).json()

    assert (told["main_contract"], told["exchange"], told["is_subscribed"]) == ("au2604", "SHFE", True)
    assert (told["proposal"]["symbol"], told["proposal"]["reason"]) == ("au2606", "volume_too")


async def test_a_signed_in_page_switches(tmp_path: Path) -> None:
    switching = Switching(tmp_path / "config")
    async with serving(tmp_path, main_contract=desk(switching)) as (world, client):
        page = await world.browser(client)
        form = {"symbol": "au2606", "expected": "au2604"}
        answer = await client.post(PATH, json=form, headers=page)
        again = await client.post(PATH, json=form, headers=page)

    assert (answer.status_code, answer.json()["main_contract"]) == (200, "au2606")
    assert answer.json()["proposal"] is None
    assert (again.status_code, again.json()["error"]["code"]) == (409, "state_conflict")
    assert "au2606.SHFE" in switching.source.subscribed


async def test_nobody_switches_unnamed_or_without_the_pages_own_word(tmp_path: Path) -> None:
    switching = Switching(tmp_path / "config")
    async with serving(tmp_path, main_contract=desk(switching)) as (world, client):
        page = await world.browser(client)
        for headers, status in (({}, 401), ({**page, "x-csrf-token": ""}, 403)):
            answer = await client.post(PATH, json={"symbol": "au2606"}, headers=headers)
            assert answer.status_code == status

    assert switching.is_untouched()


async def test_a_wrong_symbol_says_what_is_allowed(tmp_path: Path) -> None:
    switching = Switching(tmp_path / "config")
    async with serving(tmp_path, main_contract=desk(switching)) as (world, client):
        unknown = await client.post(PATH, json={"symbol": "gold"}, headers=world.bearer)
        expired = await client.post(PATH, json={"symbol": "au2506"}, headers=world.bearer)
        for body in ({}, {"symbol": ""}, {"symbol": 7}, {"symbol": "au2606", "more": 1}, {"symbol": "x" * 41}):
            assert (await client.post(PATH, json=body, headers=world.bearer)).status_code == 422

    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_instrument")
    assert "au2612.SHFE" in unknown.json()["error"]["message"]
    assert (expired.status_code, expired.json()["error"]["code"]) == (422, "input")
    assert switching.is_untouched()


async def test_a_disk_that_refuses_is_503_and_nothing_was_done(tmp_path: Path) -> None:
    switching = Switching(tmp_path / "config", is_disk_full=True)
    async with serving(tmp_path, main_contract=desk(switching)) as (world, client):
        answer = await client.post(PATH, json={"symbol": "au2606"}, headers=world.bearer)

    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "transient")
    assert switching.is_untouched()


async def test_a_process_without_a_market_says_so(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        assert (await client.get(PATH, headers=world.bearer)).status_code == 409
