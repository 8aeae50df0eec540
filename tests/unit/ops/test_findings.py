"""Findings: what the worst of them means for the exit code, and that no secret stands in any."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tradewind.kernel.settings import Loaded
from tradewind.ops import ctp_judging, judging
from tradewind.ops.findings import Finding, Found, Level, as_table, ok, report_of
from tradewind.runtime.doctor.running import examine, secrets_of
from tradewind.runtime.doctor.table import CHECKS, Check
from tradewind.runtime.settings import TradewindSettings

_GB = 1_000_000_000
_DAY_S = 86_400
_released = threading.Event()


def _finding(level: Level, text: str = "it", remedy: str = "") -> Finding:
    return Finding(check="redis", level=level, text=text, remedy=remedy)


@pytest.mark.parametrize(
    ("levels", "code"),
    [([], 0), ([Level.OK], 0), ([Level.OK, Level.WARN], 1), ([Level.FAIL, Level.OK, Level.WARN], 2)],
)
def test_the_exit_code_is_that_of_the_worst_finding(levels: list[Level], code: int) -> None:
    assert report_of([_finding(level) for level in levels], version="1", ts=0).exit_code == code


def test_a_secret_is_blanked_wherever_a_server_repeats_it() -> None:
    found = _finding(Level.FAIL, "ACL: user hunter2222 unknown", "give up hunter2222")

    (shown,) = report_of([found], version="1", ts=0, secrets={"hunter2222", "", "a"}).findings

    assert (shown.text, shown.remedy) == ("ACL: user *** unknown", "give up ***")


def test_passwords_inside_addresses_are_secrets_and_the_addresses_are_not() -> None:
    bus = TradewindSettings().bus
    secretive = type(bus)(url="redis://:p%40ss-word@10.0.0.1:6379/0", password="river-stone")  # noqa: S106 - of nobody

    found = secrets_of(TradewindSettings(bus=secretive))

    assert {"river-stone", "p%40ss-word", "p@ss-word"} <= found
    assert not any("10.0.0.1" in each for each in found)


def test_a_person_reads_each_remedy_below_its_finding() -> None:
    report = report_of([_finding(Level.OK), _finding(Level.FAIL, "no answer", "start it")], version="1", ts=0)

    assert as_table(report).splitlines() == [
        "ok    redis  it",
        "fail  redis  no answer",
        "             → start it",
        "1 ok, 0 warn, 1 fail",
    ]


@pytest.mark.parametrize(
    ("found", "level"),
    [
        (judging.disk("/", 50 * _GB, 100 * _GB), Level.OK),
        (judging.disk("/", 3 * _GB, 100 * _GB), Level.WARN),
        (judging.disk("/", _GB, 2 * _GB), Level.WARN),
        (judging.disk("/", _GB // 10, 100 * _GB), Level.FAIL),
        (judging.open_files(None, 12_256), Level.OK),
        (judging.open_files(1_024, 12_256), Level.WARN),
        (judging.skew("Redis", 0.1, 0.001), Level.OK),
        (judging.skew("Redis", -0.4, 0.001), Level.WARN),
        (judging.skew("Redis", 2.5, 1.0), Level.WARN),
        (judging.skew("Redis", -5.0, 0.001), Level.FAIL),
        (judging.wall_clock(100.0, not_before_s=200.0), Level.FAIL),
        (judging.certificate("gateway", 90 * _DAY_S), Level.OK),
        (judging.certificate("gateway", 3 * _DAY_S), Level.WARN),
        (judging.certificate("gateway", -1.0), Level.FAIL),
        (judging.encoding("ANSI_X3.4-1968", needs_gb18030=False, has_gb18030=False)[0], Level.WARN),
        (judging.encoding("UTF-8", needs_gb18030=True, has_gb18030=False)[1], Level.FAIL),
        (ctp_judging.exchange_clocks("a1", {"SHFE": "09:30:00", "DCE": ""}, here_s=34_200.9, took_s=0.2), Level.OK),
        (ctp_judging.exchange_clocks("a1", {"SHFE": "09:30:00"}, here_s=34_205.0, took_s=0.2), Level.WARN),
        (ctp_judging.exchange_clocks("a1", {"SHFE": "23:59:59"}, here_s=0.2, took_s=0.0), Level.OK),
        (ctp_judging.exchange_clocks("a1", {"SHFE": "21:00:00"}, here_s=34_200.0, took_s=0.0), Level.WARN),
        (ctp_judging.exchange_clocks("a1", {"SHFE": "--:--:--"}, here_s=34_200.0, took_s=0.0), Level.OK),
        (ctp_judging.query_limit("a1", 1, 1.05), Level.OK),
        (ctp_judging.query_limit("a1", 1, 0.2), Level.WARN),
        (ctp_judging.query_limit("a1", 0, 0.2), Level.OK),
        (ctp_judging.order_limit("a1", 6, 6), Level.OK),
        (ctp_judging.order_limit("a1", 5, 6), Level.WARN),
        (ctp_judging.order_limit("a1", 0, 6), Level.OK),
        (judging.redis_memory(10, 100, "allkeys-lru")[0], Level.FAIL),
        (judging.redis_memory(90, 100, "noeviction")[0], Level.WARN),
    ],
)
def test_figures_are_judged(found: Found, level: Level) -> None:
    assert found.level is level
    assert bool(found.remedy) is (level is not Level.OK), "what is not well has a remedy"


def test_the_locale_of_ctp_is_asked_for_nowhere_else() -> None:
    assert len(judging.encoding("UTF-8", needs_gb18030=False, has_gb18030=False)) == 1


def hangs(_loaded: Loaded[TradewindSettings]) -> list[Found]:
    _released.wait(timeout=20)
    return [ok("at last")]


def raises(_loaded: Loaded[TradewindSettings]) -> Iterator[Found]:
    yield ok("so far")
    message = "the driver fell over"
    raise RuntimeError(message)


def finds(_loaded: Loaded[TradewindSettings]) -> list[Found]:
    return [ok("one"), ok("two")]


def test_a_check_that_hangs_or_raises_is_a_failure_and_the_others_are_made() -> None:
    checks = [Check(name, name, f"{__name__}:{name}") for name in ("hangs", "raises", "finds")]
    left_out = Check("never", "never", "nowhere:nothing", lambda _settings: False)

    found = examine([*checks, left_out], Loaded(TradewindSettings(), {}), patience_s=0.2)
    _released.set()

    assert [(each.check, each.level) for each in found] == [
        ("hangs", Level.FAIL),
        ("raises", Level.FAIL),
        ("finds", Level.OK),
        ("finds", Level.OK),
    ]
    assert "no answer within 0.2 s" in found[0].text
    assert "the driver fell over" in found[1].text


def test_every_check_has_a_name_of_its_own() -> None:
    names = [check.name for check in CHECKS]

    assert len(set(names)) == len(names)
