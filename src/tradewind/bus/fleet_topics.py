"""The topics by which pages hear of the fleet: its modules and their jobs, as they change.

They are of record before they are published (stores: fleet), by whichever control server changed them, so a lost event
is found again by asking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.topics import Topic
from tradewind.domain.job import Job
from tradewind.domain.module import Module

if TYPE_CHECKING:
    from collections.abc import Mapping

MODULES: Final = Topic("modules", Module, "control", "stream", "tradewind:modules", "collector modules as they change")
JOBS: Final = Topic("jobs", Job, "control", "stream", "tradewind:jobs", "their jobs with how far each is")

FLEET_TOPICS: Final[Mapping[str, Topic[Any]]] = {topic.name: topic for topic in (MODULES, JOBS)}
