"""`python -m tradewind.runtime.topics_page` writes docs/topics.md: who writes and reads what, and every field."""

from __future__ import annotations

import sys
from typing import Any, Final

from msgspec import inspect

from tradewind.bus.desk_topics import DESK_TOPICS
from tradewind.bus.fleet_topics import FLEET_TOPICS
from tradewind.bus.people_topics import PEOPLE_TOPICS
from tradewind.bus.topics import TOPICS, Topic
from tradewind.runtime.services import DESK, PEOPLE, SERVICES

_HEAD: Final = """# Topics

Made by `make docs` from `bus/topics.py`, `runtime/services.py` and the message types; do not edit.
Field names are the same in code, on the bus, in REST and in the push protocol.

| topic | carries | written by | read by | wire name | delivery |
|---|---|---|---|---|---|
"""


def page() -> str:
    """Return the text of docs/topics.md."""
    lines = [_HEAD.rstrip("\n")]
    topics: tuple[Topic[Any], ...] = (
        *TOPICS.values(), *DESK_TOPICS.values(), *PEOPLE_TOPICS.values(), *FLEET_TOPICS.values(),
    )  # fmt: skip
    for topic in topics:
        readers = ", ".join(row.name for row in (*SERVICES, *DESK, *PEOPLE) if topic in row.reads)
        lines.append(
            f"| `{topic.name}` | {topic.doc} | {topic.writer} | {readers} | `{topic.wire_name}` | {topic.delivery} |"
        )
    seen: set[type] = set()
    for topic in topics:
        if topic.event not in seen:
            seen.add(topic.event)
            lines += ["", *_fields(topic)]
    return "\n".join(lines) + "\n"


def _fields(topic: Topic[object]) -> list[str]:
    info = inspect.type_info(topic.event)
    if not isinstance(info, inspect.StructType):
        message = f"topic {topic.name} carries no struct"
        raise TypeError(message)
    doc = (topic.event.__doc__ or "").strip().splitlines()
    lines = [f"## {topic.event.__name__}", "", *(line.strip() for line in doc), "", "| field | type |", "|---|---|"]
    lines += [f"| `{field.encode_name}` | {_type_name(field.type)} |" for field in info.fields]
    return lines


def _type_name(kind: inspect.Type) -> str:
    match kind:
        case inspect.UnionType(types=types):
            return " or ".join("null" if isinstance(part, inspect.NoneType) else _type_name(part) for part in types)
        case inspect.VarTupleType(item_type=item):
            return f"list of {_type_name(item)}"
        case inspect.TupleType(item_types=items):
            return "[" + ", ".join(_type_name(item) for item in items) + "]"
        case inspect.LiteralType(values=values):
            return " or ".join(f'"{value}"' for value in values)
        case inspect.EnumType(cls=cls):
            return " or ".join(f'"{member.value}"' for member in cls)
        case inspect.StructType(cls=cls):
            return cls.__name__
        case _:
            return type(kind).__name__.removesuffix("Type").lower()


if __name__ == "__main__":
    sys.stdout.write(page())
