"""The history over REST: pages that go on behind each other, of ticks as they came, and clear refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api_builders import serving
from tradewind.domain.tick import RawTick
from tradewind.runtime.history.queries import ArchiveQueries
from tradewind.stores.ticks.bar import ArchivedBar
from tradewind.stores.ticks.bar_columns import write_bars
from tradewind.stores.ticks.places import ArchivePlaces
from tradewind.stores.ticks.writing import Origin, RecordingArchiver, archive_lock

from builders import MORNING_NS, make_raw_tick

TICKS = [make_raw_tick(ts_recv=MORNING_NS + n, volume=n, depth=((1.0, 2, None, 0),)) for n in range(5)]


def archive(folder: Path) -> ArchivePlaces:
    places = ArchivePlaces(folder)
    with archive_lock(places):
        archiver = RecordingArchiver(places, trading_day=20210104, recording="zeromq")
        archiver.add(TICKS)
        archiver.commit(Origin(source="zeromq", name="day.twr", bytes=1))
    bars = [
        ArchivedBar("IF2101.CFFEX", 20210104, MORNING_NS + n, MORNING_NS + n + 1, 1.0, 2.0, 0.5, 1.5, n, 1.0, 9.0, 3)
        for n in range(3)
    ]
    write_bars(places, "1m", 20210104, "zeromq", {"IF2101.CFFEX": bars})
    return places


async def test_pages_of_ticks_go_on_behind_each_other(tmp_path: Path) -> None:
    queries = ArchiveQueries(archive(tmp_path / "archive"))
    async with serving(tmp_path, apart={"history": queries}) as (world, client):
        asked: dict[str, str | int] = {"instrument_id": "IF2101.CFFEX"}
        rows: list[dict[str, Any]] = []
        after: str | None = ""
        while after is not None:
            answer = await client.get(
                "/api/v1/history/ticks",
                params={**asked, "from_ns": MORNING_NS + 1, "limit": 2, "after": after},
                headers=world.bearer,
            )
            assert answer.status_code == 200, answer.text
            rows += answer.json()["rows"]
            after = answer.json()["next"]
    assert [row["volume"] for row in rows] == [1, 2, 3, 4]
    assert set(rows[0]) == {"recording", *RawTick._fields}
    assert (rows[0]["recording"], rows[0]["depth"]) == ("zeromq", [[1.0, 2, None, 0]])


async def test_pages_of_bars_and_the_days_there_are(tmp_path: Path) -> None:
    queries = ArchiveQueries(archive(tmp_path / "archive"))
    async with serving(tmp_path, apart={"history": queries}) as (world, client):
        asked: dict[str, str | int] = {"instrument_id": "IF2101.CFFEX", "limit": 2}
        first = (await client.get("/api/v1/history/bars", params=asked, headers=world.bearer)).json()
        rest = await client.get("/api/v1/history/bars", params={**asked, "after": first["next"]}, headers=world.bearer)
        days = (await client.get("/api/v1/history/days", headers=world.bearer)).json()
    assert [bar["volume"] for bar in first["rows"] + rest.json()["rows"]] == [0, 1, 2]
    assert rest.json()["next"] is None
    assert [(day["trading_day"], day["recording"], day["ticks"]) for day in days] == [(20210104, "zeromq", 5)]
    assert days[0]["instruments"] == ["IF2101.CFFEX"]


async def test_what_is_damaged_or_not_asked_rightly_is_refused_without_a_path(tmp_path: Path) -> None:
    places = archive(tmp_path / "archive")
    async with serving(tmp_path, apart={"history": ArchiveQueries(places)}) as (world, client):
        asked = {"instrument_id": "IF2101.CFFEX", "after": "yesterday"}
        answer = await client.get("/api/v1/history/ticks", params=asked, headers=world.bearer)
        assert 400 <= answer.status_code < 500
        assert "after must be `next` of a page before" in answer.text
        places.part(20210104, "zeromq", "IF2101.CFFEX").write_bytes(b"PAR1 no more")
        answer = await client.get(
            "/api/v1/history/ticks", params={"instrument_id": "IF2101.CFFEX"}, headers=world.bearer
        )
        assert answer.status_code >= 500
        assert str(tmp_path) not in answer.text


async def test_without_an_archive_the_answer_says_what_to_set(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        answer = await client.get("/api/v1/history/days", headers=world.bearer)
    assert answer.status_code == 503
    assert "market.recording.folder" in answer.text


async def test_the_main_contract_of_a_day_is_settled_by_the_day_before(tmp_path: Path) -> None:
    places = ArchivePlaces(tmp_path / "archive")
    held = {20210104: (90.0, 10.0), 20210105: (40.0, 80.0), 20210106: (10.0, 90.0)}
    for day, interests in held.items():
        bars = {
            f"{symbol}.CFFEX": [
                ArchivedBar(f"{symbol}.CFFEX", day, 0, 1, 1.0, 2.0, 0.5, 1.5, int(interest), 1.0, interest, 3)
            ]
            for symbol, interest in zip(("IF2103", "IF2106"), interests, strict=True)
        }
        write_bars(places, "1d", day, "zeromq", bars)
    async with serving(tmp_path, apart={"history": ArchiveQueries(places)}) as (world, client):
        answer = await client.get(
            "/api/v1/history/main-contracts",
            params={"product_id": "IF", "exchange": "CFFEX"},
            headers=world.bearer,
        )
    assert [(row["trading_day"], row["instrument_id"]) for row in answer.json()] == [
        (20210104, "IF2103.CFFEX"),
        (20210105, "IF2103.CFFEX"),
        (20210106, "IF2106.CFFEX"),
    ]
