"""Chains of causes that are followed: bounded, and the same spans wherever they are seen."""

from __future__ import annotations

import builtins
import sys
from typing import Any

import pytest

from instructions_harness import make_opportunity
from tradewind.domain.opportunity import OpportunityState
from tradewind.errors import ConfigError
from tradewind.kernel.settings import load
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.tracing.chains import Chains, span_of, trace_of
from tradewind.runtime.tracing.service import build_tracing


def closed(name: str, **changes: Any) -> Any:
    return make_opportunity(opportunity_id=name, state=OpportunityState.CLOSED, **changes)


def test_the_same_event_gives_the_same_span_in_every_process() -> None:
    first, second = (Chains(10).opportunity(closed("o7")) for _ in range(2))
    assert first == second
    assert first is not None
    assert (first.trace_id, first.span_id) == (trace_of("o7"), span_of("opportunity", "o7"))
    assert len({trace_of(name) for name in map(str, range(1000))}) == 1000


def test_a_way_shows_each_of_its_steps_once() -> None:
    chains = Chains(10)
    for version, state in enumerate((OpportunityState.NEW, OpportunityState.ACTIVE, OpportunityState.ACTIVE), 1):
        assert chains.opportunity(make_opportunity(state=state, version=version)) is None
    span = chains.opportunity(make_opportunity(state=OpportunityState.CLOSED, version=4))
    assert span is not None
    assert [step.name for step in span.steps] == ["NEW", "ACTIVE", "CLOSED"]
    assert chains.opportunity(make_opportunity(state=OpportunityState.CLOSED, version=4)) is None


def test_what_is_followed_is_bounded_and_the_oldest_goes_first() -> None:
    chains = Chains(100)
    for number in range(1_000):
        chains.opportunity(make_opportunity(opportunity_id=f"o{number}"))
    assert list(chains._opportunities) == [f"o{number}" for number in range(900, 1_000)]


def test_an_endpoint_without_the_library_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *arguments: Any) -> Any:
        if name.startswith("opentelemetry"):
            raise ImportError(name)
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without)
    monkeypatch.delitem(sys.modules, "tradewind.runtime.tracing.sending", raising=False)
    settings = load(TradewindSettings, flags=["traces.endpoint=http://127.0.0.1:9/v1/traces"]).settings
    with pytest.raises(ConfigError, match=r"pip install 'tradewind\[traces\]'"):
        build_tracing(settings, None, service="test")  # type: ignore[arg-type]  # never reached


def test_an_endpoint_that_is_no_address_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match=r"traces\.endpoint"):
        load(TradewindSettings, flags=["traces.endpoint=ftp://somewhere"])
