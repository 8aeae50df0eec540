"""One user story: a week of trading with night sessions and settlements, at whose end no cent is unaccounted for."""

from __future__ import annotations

from pathlib import Path

from desk_stage import Stage
from desk_week import FLAGS, SUNDAY_EVENING_NS, check_week, play_week


async def test_a_week_ends_with_every_cent_accounted_for(tmp_path: Path) -> None:
    stage = Stage(tmp_path, *FLAGS, begins_ns=SUNDAY_EVENING_NS)
    await check_week(stage, await play_week(stage))
