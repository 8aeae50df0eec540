"""`python -m tradewind.runtime.risk_rules_page` writes docs/risk-rules.md: rules, codes, default limits, exchanges."""

from __future__ import annotations

import sys
from importlib import resources
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.pretrade.limits import DEFAULTS, label_of
from tradewind.pretrade.registry import builtin_rules
from tradewind.pretrade.regulatory import regulatory
from tradewind.pretrade.rules.guard import CODES
from tradewind.pretrade.settings import LIMIT_NAMES, ScopeLimits

if TYPE_CHECKING:
    from collections.abc import Mapping

_HEAD: Final = """# Risk rules

Made by `make docs` from the rules in `pretrade/rules`, `pretrade/limits.py` and `pretrade/data`; do not edit.
How they work together: [risk.en.md](risk.en.md), 中文 [risk.md](risk.md).

## Rules, in the order they are asked

| rule | code | meaning | 含义 |
|---|---|---|---|
"""
_LIMITS: Final = """
## Default limits

A row of `[[pretrade.limits]]` replaces single limits of the same scope and key; `*` is every key without a row of its
own.

| scope | limit | default |
|---|---|---|
"""
_EXCHANGES: Final = """
## What exchanges call abnormal

Figures of {as_of}, from which count of an account in a contract on a trading day; the gate stops one below.

| exchange | self-trades | cancels | big cancels | not counted | since | source | verified |
|---|---|---|---|---|---|---|---|
"""


def chinese() -> Mapping[str, str]:
    """Return what each code means in Chinese."""
    text = resources.files("tradewind.pretrade").joinpath("data/codes_zh.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, str])


def page() -> str:
    """Return the text of docs/risk-rules.md."""
    names = chinese()
    lines = [_HEAD.rstrip("\n")]
    for rule in builtin_rules():
        lines += [f"| `{rule.name}` | `{code}` | {text} | {names[code]} |" for code, text in rule.codes.items()]
    lines += [f"| (the gate) | `{code}` | {text} | {names[code]} |" for code, text in CODES.items()]
    lines.append(_LIMITS.rstrip("\n"))
    lines += [line for row in DEFAULTS for line in _limits(row)]
    rules = regulatory()
    lines.append(_EXCHANGES.format(as_of=rules.as_of).rstrip("\n"))
    for name, exchange in rules.exchanges.items():
        big = f"{exchange.big_cancels_from} of ≥ {exchange.big_cancel_lots} lots" if exchange.big_cancel_lots else "–"
        exempt = ", ".join(kind.value.upper() for kind in exchange.exempt) or "–"
        verified = "yes" if exchange.is_verified else "no"
        lines.append(
            f"| {name} | {exchange.self_trades_from} | {exchange.cancels_from} | {big} | {exempt} | {exchange.since} "
            f"| {exchange.source} | {verified} |"
        )
    bursts = rules.bursts
    lines += [
        "",
        (
            f"Programmatic trading: {bursts.messages} orders and cancels within {bursts.within_s:g} s, "
            f"{bursts.a_day} times a day, since {bursts.since} ({bursts.source})."
        ),
    ]
    return "\n".join(lines) + "\n"


def _limits(row: ScopeLimits) -> list[str]:
    where = label_of(row.scope, row.key)
    values = {name: getattr(row, name) for name in LIMIT_NAMES}
    return [f"| `{where}` | `{name}` | {value} |" for name, value in values.items() if value is not None]


if __name__ == "__main__":
    sys.stdout.write(page())
