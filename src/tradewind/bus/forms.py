"""A mark of the forms in which the rooms of the line tell each other what happens: equal marks, equal fields.

Made of the message types themselves, so that nobody has to remember to raise a number. What only describes a field
changes nothing.
"""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any, Final

import msgspec

from tradewind.bus.topics import TOPICS

_WORDS: Final = frozenset({"title", "description"})
_LENGTH: Final = 8


@cache
def line_form() -> str:
    """Return the mark of this release, some hexadecimal digits."""
    tops, parts = msgspec.json.schema_components([topic.event for topic in TOPICS.values()])
    names = [topic.wire_name for topic in TOPICS.values()]
    text = msgspec.json.encode([names, _bare(list(tops)), _bare(parts)], order="sorted")
    return hashlib.sha256(text).hexdigest()[:_LENGTH]


def _bare(schema: Any) -> Any:  # noqa: ANN401 - a schema is of any depth
    """Return a schema without words for people."""
    if isinstance(schema, dict):
        return {name: _bare(part) for name, part in schema.items() if name not in _WORDS or not isinstance(part, str)}
    if isinstance(schema, list):
        return [_bare(part) for part in schema]
    return schema
