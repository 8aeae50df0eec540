"""A test tick asked for by REST: what came of it hop by hop, or why there is no way for it here (C-003-9)."""

from __future__ import annotations

from pathlib import Path

from api_builders import serving
from tradewind.api.trials import TrialHop, TrialView

_ROUTE = "/api/v1/system/trial"


class FakeTrials:
    async def send(self) -> TrialView:
        return TrialView(9, "TEST001.TEST", "line_test", "opp-9", (TrialHop("market", "the test tick", 12.5),))


async def test_the_answer_has_each_hop_with_its_time(tmp_path: Path) -> None:
    async with serving(tmp_path, apart={"trials": FakeTrials()}) as (world, client):
        answer = await client.post(_ROUTE, headers=world.bearer)

        assert answer.status_code == 200
        assert answer.json()["opportunity_id"] == "opp-9"
        assert answer.json()["hops"] == [{"service": "market", "sees": "the test tick", "after_us": 12.5}]


async def test_where_services_run_apart_the_answer_says_what_to_do(tmp_path: Path) -> None:
    async with serving(tmp_path) as (world, client):
        answer = await client.post(_ROUTE, headers=world.bearer)

        assert answer.status_code == 409
        assert "tradewind test" in answer.text
