"""The client over REST against a real server that speaks as the provider's documents say (C-002-3)."""

from __future__ import annotations

import asyncio
import logging

import msgspec
import pytest

from infoway_builders import Naps, client_of, infoway_settings, stand_in
from tradewind.errors import ConfigError, InputError, KeyRefusedError, TransientError
from tradewind.infoway.budget import LocalBudget
from tradewind.infoway.rest import InfowayRest
from tradewind.testing.infoway_market import GOOD_KEY, Account
from tradewind.testing.infoway_server import FAULTS, Fault

CODES = ("TSLA.US", "AAPL.US", "USDCNY")


async def test_codes_of_several_markets_come_back_together_each_asked_at_its_own_door() -> None:
    async with stand_in() as server, client_of(server) as client:
        server.market.quote("TSLA.US", 251.5, size=3, at_ms=1_750_177_346_523)
        found = await client.trades([*CODES, "700.HK", "7203.JP", "BTCUSDT", "?"])
    assert {trade.s for trade in found.rows} == {"TSLA.US", "AAPL.US", "USDCNY", "00700.HK", "7203.JP", "BTCUSDT"}
    tesla = next(trade for trade in found.rows if trade.s == "TSLA.US")
    assert (tesla.t, tesla.p, tesla.v, tesla.vw) == (1_750_177_346_523, "251.5", "3.0", "754.5000")
    assert list(found.refused) == ["?"]
    assert "/stock/batch_trade/TSLA.US,AAPL.US,00700.HK" in server.requests
    assert "/common/batch_trade/USDCNY" in server.requests
    assert found.requests == 4


async def test_the_key_goes_in_the_header_and_nowhere_else() -> None:
    async with stand_in() as server, client_of(server) as client:
        await client.trades(CODES)
        assert set(server.keys) == {GOOD_KEY}
        assert not any(GOOD_KEY in asked for asked in server.requests)


async def test_many_codes_are_asked_for_a_hundred_at_a_time_and_joined() -> None:
    codes = [f"A{number}.US" for number in range(250)]
    async with stand_in() as server, client_of(server) as client:
        for code in codes:
            server.market.quote(code, 10.0)
        found = await client.trades(codes)
        assert [len(asked.split(",")) for asked in server.requests] == [100, 100, 50]
    assert [trade.s for trade in found.rows] == codes
    assert not found.refused


async def test_an_unknown_symbol_is_told_and_the_others_come() -> None:
    async with stand_in() as server, client_of(server) as client:
        found = await client.trades(["TSLA.US", "NOSUCH.US"])
        alone = await client.trades(["NOSUCH.US"])
    assert [trade.s for trade in found.rows] == ["TSLA.US"]
    assert found.refused == {"NOSUCH.US": "the provider's answer holds nothing for it"}
    assert "does not know the symbol" in alone.refused["NOSUCH.US"]
    assert client.counts.retries == 0


async def test_a_market_outside_the_plan_refuses_its_codes_and_no_others() -> None:
    async with stand_in() as server, client_of(server) as client:
        server.market.accounts[GOOD_KEY].markets = ("stock",)
        found = await client.trades(CODES)
    assert {trade.s for trade in found.rows} == {"TSLA.US", "AAPL.US"}
    assert "the plan does not hold this market" in found.refused["USDCNY"]


PASSING: tuple[Fault, ...] = (
    "http_500", "http_524", "problem_json", "detail", "ret_500", "truncated", "gbk", "html", "hang_up", "empty",
    "retry_after",
)  # fmt: skip


@pytest.mark.parametrize("fault", PASSING)
async def test_what_passes_by_itself_is_asked_again_later_and_then_comes(fault: Fault) -> None:
    async with stand_in() as server, client_of(server, retry_scale=1.0) as client:
        server.faults.extend([fault, fault])
        found = await client.trades(["TSLA.US"])
        naps = client._sleep
    assert [trade.s for trade in found.rows] == ["TSLA.US"]
    assert client.counts.retries == 2
    assert isinstance(naps, Naps)
    first, second = naps.slept
    if fault == "retry_after":
        assert (first, second) == (7.0, 7.0)
    else:
        assert 0.5 <= first <= 1.5
        assert 1.0 <= second <= 3.0


@pytest.mark.parametrize("fault", PASSING)
async def test_what_does_not_pass_is_given_up_after_so_many_tries(fault: Fault) -> None:
    async with stand_in() as server, client_of(server, tries=3) as client:
        server.faults.extend([fault] * 9)
        with pytest.raises(TransientError, match="in 3 tries"):
            await client.trades(["TSLA.US"])
        assert len(server.requests) == 3


async def test_no_answer_in_time_is_no_answer() -> None:
    async with stand_in() as server, client_of(server, timeout_s=0.1, tries=2) as client:
        server.faults.extend(["hang", "hang"])
        with pytest.raises(TransientError, match="TimeoutError"):
            await client.trades(["TSLA.US"])


async def test_nobody_there_is_a_passing_trouble() -> None:
    async with stand_in() as server:
        settings = infoway_settings(server, tries=2)
    client = InfowayRest(settings, LocalBudget(), sleep=Naps(), seed=1)
    with pytest.raises(TransientError, match="in 2 tries"):
        await client.trades(["TSLA.US"])
    await client.close()


async def test_an_answer_without_end_is_refused_before_it_fills_the_memory() -> None:
    async with stand_in() as server, client_of(server, max_answer_bytes=100_000) as client:
        server.faults.append("huge")
        found = await client.trades(["TSLA.US"])
    assert found.refused == {"TSLA.US": "an answer of more than 100000 bytes"}


async def test_a_redirect_is_not_followed_with_our_key() -> None:
    async with stand_in() as server, client_of(server) as client:
        server.faults.append("redirect")
        found = await client.trades(["TSLA.US"])
        assert len(server.requests) == 1
    assert "answered 302" in found.refused["TSLA.US"]


async def test_rows_that_are_no_trades_are_counted_and_their_codes_told() -> None:
    async with stand_in() as server, client_of(server) as client:
        server.faults.append("nonsense_rows")
        found = await client.trades(["TSLA.US"])
    assert (found.rows, found.unreadable) == ((), 4)
    assert list(found.refused) == ["TSLA.US"]


@pytest.mark.parametrize("trouble", ["unknown", "expired", "wrapped"])
async def test_a_refused_key_is_never_tried_again(trouble: str) -> None:
    async with stand_in() as server, client_of(server) as client:
        match trouble:
            case "unknown":
                server.market.accounts.clear()
            case "expired":
                server.market.accounts[GOOD_KEY].is_expired = True
            case _:
                server.faults.append("ret_500_wrapped")
        with pytest.raises(KeyRefusedError, match=r"refuses infoway\.api_key"):
            await client.trades(["TSLA.US"])
        asked = len(server.requests)
        server.market.accounts[GOOD_KEY] = Account()
        with pytest.raises(KeyRefusedError, match="nothing more is asked"):
            await client.trades(["TSLA.US"])
        assert len(server.requests) == asked == 1


async def test_the_key_stands_in_no_error_no_log_and_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    told: list[str] = []
    for fault in FAULTS:
        async with stand_in() as server, client_of(server, tries=1, timeout_s=0.2, max_answer_bytes=100_000) as client:
            server.faults.append(fault)
            try:
                told.append(str(msgspec.to_builtins(await client.trades(["TSLA.US"]))))
            except (TransientError, KeyRefusedError) as error:
                told.append(f"{error!r} {error.__cause__!r}")
            told.append(repr(client._settings))
    assert len(told) == 2 * len(FAULTS)
    assert not any(GOOD_KEY in text for text in (*told, caplog.text))
    assert any("bad request of ***" in text for text in told)


async def test_jobs_of_one_process_share_the_keys_budget() -> None:
    async with stand_in() as server:
        settings, budget = infoway_settings(server, per_day=4, patience_s=0.0), LocalBudget()
        clients = [InfowayRest(settings, budget, sleep=Naps(), seed=seed) for seed in range(3)]
        asked = [client.trades(["TSLA.US"]) for client in clients for _ in range(2)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        for client in clients:
            await client.close()
        assert len(server.requests) == 4
        assert sum(isinstance(one, TransientError) for one in found) == 2


async def test_a_request_whose_turn_would_come_too_late_is_given_up() -> None:
    async with stand_in() as server, client_of(server, per_day=1, patience_s=5.0) as client:
        await client.trades(["TSLA.US"])
        with pytest.raises(TransientError, match="budget is used up"):
            await client.trades(["TSLA.US"])
        assert len(server.requests) == 1


async def test_when_the_provider_says_that_the_day_is_used_up_nothing_more_is_asked_today() -> None:
    async with stand_in() as server, client_of(server) as client:
        server.market.accounts[GOOD_KEY].per_day = 1
        await client.trades(["TSLA.US"])
        for _ in range(2):
            with pytest.raises(TransientError):
                await client.trades(["TSLA.US"])
        assert len(server.requests) == 2


async def test_depth_and_bars_come_by_the_same_way() -> None:
    async with stand_in() as server, client_of(server) as client:
        depth = await client.depths(["TSLA.US", "USDCNY"])
        bars = await client.bars(["TSLA.US", "USDCNY"], 8, 2)
        many = await client.bars(["TSLA.US"], 1, 500)
        with pytest.raises(InputError, match="1 to 2 each, was 3"):
            await client.bars(["TSLA.US", "AAPL.US"], 1, 3)
    tesla = next(row for row in depth.rows if row.s == "TSLA.US")
    assert tesla.bids[0][0] < 250.0 < tesla.asks[0][0]
    assert {found[0].s for found in bars.rows} == {"TSLA.US", "USDCNY"}
    assert len(many.rows[0]) == 500


def test_without_a_key_there_is_no_client() -> None:
    for key in ("", "  ", "with\nline", "ключ"):
        with pytest.raises(ConfigError, match="INFOWAY_API_KEY"):
            InfowayRest(infoway_settings(api_key=key), LocalBudget())
