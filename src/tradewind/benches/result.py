"""What every bench returns and how it is shown: figures, ratios against baselines, goals met or missed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal

import click

from tradewind.kernel.clock import NS_PER_MS
from tradewind.kernel.rng import named_rng

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class BenchResult:
    """Collects one bench's numbers."""

    def __init__(self, bench: str) -> None:
        self.bench = bench
        self.figures: dict[str, float] = {}
        self.ratios: dict[str, float] = {}
        self.goals: dict[str, dict[str, Any]] = {}

    def figure(self, name: str, value: float) -> None:
        """Note one measured number; its unit stands in its name."""
        self.figures[name] = _short(value)

    def ratio(self, name: str, value: float) -> None:
        """Note one ratio of ours to a baseline measured in this run."""
        self.ratios[name] = _short(value)

    def goal(self, name: str, value: float, goal: float, *, better: Literal["lower", "higher"]) -> None:
        """Judge one number by its goal."""
        is_met = value <= goal if better == "lower" else value >= goal
        self.goals[name] = {"value": _short(value), "goal": goal, "ok": is_met}

    def as_dict(self) -> dict[str, Any]:
        """Return the object that `--json` prints."""
        return {"bench": self.bench, "figures": self.figures, "ratios": self.ratios, "goals": self.goals}

    def show(self) -> None:
        """Print a table for a person."""
        click.echo(f"\nbench {self.bench}")
        for title, rows in (("figures", self.figures), ("ratios to the baseline of this run", self.ratios)):
            if rows:
                click.echo(f"  {title}")
                for name, value in rows.items():
                    click.echo(f"    {name:44} {value:>14,.6g}")
        if self.goals:
            click.echo("  goals")
            for name, goal in self.goals.items():
                mark = "met   " if goal["ok"] else "MISSED"
                click.echo(f"    {mark} {name:37} {goal['value']:>14,.6g}   goal {goal['goal']:g}")


def _short(value: float) -> float:
    return float(f"{value:.5g}")


def pin(core: int) -> None:
    """Keep this process on one core, so that runs compare; harmless where there is only one."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})


def percentile_ms(taken: Sequence[int], percent: int) -> float:
    """Return a percentile of times in ns, in ms."""
    ordered = sorted(taken)
    return ordered[min(len(ordered) * percent // 100, len(ordered) - 1)] / NS_PER_MS


def pauses_s(shortest: float, longest: float) -> Iterator[float]:
    """Yield pauses of any length between the two, so that what is measured meets every moment of what runs beside."""
    rng = named_rng(1, "bench pauses")
    while True:
        yield rng.uniform(shortest, longest)
