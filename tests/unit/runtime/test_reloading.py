"""What a running process takes over of new settings, what waits for a restart, and what a bad file changes: nothing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import msgspec
import pytest

from tradewind.api.limits import RateLimit
from tradewind.api.settings import ApiSettings
from tradewind.errors import ConfigError
from tradewind.kernel.log import configure_logs, get_log
from tradewind.kernel.settings import leaves, load
from tradewind.runtime.once_ready import OnceReady
from tradewind.runtime.reloading import LOG_LEVEL, RELOADABLE, TAKEN_BY, Reloader, compare
from tradewind.runtime.retention.service import RetentionService
from tradewind.runtime.settings import TradewindSettings

PATHS = {leaf.path for leaf in leaves(TradewindSettings)}


def settings(*flags: str) -> TradewindSettings:
    return load(TradewindSettings, flags=flags).settings


class Listener:
    """A service that notes what it is told."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.told: list[msgspec.Struct] = []

    async def run(self) -> None:
        """Nothing to do."""

    async def ready(self) -> None:
        """Ready at once."""

    def change(self, told: msgspec.Struct) -> None:
        self.told.append(told)


def reloader(load_again: Callable[[], TradewindSettings], *services: Listener | OnceReady) -> Reloader:
    return Reloader(settings(), load=load_again, services=services)


@pytest.fixture
def logs() -> Iterator[None]:
    configure_logs(level="info")
    yield
    configure_logs(level="info")


def test_every_reloadable_setting_exists() -> None:
    assert RELOADABLE <= PATHS


def test_what_may_be_taken_over_is_and_the_rest_is_named() -> None:
    found = compare(settings(), settings("retention.logs_days=7", "api.rate_per_s=5", "push.port=8101"))
    assert (found.taken, found.waiting) == (("retention.logs_days", "api.rate_per_s"), ("push.port",))
    assert found.settings == settings("retention.logs_days=7", "api.rate_per_s=5")


def test_a_service_behind_a_condition_hears_of_its_own_settings_alone() -> None:
    api, notices = Listener("api"), Listener("notices")
    wanted = settings("api.rate_burst=7", "api.port=1", "control.keep_days=3")
    found = reloader(lambda: wanted, OnceReady(api, api.ready), notices).reload()
    assert found is not None
    # The port stays what it was: the process listens there.
    assert api.told == [settings("api.rate_burst=7").api]
    assert notices.told == []


def test_what_cannot_be_read_changes_nothing() -> None:
    api = Listener("api")
    answers: Iterator[ConfigError | TradewindSettings] = iter(
        [ConfigError("api.rate_burst: was 'many'"), settings("api.rate_burst=7")]
    )

    def read() -> TradewindSettings:
        answer = next(answers)
        if isinstance(answer, ConfigError):
            raise answer
        return answer

    process = reloader(read, api)
    assert process.reload() is None
    assert api.told == []
    assert process.reload() is not None
    assert api.told == [settings("api.rate_burst=7").api]


def test_what_needs_a_restart_is_named_each_time_until_there_is_one() -> None:
    process = reloader(lambda: settings("push.port=8101"))
    for _ in range(2):
        found = process.reload()
        assert found is not None
        assert found.waiting == ("push.port",)


@pytest.mark.usefixtures("logs")
def test_the_log_tells_more_from_then_on(capsys: pytest.CaptureFixture[str]) -> None:
    log = get_log("drill")
    configure_logs(level="warning", fmt="json")
    log.info("before")
    found = Reloader(settings("log.level=warning"), load=settings, services=()).reload()
    assert found is not None
    assert found.taken == (LOG_LEVEL,)
    log.info("after")
    assert logging.getLogger().level == logging.INFO
    said = capsys.readouterr().out
    assert "after" in said
    assert "before" not in said


def test_callers_are_let_through_at_the_new_rate() -> None:
    now_s = 0.0
    limit = RateLimit(ApiSettings(rate_per_s=1.0, rate_burst=1), lambda: now_s)
    assert limit.wait_s("wang") == 0.0
    assert limit.wait_s("wang") == 1.0
    limit.change(ApiSettings(rate_per_s=10.0, rate_burst=1))
    assert limit.wait_s("wang") == pytest.approx(0.1)


def test_each_service_that_takes_something_over_has_a_way_to() -> None:
    from tradewind.api.service import ApiService
    from tradewind.collector.control.service import ControlService
    from tradewind.notices.service import NoticeService
    from tradewind.runtime.signal_record import SignalRecord

    kinds = (ApiService, ControlService, NoticeService, SignalRecord, RetentionService)
    assert {kind.name for kind in kinds if callable(getattr(kind, "change", None))} == set(TAKEN_BY.values())
