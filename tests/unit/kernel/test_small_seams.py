"""Chance, ids, waiting and logs: small doors with exact habits."""

from __future__ import annotations

import io

import msgspec
import pytest

from tradewind.kernel.backoff import LADDER_S, Backoff
from tradewind.kernel.ids import new_epoch, new_secret
from tradewind.kernel.log import configure_logs, get_log, hold_logs
from tradewind.kernel.rng import named_rng


def test_the_same_seed_and_name_give_the_same_chance_everywhere() -> None:
    assert named_rng(7, "IF2101").getrandbits(64) == 16731728179790599850


def test_another_name_gives_another_stream() -> None:
    assert named_rng(7, "a").random() != named_rng(7, "b").random()


def test_waiting_climbs_the_ladder_and_stays_at_its_top() -> None:
    backoff = Backoff(named_rng(0), jitter=0.0)
    waits = [backoff.next_wait_s() for _ in range(len(LADDER_S) + 2)]
    assert waits == [*LADDER_S, 600.0, 600.0]
    backoff.reset()
    assert backoff.next_wait_s() == 1.0


def test_jitter_spreads_each_wait_by_at_most_a_fifth() -> None:
    backoff = Backoff(named_rng(0))
    for step in LADDER_S:
        assert 0.8 * step <= backoff.next_wait_s() <= 1.2 * step


def test_a_ladder_may_end_sooner_and_spread_over_the_whole_wait() -> None:
    backoff = Backoff(named_rng(0), jitter=1.0, most_s=4.0)
    waits = [backoff.next_wait_s() for _ in range(200)]
    assert all(0.0 <= wait <= 8.0 for wait in waits)
    assert min(waits[2:]) < 0.5
    assert max(waits[2:]) > 7.5


def test_epochs_and_secrets_do_not_repeat() -> None:
    assert new_epoch() != new_epoch()
    assert new_secret() != new_secret()
    assert len(new_secret()) >= 43


@pytest.mark.parametrize("field", ["token", "access_token", "Authorization", "api_key", "password"])
def test_no_secret_reaches_the_log(field: str) -> None:
    out = io.StringIO()
    configure_logs(fmt="json", stream=out)
    get_log("test").info("signed_in", **{field: "hunter2"})
    line = msgspec.json.decode(out.getvalue())
    assert line[field] == "***"
    assert "hunter2" not in out.getvalue()


def test_a_log_line_is_one_json_object_with_time_level_and_room() -> None:
    out = io.StringIO()
    configure_logs(fmt="json", stream=out)
    get_log("market").warning("feed_silent", instrument_id="au2512.SHFE")
    line = msgspec.json.decode(out.getvalue())
    assert (line["event"], line["level"], line["logger"]) == ("feed_silent", "warning", "market")
    assert line["timestamp"].endswith("Z")


def test_newlines_cannot_forge_a_second_log_line() -> None:
    out = io.StringIO()
    configure_logs(fmt="json", stream=out)
    get_log("api").info("refused", path="/x\n{}")
    assert out.getvalue().count("\n") == 1


def test_held_logs_come_after_what_had_to_come_first_and_failures_do_not_wait() -> None:
    out = io.StringIO()
    configure_logs(fmt="json", stream=out)
    release = hold_logs()
    log = get_log("market")
    log.info("source_opened")
    log.warning("feed_silent")
    out.write("the link\n")
    release()
    release()
    log.info("client_connected")
    told = [line if line == "the link" else msgspec.json.decode(line)["event"] for line in out.getvalue().splitlines()]
    assert told == ["feed_silent", "the link", "source_opened", "client_connected"]


def test_no_more_logs_are_held_than_a_screen_could_show() -> None:
    out = io.StringIO()
    configure_logs(fmt="json", stream=out)
    release = hold_logs()
    for number in range(1_500):
        get_log("market").info("noted", number=number)
    release()
    assert [msgspec.json.decode(line)["number"] for line in out.getvalue().splitlines()] == list(range(500, 1_500))
