"""The topics by which people hear of things and of each other: what they are told, what they say.

They are of record before they are published (stores: notices, chat), so a lost event is found again by asking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.bus.topics import Topic
from tradewind.domain.chat import ChatMessage
from tradewind.domain.notice import Notice

if TYPE_CHECKING:
    from collections.abc import Mapping

NOTICES: Final = Topic(
    "notices", Notice, "notices", "pubsub", "tradewind:notices", "what somebody is told, for `username` alone"
)
CHAT: Final = Topic(
    "chat",
    ChatMessage,
    "notices",
    "pubsub",
    "tradewind:chat",
    "what members of a room write, for who may chat in `product_code`",
)

PEOPLE_TOPICS: Final[Mapping[str, Topic[Any]]] = {topic.name: topic for topic in (NOTICES, CHAT)}
