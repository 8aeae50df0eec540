"""A recording played into the line."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sources_builders import IF2101, FakeWaiter, KeepingIntake, csv_text, write_wt_seconds
from tradewind.errors import InputError, ReplayFileError
from tradewind.kernel.clock import NS_PER_S
from tradewind.market.control import ReplayControl
from tradewind.market.ports import RecordedSource
from tradewind.market.sources.replay import ReplaySource
from tradewind.market.sources.settings import ReplaySettings

from builders import MORNING_NS
from fakes import FakeInstruments


class Played:
    """One run of a replay on fake time."""

    def __init__(self, path: Path, *script: tuple[float, Callable[[ReplayControl], None]], **changes: Any) -> None:
        self.settings = ReplaySettings(path=str(path), **changes)
        self.control = ReplayControl(speed=self.settings.speed, is_paused=self.settings.start_paused)
        self.waiter = FakeWaiter(*((at, lambda act=act: act(self.control)) for at, act in script))
        self.intake = KeepingIntake(self.waiter.now_s)
        self.source = ReplaySource(
            self.settings, instruments=FakeInstruments(IF2101), control=self.control, waiter=self.waiter
        )

    async def run(self) -> Played:
        await self.source.run(self.intake)
        return self

    @property
    def at_s(self) -> list[float]:
        """When each tick was played, from the first on."""
        return [round(at - self.intake.accepted_at_s[0], 6) for at in self.intake.accepted_at_s]


@pytest.fixture
def minute(tmp_path: Path) -> Path:
    return write_wt_seconds(tmp_path / "minute.parquet", [0, 0.5, 1.0, 10.0, 10.5, 60.0])


async def test_at_speed_one_ticks_come_as_they_were_recorded(minute: Path) -> None:
    assert (await Played(minute, speed=1.0).run()).at_s == [0, 0.5, 1.0, 10.0, 10.5, 60.0]


async def test_at_sixty_a_minute_passes_in_a_second(minute: Path) -> None:
    played = await Played(minute, speed=60.0).run()
    assert played.at_s[-1] == pytest.approx(1.0, abs=1e-5)


async def test_at_max_nothing_waits(minute: Path) -> None:
    played = await Played(minute, speed="max").run()
    assert played.waiter.elapsed_s == 0.0
    assert len(played.intake.ticks) == 6


async def test_between_ticks_line_time_moves_on_but_never_past_the_next_tick(minute: Path) -> None:
    played = await Played(minute, speed=1.0, timer_step_ms=200).run()
    between = [ts for ts in played.intake.advances if MORNING_NS + NS_PER_S < ts < MORNING_NS + 10 * NS_PER_S]
    assert len(between) >= 40
    assert all(b - a <= 210_000_000 for a, b in pairwise(between))


async def test_waiting_costs_a_few_wake_ups_a_second(minute: Path) -> None:
    played = await Played(minute, speed=1.0, timer_step_ms=200).run()
    assert played.waiter.waits < 60 * 5 + 30


async def test_a_lunch_break_is_played_as_the_longest_gap(tmp_path: Path) -> None:
    path = write_wt_seconds(tmp_path / "lunch.parquet", [0, 1, 5401, 5402])
    played = await Played(path, speed=1.0, skip_gaps_s=60.0).run()
    assert played.at_s == pytest.approx([0, 1, 61, 62], abs=1e-4)


async def test_a_lunch_break_at_ten_times_the_speed_takes_a_tenth(tmp_path: Path) -> None:
    path = write_wt_seconds(tmp_path / "lunch.parquet", [0, 1, 5401, 5402])
    played = await Played(path, speed=10.0, skip_gaps_s=60.0).run()
    assert played.at_s == pytest.approx([0, 0.1, 6.1, 6.2], abs=1e-4)


async def test_timers_fire_through_a_silence_in_steps(tmp_path: Path) -> None:
    path = write_wt_seconds(tmp_path / "lunch.parquet", [0, 600])
    played = await Played(path, speed=1.0, tail_s=0).run()
    timers = [line for line in played.intake.story if line.startswith("timer")]
    assert len(timers) == 601
    assert len(played.intake.advances) > 200


async def test_pause_and_resume_lose_no_time_and_no_tick(minute: Path) -> None:
    played = await Played(minute, (5.0, ReplayControl.pause), (105.0, ReplayControl.resume), speed=1.0).run()
    assert played.at_s == pytest.approx([0, 0.5, 1.0, 110.0, 110.5, 160.0], abs=1e-4)


async def test_while_paused_line_time_stands_still(minute: Path) -> None:
    moments: list[int] = []
    played = Played(minute, (5.0, ReplayControl.pause), speed=1.0)
    played.waiter._script += [
        (6.0, lambda: moments.append(played.intake.clock.now_ns())),
        (99.0, lambda: moments.append(played.intake.clock.now_ns())),
        (100.0, played.control.resume),
    ]
    await played.run()
    assert moments[0] == moments[1]
    assert abs(moments[0] - MORNING_NS - 5 * NS_PER_S) < 210_000_000


async def test_a_change_of_speed_takes_effect_at_once(minute: Path) -> None:
    played = await Played(minute, (5.0, lambda control: control.set_speed(10.0)), speed=1.0).run()
    assert played.at_s == pytest.approx([0, 0.5, 1.0, 5.5, 5.55, 10.5], abs=1e-4)


async def test_a_change_of_speed_in_a_shortened_silence_keeps_it_short(tmp_path: Path) -> None:
    path = write_wt_seconds(tmp_path / "lunch.parquet", [0, 5400, 5401])
    played = await Played(path, (30.0, lambda control: control.set_speed(10.0)), speed=1.0, skip_gaps_s=60.0).run()
    assert played.at_s == pytest.approx([0, 33.0, 33.1], abs=1e-3)


async def test_from_max_back_to_one_the_rest_is_paced_from_there(tmp_path: Path) -> None:
    path = write_wt_seconds(tmp_path / "long.parquet", [n / 2 for n in range(200)])
    played = Played(path, speed="max", start_paused=True)
    played.waiter._script += [
        (0.0, lambda: played.control.step(50)),
        (3.0, lambda: played.control.set_speed(1.0)),
        (3.0, played.control.resume),
    ]
    await played.run()
    assert played.at_s[49] == 0.0
    assert played.at_s[50] == pytest.approx(3.5, abs=1e-3)
    assert played.at_s[-1] == pytest.approx(3.0 + 75.0, abs=1e-3)


async def test_a_step_plays_just_so_many_ticks_and_stands_still(minute: Path) -> None:
    counts: list[int] = []
    played = Played(minute, speed=1.0, start_paused=True)
    played.waiter._script += [
        (1.0, lambda: counts.append(len(played.intake.ticks))),
        (2.0, lambda: played.control.step(1)),
        (3.0, lambda: counts.append(len(played.intake.ticks))),
        (4.0, lambda: played.control.step(3)),
        (5.0, lambda: counts.append(len(played.intake.ticks))),
        (6.0, played.control.resume),
    ]
    await played.run()
    assert counts == [0, 1, 4]
    assert len(played.intake.ticks) == 6


async def test_lateness_does_not_add_up(tmp_path: Path) -> None:
    path = write_wt_seconds(tmp_path / "long.parquet", [n / 2 for n in range(120)])
    played = Played(path, speed=1.0)
    accept = played.intake.accept

    def slow_accept(raw: Any) -> None:
        accept(raw)
        played.waiter.now += 0.1

    played.intake.accept = slow_accept  # type: ignore[method-assign]  # a line that takes its time
    await played.run()
    assert played.at_s[-1] == pytest.approx(59.5, abs=0.01)


async def test_after_a_stall_the_replay_goes_on_from_where_it_was(tmp_path: Path) -> None:
    path = write_wt_seconds(tmp_path / "long.parquet", [float(n) for n in range(60)])
    played = Played(path, speed=1.0)
    accept = played.intake.accept

    def stalling_accept(raw: Any) -> None:
        accept(raw)
        if len(played.intake.ticks) == 10:
            played.waiter.now += 30.0

    played.intake.accept = stalling_accept  # type: ignore[method-assign]  # a machine that slept
    await played.run()
    assert played.at_s[10] == pytest.approx(39.0)
    assert played.at_s[-1] == pytest.approx(39.0 + 49.0)


async def test_a_time_far_in_the_future_does_not_rush_what_follows(tmp_path: Path) -> None:
    path = write_wt_seconds(tmp_path / "odd.parquet", [0, 1, 20_000, 2, 3, 4])
    played = await Played(path, speed=1.0, skip_gaps_s=60.0).run()
    assert played.at_s == pytest.approx([0, 1, 61, 61, 62, 63], abs=1e-3)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from([0, 0, 0.5, 0.5, 1, 7, 90, 4000]), min_size=1, max_size=40),
    st.sampled_from([0.7, 1.0, 60.0, 5000.0, "max"]),
    st.lists(st.tuples(st.floats(0, 20), st.sampled_from(["pause", "step", "resume", "fast", "max"])), max_size=6),
)
async def test_the_line_does_the_same_whatever_the_pace(
    tmp_path_factory: pytest.TempPathFactory, gaps: list[float], speed: Any, turns: list[tuple[float, str]]
) -> None:
    seconds = [sum(gaps[: n + 1]) for n in range(len(gaps))]
    seconds = [second for second in seconds if second < 19_000]
    path = write_wt_seconds(tmp_path_factory.mktemp("pace") / "x.parquet", seconds)
    acts: dict[str, Callable[[ReplayControl], None]] = {
        "pause": ReplayControl.pause,
        "step": ReplayControl.step,
        "resume": ReplayControl.resume,
        "fast": lambda control: control.set_speed(600.0),
        "max": lambda control: control.set_speed("max"),
    }
    script = [(at, acts[turn]) for at, turn in turns]
    played = await Played(path, *script, (10_000.0, ReplayControl.resume), speed=speed).run()
    plain = Played(path, speed="max")
    assert plain.source.play(plain.intake) == len(seconds)
    assert played.intake.story == plain.intake.story


async def test_the_tail_lets_timers_fire_after_the_last_tick(minute: Path) -> None:
    played = await Played(minute, speed="max", tail_s=60.0).run()
    assert played.intake.clock.now_ns() == MORNING_NS + 120 * NS_PER_S
    assert played.intake.story[-1] == f"timer {MORNING_NS + 120 * NS_PER_S}"


async def test_at_its_end_the_replay_says_so_and_returns(minute: Path) -> None:
    played = await Played(minute, speed=60.0).run()
    status = played.control.status()
    assert (status.is_done, status.percent, status.ticks_played, status.ticks_total) == (True, 100.0, 6, 6)
    assert (status.layout, status.ts) == ("wt_ticks", MORNING_NS + 60 * NS_PER_S)


async def test_a_loop_begins_again_whole_weeks_later(minute: Path) -> None:
    played = Played(minute, speed="max", loop=True)
    accept = played.intake.accept

    class EnoughError(Exception):
        pass

    def counting_accept(raw: Any) -> None:
        if len(played.intake.ticks) == 18:
            raise EnoughError
        accept(raw)

    played.intake.accept = counting_accept  # type: ignore[method-assign]  # ends what never ends
    with pytest.raises(EnoughError):
        await played.run()
    ticks = played.intake.ticks
    week = 7 * 86_400 * NS_PER_S
    assert [tick[2] for tick in ticks[6:12]] == [tick[2] + week for tick in ticks[:6]]
    assert [tick[2] for tick in ticks[12:]] == [tick[2] + 2 * week for tick in ticks[:6]]
    assert {tick[3] for tick in ticks[6:]} == {0}
    assert played.control.status().lap == 4


async def test_a_file_that_cannot_be_played_is_an_error_of_run(tmp_path: Path) -> None:
    with pytest.raises(ReplayFileError, match="no such file"):
        await Played(tmp_path / "gone.parquet").run()


def test_a_file_whose_every_row_is_unreadable_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text(csv_text({"LastPrice": "x"}))
    played = Played(path, bad_rows_percent=100.0)
    with pytest.raises(ReplayFileError, match="holds no readable tick"):
        played.source.play(played.intake)
    assert played.source.malformed_rows == 1


def test_ticks_can_be_had_again_and_again_without_a_loop(minute: Path) -> None:
    source: RecordedSource = Played(minute).source
    assert list(source.ticks()) == list(source.ticks())


@pytest.mark.data
async def test_the_if2101_day_is_the_same_at_every_speed(data_dir: Path) -> None:
    path = data_dir / "futures_tick/CFFEX.IF2101_20210104.parquet"
    stories = [(await Played(path, speed=speed).run()).intake.story for speed in ("max", 60.0, 1000.0)]
    assert stories[0] == stories[1] == stories[2]
    assert sum(line.startswith("tick") for line in stories[0]) == 27_955


async def test_an_unsubscribed_contract_is_passed_over_until_it_is_subscribed_again(minute: Path) -> None:
    played = Played(minute, speed=1.0)
    played.waiter = FakeWaiter(
        (0.7, lambda: played.source.unsubscribe(IF2101.instrument_id)),
        (10.2, lambda: played.source._muted.discard(IF2101.instrument_id)),
    )
    played.source._waiter = played.waiter
    await played.run()
    assert [round((tick[2] - MORNING_NS) / NS_PER_S, 1) for tick in played.intake.ticks] == [0, 0.5, 10.5, 60.0]
    assert played.control.status().ticks_played == 6


async def test_a_contract_that_the_recording_does_not_hold_is_refused_with_those_it_does(minute: Path) -> None:
    source = Played(minute).source
    with pytest.raises(InputError, match=r"does not hold au2604\.SHFE; allowed are IF2101"):
        await source.subscribe("au2604.SHFE")
    assert await source.is_subscribed(IF2101.instrument_id)
    source.unsubscribe(IF2101.instrument_id)
    assert not await source.is_subscribed(IF2101.instrument_id)
    await source.subscribe(IF2101.instrument_id)
    assert await source.is_subscribed(IF2101.instrument_id)


def test_a_prepared_recording_is_played_once_from_where_it_was_opened(minute: Path) -> None:
    played = Played(minute)
    played.source.prepare()
    opened = minute.rename(minute.with_name("moved.parquet"))
    assert played.source.play(played.intake) == 6
    opened.unlink()
    with pytest.raises(ReplayFileError, match="no such file"):
        played.source.play(played.intake)
