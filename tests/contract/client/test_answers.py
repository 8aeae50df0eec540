"""The client's forms of answers have the fields of the platform's own, so that neither changes without the other."""

from __future__ import annotations

import importlib
import types
import typing
from typing import Any

import msgspec
import pytest

from tradewind.api import history_desk, identity_forms, models, ports
from tradewind.client.answers import book, fleet, funds, history, judged, record, sending, session, strategies
from tradewind.client.topics import TYPES
from tradewind.collector.control import answers as control
from tradewind.execution import alarms, queries, throttle
from tradewind.execution import ports as execution
from tradewind.instructions import book_queries
from tradewind.portfolio import equity, ledger
from tradewind.portfolio import queries as portfolio
from tradewind.pretrade import acts, use, what_if
from tradewind.pretrade import queries as pretrade
from tradewind.push.topics import PUSH_TOPICS
from tradewind.runtime.desk import book_office, views
from tradewind.stores import asking
from tradewind.stores import fleet as stores_fleet
from tradewind.stores.ticks import bar
from tradewind.strategies import health, params

OURS: dict[types.ModuleType, tuple[types.ModuleType, ...]] = {
    book: (book_queries, book_office),
    fleet: (control, stores_fleet),
    funds: (portfolio, equity, ledger, views),
    history: (history_desk, bar),
    judged: (use, what_if, pretrade, acts, views),
    record: (asking,),
    sending: (throttle, execution, queries, alarms, views),
    session: (ports, models, identity_forms),
    strategies: (health, params),
}
"""Each module of the client's answers, with where the platform has the same."""
OTHER_NAMES = {"Session": "SessionView", "Ticket": "TicketView"}


def pairs() -> list[Any]:
    found = []
    for module, places in OURS.items():
        for name, kind in vars(module).items():
            if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind.__module__ == module.__name__:
                theirs = [
                    other for place in places if (other := vars(place).get(OTHER_NAMES.get(name, name))) is not None
                ]
                found.append(pytest.param(kind, theirs[0] if theirs else None, id=name))
    return found


@pytest.mark.parametrize(("kind", "theirs"), pairs())
def test_an_answer_has_the_fields_of_the_platforms_own(
    kind: type[msgspec.Struct], theirs: type[msgspec.Struct]
) -> None:
    assert kind.__struct_fields__ == theirs.__struct_fields__
    own, other = (typing.get_type_hints(each) for each in (kind, theirs))
    differing = {name: (own[name], other[name]) for name in own if not _is_alike(own[name], other[name])}
    assert differing == {}


def _is_alike(own: Any, theirs: Any) -> bool:
    """Say whether the same JSON fills both; a word of a list may be any text to the client, a later one has more."""
    if theirs is object or (own is str and isinstance(theirs, type) and issubclass(theirs, str)):
        return True
    if isinstance(own, type) and isinstance(theirs, type) and issubclass(own, msgspec.Struct):
        return own is theirs or OTHER_NAMES.get(own.__name__, own.__name__) == theirs.__name__
    if typing.get_args(own) or typing.get_args(theirs):
        parts = (typing.get_args(own), typing.get_args(theirs))
        return len(parts[0]) == len(parts[1]) and all(_is_alike(one, other) for one, other in zip(*parts, strict=True))
    return own is theirs or own == theirs


def test_every_topic_of_push_has_its_type_at_the_client() -> None:
    assert set(TYPES) == {topic.name for topic in PUSH_TOPICS}
    sources = {topic.name: topic.source.event for topic in PUSH_TOPICS if topic.source is not None}
    assert {name: TYPES[name] for name in sources} == sources


def test_every_module_of_answers_is_held_to_the_platform() -> None:
    package = importlib.import_module("tradewind.client.answers")
    there = {path.stem for folder in package.__path__ for path in __import__("pathlib").Path(folder).glob("[a-z]*.py")}
    assert {module.__name__.rpartition(".")[2] for module in OURS} == there
