"""The instruction book over REST, on a real desk: every act a route, every refusal says what is allowed."""

from __future__ import annotations

import base64
import csv
import io
from pathlib import Path
from typing import Any

import httpx
import pytest
from openpyxl import Workbook, load_workbook

from api_builders import ApiWorld, serving
from desk_stage import AU, RB, Stage

BOOK = "/api/v1/instruction-book"


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    """Return a desk on which nobody needs a second person: whoever has the access token is one."""
    stage = Stage(tmp_path, "instructions.approval=never")
    stage.tick(600.0)
    stage.tick(3000.0, instrument_id=RB)
    return stage


class Caller:
    """Somebody with the access token; each request under a key of its own."""

    def __init__(self, world: ApiWorld, client: httpx.AsyncClient) -> None:
        self.world, self.client, self.count = world, client, 0

    async def post(self, path: str, body: Any = None, *, key: str | None = None) -> httpx.Response:
        self.count += 1
        headers = {**self.world.bearer, "idempotency-key": key or f"k{self.count}"}
        return await self.client.post(f"{BOOK}/{path}", json=body or {}, headers=headers)

    async def get(self, path: str = "") -> httpx.Response:
        return await self.client.get(f"{BOOK}{path}", headers=self.world.bearer)


def body(*wishes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"account_id": "paper", "draft": {"wishes": list(wishes) or [{"instrument_id": AU, "delta": 2}]}, **more}


async def test_an_instruction_goes_its_whole_way_over_rest(stage: Stage, tmp_path: Path) -> None:
    async with serving(tmp_path / "api", desk=stage.office.office) as (world, client):
        caller = Caller(world, client)
        told = (await caller.post("drafts", body({"instrument_id": AU, "delta": 3}))).json()
        name = told["instruction_id"]
        assert (told["status"], told["allowed_acts"]) == ("draft", ["amend", "submit", "withdraw"])
        amended = await caller.post(
            f"{name}/amend", {"expected_version": 1, "draft": {"wishes": [{"instrument_id": AU, "target": 4}]}}
        )
        assert amended.json()["quantity"] == 4
        judged = (await caller.get(f"/{name}/what-if")).json()
        assert judged["lines"][0]["is_approved"]
        assert (await caller.post(f"{name}/submit")).json()["status"] == "approved"
        assert (await caller.post(f"{name}/accept")).json()["trader"] == "administrator"
        assert len((await caller.get("/to-trade")).json()) == 1
        assert (await caller.get("/to-adjust")).json()[0]["buy_quantity"] == 4
        await caller.post(f"{name}/sends", {"adjustment": 0, "quantity": 1})
        resting = {"adjustment": 0, "quantity": 1, "execution": {"limit_price": "590.00"}}
        await caller.post(f"{name}/sends", resting)
        await caller.post(f"{name}/sends/stop", {"send": 1})
        await caller.post(f"{name}/sends/resume", {"send": 1})
        await caller.post(f"{name}/sends/stop")
        fill = {
            "adjustment": 0,
            "trade_id": "T1",
            "quantity": 1,
            "price": "600.10",
            "offset": "open",
            "is_booked": True,
        }
        assert (await caller.post(f"{name}/fills", fill)).json()["filled_quantity"] == 2
        assert (await caller.post(f"{name}/waive", {"adjustment": 0})).json()["status"] == "done"
        assert (await caller.post(f"{name}/close", {"reason": "enough"})).json()["status"] == "closed"
        acts = [step["act"] for step in (await caller.get(f"/{name}/timeline")).json()]
        assert [act for act in acts if act != "progress"] == [
            *("draft", "amend", "submit", "approve", "accept", "send", "send", "stop", "resume", "stop", "fill"),
            *("waive", "close"),
        ]
        details = (await caller.get(f"/{name}/details")).json()
        assert sum(detail["filled_quantity"] for detail in details) == 2
        page = (await caller.get("?status=closed&limit=1")).json()
        assert [entry["instruction_id"] for entry in page["entries"]] == [name]


async def test_the_other_acts_have_their_routes(stage: Stage, tmp_path: Path) -> None:
    stage.opportunity(opportunity_id="o1", expires_at=stage.clock.now_ns() * 2)
    async with serving(tmp_path / "api", desk=stage.office.office) as (world, client):
        caller = Caller(world, client)
        told = (
            await caller.post(
                "from-opportunity",
                {"account_id": "paper", "opportunity_id": "o1", "quantity": 1, "is_submitted": True},
            )
        ).json()
        name = told["instruction_id"]
        assert (await caller.post(f"{name}/reassign", {"trader": "qian"})).json()["trader"] == "qian"
        refused = await caller.post(f"{name}/accept")
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "state_conflict")
        await caller.post(f"{name}/reassign", {"trader": "administrator"})
        await caller.post(f"{name}/accept")
        assert (await caller.post(f"{name}/decline", {"reason": "no time"})).json()["status"] == "approved"
        version = (await caller.get(f"/{name}")).json()["version"]
        rejected = await caller.post(f"{name}/reject", {"expected_version": version, "reason": "too late"})
        assert rejected.json()["status"] == "rejected"
        told = (await caller.post("drafts", body())).json()
        withdrawn = await caller.post(f"{told['instruction_id']}/withdraw", {"reason": "no"})
        assert withdrawn.json()["status"] == "cancelled"
        version = withdrawn.json()["version"]
        late = await caller.post(f"{told['instruction_id']}/approve", {"expected_version": version})
        assert late.status_code == 409
        assert "allowed: nothing" in late.json()["error"]["message"]


async def test_a_stale_decision_is_409_and_a_key_used_again_is_the_same_answer(stage: Stage, tmp_path: Path) -> None:
    async with serving(tmp_path / "api", desk=stage.office.office) as (world, client):
        caller = Caller(world, client)
        first = await caller.post("drafts", body(), key="same")
        assert (await caller.post("drafts", body(), key="same")).json() == first.json()
        name = first.json()["instruction_id"]
        draft = body({"instrument_id": AU, "delta": 5})["draft"]
        await caller.post(f"{name}/amend", {"expected_version": 1, "draft": draft})
        stale = await caller.post(f"{name}/amend", {"expected_version": 1, "draft": draft})
        assert stale.status_code == 409
        assert "changed by somebody" in stale.json()["error"]["message"]


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"instrument_id": AU}, "exactly one of target, delta, weight is needed, was none"),
        ({"instrument_id": AU, "target": 1, "delta": 1}, "was target, delta"),
        ({"instrument_id": AU, "weight": "1000"}, "weight must be from -100 to 100"),
        ({"instrument_id": AU, "delta": 1, "limit_price": "0"}, "limit_price must be above 0"),
        ({"instrument_id": AU, "delta": 1.5}, "Expected `int"),
        ({"instrument_id": "no.SHFE", "delta": 1}, "'no' is no SHFE contract"),
        ({"instrument_id": AU, "delta": 0}, "nothing is to be changed"),
    ],
)
async def test_a_wish_that_means_nothing_is_refused_in_words(
    stage: Stage, tmp_path: Path, wish: dict[str, Any], said: str
) -> None:
    async with serving(tmp_path / "api", desk=stage.office.office) as (world, client):
        answer = await Caller(world, client).post("drafts", body(wish))
        assert answer.status_code in {404, 422}, answer.text
        assert said in answer.json()["error"]["message"]


def workbook(*rows: list[Any]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    text = io.BytesIO()
    book.save(text)
    return text.getvalue()


async def basket(caller: Caller, file_name: str, content: bytes) -> httpx.Response:
    return await caller.post(
        "baskets",
        {"account_id": "paper", "file_name": file_name, "content": base64.b64encode(content).decode()},
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", f"instrument_id,target,limit_price\n{AU},3,601.00\n{RB},-2,\n".encode()),
        ("a.csv", f"合约代码,目标持仓,限价,备注\r\n{AU},3,601.00,买\r\n\r\n{RB},-2,,\r\n".encode("gb18030")),
        ("a.xlsx", workbook(["合约代码", "目标持仓", "限价"], [AU, 3, 601.0], [RB, -2, None])),
    ],
)
async def test_a_basket_comes_as_csv_or_xlsx(stage: Stage, tmp_path: Path, name: str, content: bytes) -> None:
    async with serving(tmp_path / "api", desk=stage.office.office) as (world, client):
        told = (await basket(Caller(world, client), name, content)).json()
        lines = [(line["instrument_id"], line["adjusted_position"]) for line in told["adjustments"]]
        assert lines == [(AU, 3), (RB, -2)]
        assert float(told["adjustments"][0]["limit_price"]) == 601.0


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", f"instrument_id,target\n{AU},x\n{RB},1.5\n".encode(), "row 2, column target: a number is needed"),
        ("a.csv", f"instrument_id,target\n{AU},x\n{RB},1.5\n".encode(), "row 3, column target: whole lots"),
        ("a.csv", f"instrument_id,delta\n{AU},1\n{AU},2\n".encode(), "stands in 2 rows"),
        ("a.csv", f"instrument_id,target,delta\n{AU},1,2\n".encode(), "row 2: exactly one of"),
        ("a.csv", f"instrument_id,delta\n{AU},=1+1\n".encode(), "formulas are not read"),
        ("a.csv", b"contract,lots\nx,1\n", "row 1 must name the columns instrument_id"),
        ("a.csv", b"", "Expected `bytes` of length >= 1"),
        ("a.csv", b"\xff\xff\xff", "neither UTF-8 nor GB18030"),
        ("a.csv", b"instrument_id,delta\n" + b"x.SHFE,1\n" * 1001, "more than 1000 rows"),
        ("a.xls", b"x", "neither .csv nor .xlsx"),
        ("a.xlsx", b"PK", "not packed as one"),
        ("a.xlsx", workbook(["instrument_id", "delta"], [AU, "=1+1"]), "formulas are not read"),
    ],
)
async def test_a_basket_with_a_wrong_cell_is_refused_whole(
    stage: Stage, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    async with serving(tmp_path / "api", desk=stage.office.office) as (world, client):
        caller = Caller(world, client)
        answer = await basket(caller, name, content)
        assert answer.status_code == 422, answer.text
        assert said in answer.json()["error"]["message"]
        assert (await caller.get()).json()["entries"] == []


async def test_its_lines_are_exported_without_formulas(stage: Stage, tmp_path: Path) -> None:
    async with serving(tmp_path / "api", desk=stage.office.office) as (world, client):
        caller = Caller(world, client)
        wishes = ({"instrument_id": AU, "delta": 1}, {"instrument_id": RB, "delta": -1})
        name = (await caller.post("drafts", body(*wishes))).json()["instruction_id"]
        found = await caller.get(f"/{name}/sheet")
        rows = list(csv.DictReader(io.StringIO(found.content.decode("utf-8-sig"))))
        assert [(row["instrument_id"], row["adjusted_position"]) for row in rows] == [(AU, "1"), (RB, "-1")]
        found = await caller.get(f"/{name}/sheet?kind=xlsx")
        sheet = load_workbook(io.BytesIO(found.content)).worksheets[0]
        assert [cell.value for cell in sheet["B"]] == ["instrument_id", AU, RB]
        assert {cell.data_type for row in sheet.iter_rows() for cell in row} <= {"s", "n", "inlineStr"}
