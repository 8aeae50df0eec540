"""What shares are called: asked for once for each code, in Chinese where the provider has it, and shown to people."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from infoway_builders import Naps, client_of, stand_in
from tradewind.errors import KeyRefusedError, TransientError
from tradewind.infoway.names import keep_names, name_of
from tradewind.infoway.rest import Fetched
from tradewind.market.contracts import InstrumentTable
from tradewind.runtime.share_names import ShareNames
from tradewind.testing.infoway_market import GOOD_KEY

from waiting import eventually


async def test_names_come_in_chinese_where_there_is_one_and_from_the_list_of_each_market() -> None:
    async with stand_in() as server, client_of(server) as client:
        found = await client.names(["TSLA.US", "AAPL.US", "00700.HK", "600519.SH", "000001.SZ", "USDCNY", "NONE.US"])
        asked = [path for path in server.requests if "symbols" in path]

    assert {row.code: row.name for row in found.rows} == {
        "TSLA.US": "特斯拉", "AAPL.US": "Apple Inc.", "00700.HK": "騰訊控股", "600519.SH": "贵州茅台",
    }  # fmt: skip
    assert found.unreadable == 1
    assert asked == [
        "/common/basic/symbols?type=STOCK_US&symbols=TSLA.US,AAPL.US,NONE.US",
        "/common/basic/symbols?type=STOCK_HK&symbols=00700.HK",
        "/common/basic/symbols?type=STOCK_CN&symbols=600519.SH,000001.SZ",
    ]


async def test_an_expired_key_is_told_and_never_used_again() -> None:
    async with stand_in() as server, client_of(server) as client:
        server.market.accounts[GOOD_KEY].is_expired = True
        with pytest.raises(KeyRefusedError):
            await client.names(["TSLA.US"])
        with pytest.raises(KeyRefusedError):
            await client.names(["TSLA.US"])
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "row",
    [
        None,
        7,
        {},
        {"symbol": 1},
        {"symbol": "../etc", "name_cn": "x"},
        {"symbol": "A.US"},
        {"symbol": "A.US", "name_en": "a\x1bb"},
    ],
)
def test_what_is_no_name_is_passed_over(row: Any) -> None:
    assert name_of(row) is None


def test_a_name_is_cut_to_what_a_page_has_room_for() -> None:
    named = name_of({"symbol": "A.US", "name_cn": " ", "name_en": f" {'n' * 90} "})
    assert named is not None
    assert named.name == "n" * 40


class Asked:
    """A provider that fails as it is told, and remembers what it was asked for."""

    def __init__(self, *troubles: Exception | None) -> None:
        self.troubles = list(troubles)
        self.codes: list[list[str]] = []

    async def names(self, codes: Any) -> Fetched[Any]:
        self.codes.append(list(codes))
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble
        rows = (name_of({"symbol": code, "name_cn": f"名{code}"}) for code in codes)
        return Fetched(tuple(row for row in rows if row is not None), {})


async def test_each_code_is_asked_for_once_and_again_only_after_trouble_that_passes() -> None:
    learnt: dict[str, str] = {}
    codes, naps = ["TSLA.US", "USDCNY"], Naps()
    source = Asked(TransientError("later"))

    async def nap(seconds: float) -> None:
        await naps(seconds)
        await asyncio.sleep(0)

    keeping = asyncio.create_task(keep_names(source, lambda: codes, learnt.update, sleep=nap))
    await eventually(lambda: "TSLA.US" in learnt)
    codes.append("00700.HK")
    await eventually(lambda: "00700.HK" in learnt)
    keeping.cancel()

    assert source.codes == [["TSLA.US"], ["TSLA.US"], ["00700.HK"]]
    assert naps.slept[0] == 600.0


async def test_a_refused_key_ends_the_asking() -> None:
    source = Asked(KeyRefusedError("no"))
    await keep_names(source, lambda: ["TSLA.US"], dict)
    assert source.codes == [["TSLA.US"]]


def test_names_are_shown_of_shares_alone_by_every_process_that_has_the_folder(tmp_path: Path) -> None:
    table, file = InstrumentTable(), tmp_path / "share-names.json"
    shown = [table.require(name) for name in ("TSLA.US", "00700.HK", "au2604.SHFE")]
    reader = ShareNames(file)
    before = [each.name for each in reader.named(shown)]
    ShareNames(file).learn({"TSLA.US": "特斯拉", "au2604.SHFE": "no"})
    assert before[0] == "TSLA"
    assert [each.name for each in reader.named(shown)] == ["特斯拉", *before[1:]]

    file.write_text("{", encoding="utf-8")
    assert [each.name for each in reader.named(shown)] == ["特斯拉", *before[1:]]
