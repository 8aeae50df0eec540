"""The types of the JavaScript client against the messages that are sent: the same fields, optional where left out."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

import msgspec
import pytest

from tradewind.api import desk_forms, models
from tradewind.domain import (
    account,
    bar,
    chat,
    desk,
    feature,
    instruction,
    instrument,
    job,
    module,
    notice,
    opportunity,
    order,
    plan,
    risk,
    signal,
    statistics,
    tick,
    trading_state,
)
from tradewind.portfolio import equity, queries
from tradewind.pretrade import acts, use, what_if
from tradewind.push.topics import PUSH_TOPICS
from tradewind.runtime.desk import views

from .conftest import WEB

SOURCE: Final = WEB / "client" / "src"
PAGES: Final = ("model", "desk", "figures", "fleet", "talk", "forms")
STRUCTS: Final[dict[str, type[msgspec.Struct]]] = {
    "Instrument": instrument.Instrument,
    "Tick": tick.Tick,
    "Bar": bar.Bar,
    "WindowFeatures": feature.WindowFeatures,
    "FeatureSnapshot": feature.FeatureSnapshot,
    "Signal": signal.Signal,
    "SignalTimes": signal.SignalTimes,
    "Contribution": opportunity.Contribution,
    "Opportunity": opportunity.Opportunity,
    "RiskAlert": risk.RiskAlert,
    "Session": models.SessionView,
    "Position": account.Position,
    "Account": account.Account,
    "Lot": queries.LotView,
    "OrderRequest": order.OrderRequest,
    "Order": order.Order,
    "Fill": order.Fill,
    "Refusal": order.Refusal,
    "Execution": instruction.Execution,
    "InstructionLine": instruction.InstructionLine,
    "Instruction": instruction.Instruction,
    "Trigger": instruction.Trigger,
    "PlanParams": plan.PlanParams,
    "Plan": plan.TradingPlan,
    "TradingState": trading_state.TradingState,
    "LimitWarning": trading_state.LimitWarning,
    "ModeAnswer": acts.HaltAnswer,
    "Headroom": use.Headroom,
    "WhatIfLine": what_if.WhatIfLine,
    "AccountAfter": what_if.AccountAfter,
    "WhatIf": what_if.WhatIf,
    "CloseView": views.CloseView,
    "EquityPoint": equity.EquityPoint,
    "EquityView": views.EquityView,
    "LimitsView": views.LimitsView,
    "PositionFigures": statistics.PositionFigures,
    "AccountFigures": statistics.AccountFigures,
    "TradeStatistic": statistics.TradeStatistic,
    "OrderStatistic": statistics.OrderStatistic,
    "PositionGroup": statistics.PositionGroup,
    "ChatMessage": chat.ChatMessage,
    "Notice": notice.Notice,
    "Module": module.Module,
    "JobPlan": job.JobPlan,
    "Job": job.Job,
    "WishedLine": desk.WishedLine,
    "WhatIfForm": desk_forms.WhatIfForm,
    "InstructionForm": desk_forms.SubmitForm,
    "ClosePreviewForm": desk_forms.ClosePreviewForm,
    "CloseForm": desk_forms.CloseForm,
    "ModeForm": desk_forms.ModeForm,
}
UNTYPED: Final = {"Source", "Versioned", "EquityDay", "RecordAsk"}
"""Parts of others, rows of a store, and what goes into an address."""
LEFT_OUT: Final[dict[str, set[str]]] = {
    "Instrument": {"is_date_kept", "option"},
    "Order": {"broker_ref"},
    # What the instruction book adds; its pages have types of their own.
    "Instruction": {
        *("adjustments", "trader", "makers", "handling", "expires_at", "total_current_delta_value"),
        *("total_adjusted_delta_value", "acted_version", "step", "touched"),
    },
    "InstructionLine": {"send"},
    "LimitsView": {"counters", "bursts"},
    "Module": {"inputs", "outputs"},
}
"""Fields that the types do not name: the wire's own bookkeeping, or another dialect's."""

_INTERFACE = re.compile(r"interface (\w+)(?: extends (\w+))? \{\n(.*?)\n\}", re.DOTALL)
_FIELD = re.compile(r"^  readonly (\w+)(\??):", re.MULTILINE)
_OPEN = re.compile(r"^  readonly \[", re.MULTILINE)


class Interface(NamedTuple):
    """What one TypeScript interface names; `is_open`: and whatever else there is."""

    parent: str
    fields: dict[str, bool]
    is_open: bool


def interfaces() -> dict[str, Interface]:
    text = "\n".join((SOURCE / f"{page}.ts").read_text(encoding="utf-8") for page in PAGES)
    return {
        name: Interface(parent, {field: bool(mark) for field, mark in _FIELD.findall(body)}, bool(_OPEN.search(body)))
        for name, parent, body in _INTERFACE.findall(text)
    }


INTERFACES: Final = interfaces()


def fields_of(name: str) -> dict[str, bool]:
    """Return each field that an interface names, and whether it may be absent."""
    parent, fields, _ = INTERFACES[name]
    return {**(fields_of(parent) if parent else {}), **fields}


def test_every_type_of_a_message_stands_for_a_struct() -> None:
    assert set(INTERFACES) == set(STRUCTS) | UNTYPED


@pytest.mark.parametrize("name", STRUCTS)
def test_a_type_has_the_fields_of_its_message(name: str) -> None:
    sent = set(STRUCTS[name].__struct_encode_fields__)
    told = set(fields_of(name))
    assert told <= sent
    if not INTERFACES[name].is_open:
        assert sent - told == LEFT_OUT.get(name, set())


@pytest.mark.parametrize("name", STRUCTS)
def test_a_field_that_may_be_left_out_on_the_wire_is_optional(name: str) -> None:
    kind = STRUCTS[name]
    if kind.__struct_config__.omit_defaults:
        with_default = kind.__struct_encode_fields__[-len(kind.__struct_defaults__) :]
        told = fields_of(name)
        assert [field for field in with_default if field in told and not told[field]] == []


def test_the_client_knows_every_topic_and_how_it_comes() -> None:
    messages, feed = ((SOURCE / f"{page}.ts").read_text(encoding="utf-8") for page in ("messages", "feed"))
    names = re.findall(r"'(\w+)'", messages.partition("export type TopicName =")[2].partition("\n\n")[0])
    assert set(names) == {topic.name for topic in PUSH_TOPICS}
    values = re.findall(r"'(\w+)'", feed.partition("new Set<TopicName>([")[2].partition("])")[0])
    assert set(values) == {topic.name for topic in PUSH_TOPICS if topic.mode == "latest"}
