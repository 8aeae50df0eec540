"""Traces along the cause ids: what came of an opportunity is one tree of spans, sent to whoever takes OTLP."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from desk_stage import MORNING_NS, Stage
from tradewind.domain import desk
from tradewind.domain.opportunity import OpportunityState
from tradewind.domain.plan import PlanParams
from tradewind.kernel.clock import NS_PER_S
from tradewind.runtime.tracing.chains import span_of, trace_of
from tradewind.runtime.tracing.service import build_tracing

SIGNED: Any = {"actor": "chen", "source": "test"}


class Collector(ThreadingHTTPServer):
    """Takes OTLP over HTTP as a collector does."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Post)
        self.spans: list[Span] = []
        self.keys: set[str | None] = set()
        Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/v1/traces"

    def named(self, name: str) -> list[Span]:
        return [span for span in self.spans if span.name == name]


class Post(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        assert isinstance(self.server, Collector)
        self.server.keys.add(self.headers.get("x-key"))
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            for scope in resource.scope_spans:
                self.server.spans.extend(scope.spans)
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's own name
        """Say nothing."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    server = Collector()
    yield server
    server.shutdown()
    server.server_close()


async def traced(stage: Stage, *, ends: bool = True, lots: int = 2) -> None:
    """Let a plan follow an opportunity to a position and out of it."""
    (tracing,) = build_tracing(stage.settings, stage.rooms.bus, service="test")
    running = asyncio.create_task(tracing.run())
    await asyncio.sleep(0)
    plan = PlanParams(account_id="paper", lots=lots, max_lots=lots)
    await stage.office.carry_out(desk.DefinePlan(**SIGNED, request_id="1", name="rise", params=plan))
    await stage.office.carry_out(desk.StartPlan(**SIGNED, request_id="2", name="rise"))
    stage.tick(600.00)
    at = {"created_at": MORNING_NS, "updated_at": MORNING_NS + NS_PER_S}
    stage.opportunity(**at)
    stage.tick(603.00)
    if ends:
        stage.opportunity(state=OpportunityState.CLOSED, version=9, **at)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


def facts(span: Span) -> dict[str, object]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}


async def test_what_came_of_an_opportunity_is_one_tree_down_to_its_fills(tmp_path: Path, collector: Collector) -> None:
    stage = Stage(tmp_path, f"traces.endpoint={collector.url}", 'traces.headers={"x-key": "k1"}')
    await traced(stage)
    assert stage.failures == []
    assert collector.keys == {"k1"}
    (opportunity,) = collector.named("opportunity")
    instructions, orders, fills = (collector.named(name) for name in ("instruction", "order", "fill"))
    assert (len(instructions), len(orders), len(fills)) == (2, 2, 2)
    assert {span.trace_id for span in collector.spans} == {trace_of("o1").to_bytes(16)}
    assert opportunity.span_id == span_of("opportunity", "o1").to_bytes(8)
    assert not opportunity.parent_span_id
    assert {span.parent_span_id for span in instructions} == {opportunity.span_id}
    assert {span.parent_span_id for span in orders} == {span.span_id for span in instructions}
    assert {span.parent_span_id for span in fills} == {span.span_id for span in orders}
    for span in (*instructions, *orders):
        assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano
    assert [step.name for step in orders[0].events][-1] == facts(orders[0])["tradewind.status"] == "filled"
    assert facts(fills[0])["tradewind.price"] == "600.02"


async def test_an_order_that_the_gate_refused_is_an_error_with_its_codes(tmp_path: Path, collector: Collector) -> None:
    stage = Stage(tmp_path, f"traces.endpoint={collector.url}")
    await traced(stage, ends=False, lots=400)
    (refused,) = collector.named("order refused")
    assert refused.status.code == refused.status.STATUS_CODE_ERROR
    assert refused.status.message == facts(refused)["tradewind.refusals"] != ""


async def test_an_endpoint_that_is_away_holds_nothing_up(tmp_path: Path, collector: Collector) -> None:
    collector.shutdown()
    collector.server_close()
    stage = Stage(tmp_path, f"traces.endpoint={collector.url}", "traces.timeout_s=0.1")
    await asyncio.wait_for(traced(stage), 20)
    assert stage.failures == []
    positions: Any = await stage.office.answer(desk.AskPositions())
    assert positions == []


def test_without_an_endpoint_nothing_is_traced(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    assert build_tracing(stage.settings, stage.rooms.bus, service="test") == []
