"""The mark of the line's forms: the same for the same fields, another one as soon as a field is another."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tradewind.bus import forms
from tradewind.bus.topics import TOPICS
from tradewind.domain.bar import Bar


@pytest.fixture(autouse=True)
def _forgotten() -> Any:
    forms.line_form.cache_clear()
    yield
    forms.line_form.cache_clear()


def with_bars_of(event: type, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the mark of a release whose bars are `event`."""
    forms.line_form.cache_clear()
    changed = {**TOPICS, "bars": msgspec.structs.replace(TOPICS["bars"], event=event)}
    monkeypatch.setattr(forms, "TOPICS", changed)
    return forms.line_form()


def bar_like(*more: tuple[str, type], doc: str = "Another text.") -> type:
    """Return a message called and made like a bar, with `more` fields."""
    fields = [(field.name, field.type) for field in msgspec.structs.fields(Bar)]
    return msgspec.defstruct("Bar", [*fields, *more], namespace={"__doc__": doc}, frozen=True)


def test_it_is_the_same_every_time() -> None:
    first = forms.line_form()
    forms.line_form.cache_clear()
    assert forms.line_form() == first
    assert len(first) == 8


def test_what_only_describes_a_message_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    assert with_bars_of(bar_like(doc="One."), monkeypatch) == with_bars_of(bar_like(doc="Two."), monkeypatch)


def test_one_more_field_is_another_form(monkeypatch: pytest.MonkeyPatch) -> None:
    assert with_bars_of(bar_like(), monkeypatch) != with_bars_of(bar_like(("ticks", int)), monkeypatch)
