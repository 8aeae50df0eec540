"""What a job of each kind may be, what its module is told of it, and how long it may last."""

from __future__ import annotations

from typing import Any, get_args

import msgspec
import pytest

from tradewind.collector.control.drafts import args_of, check_kind
from tradewind.collector.control.settings import ControlSettings
from tradewind.collector.protocol_jobs import Job, job_of
from tradewind.domain.job import KINDS, BarLength, JobPlan
from tradewind.errors import InputError
from tradewind.infoway.bar_types import BAR_TYPES


def make_plan(**changes: Any) -> JobPlan:
    return JobPlan(**{"codes": ("TSLA.US", "USDCNY"), **changes})


def test_a_module_is_told_what_concerns_the_kind_and_no_more() -> None:
    codes = ["TSLA.US", "USDCNY"]
    assert args_of(make_plan()) == {"codes": codes, "kind": "quotes", "collection": "realtime"}
    assert args_of(make_plan(kind="depth", bar="1d", count=9)).keys() == {"codes", "kind", "collection"}
    kline = args_of(make_plan(kind="kline", bar="1d", count=9, watch="depth"))
    assert kline == {"codes": codes, "kind": "kline", "collection": "realtime", "bar": "1d", "count": 9}
    stream = args_of(make_plan(kind="stream", watch="kline", bar="5m", duration_s=60))
    assert {name: stream[name] for name in ("watch", "bar", "duration_s")} == {
        "watch": "kline", "bar": "5m", "duration_s": 60,
    }  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_server_sends_is_what_the_module_reads(kind: str) -> None:
    plan = make_plan(kind=kind, bar="1w", count=3, watch="depth", duration_s=5)
    job = job_of(args_of(plan))
    assert isinstance(job, Job)
    assert (job.kind, job.codes, job.collection) == (kind, plan.codes, plan.collection)
    assert (job.count, job.duration_s) == (3 if kind == "kline" else 1, 5 if kind == "stream" else 0)


def test_books_and_bars_go_where_they_belong_and_nowhere_else() -> None:
    kinds = ControlSettings().kinds
    check_kind(make_plan(collection="close"), kinds)
    for kind in ("depth", "kline", "stream"):
        check_kind(make_plan(kind=kind), kinds)
        with pytest.raises(InputError, match="collection is of quotes"):
            check_kind(make_plan(kind=kind, collection="close"), kinds)
    with pytest.raises(InputError, match="kind must be one of quotes, depth, kline, stream"):
        check_kind(make_plan(kind="news"), kinds)


def test_a_stream_may_last_as_long_as_it_says_and_any_other_job_as_long_as_its_limit() -> None:
    assert make_plan(kind="kline", timeout_s=60, duration_s=600).limit_s == 60
    assert make_plan(kind="stream", timeout_s=60, duration_s=600).limit_s == 660
    assert make_plan(kind="stream", timeout_s=60).limit_s > 365 * 86_400


@pytest.mark.parametrize(("field", "value"), [("bar", "7m"), ("count", 0), ("watch", "news"), ("duration_s", 604_801)])
def test_options_that_no_job_has_are_refused(field: str, value: object) -> None:
    with pytest.raises(msgspec.ValidationError, match=field):
        msgspec.convert({"codes": ["TSLA.US"], field: value}, JobPlan)


def test_a_plan_written_before_there_were_kinds_is_read_as_it_was_meant() -> None:
    before = {"kind": "quotes", "codes": ["TSLA.US"], "collection": "close", "spread": "each"}
    assert msgspec.convert(before, JobPlan).collection == "close"


def test_every_length_of_bars_has_the_providers_number() -> None:
    assert list(BAR_TYPES) == list(get_args(BarLength))
    assert sorted(BAR_TYPES.values()) == list(range(1, 13))
