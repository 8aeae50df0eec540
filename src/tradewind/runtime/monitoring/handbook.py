"""The handbook's pages, one per alert and language: `python -m tradewind.runtime.monitoring.handbook` writes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from tradewind.runtime.monitoring.alerts import PAGES, alerts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.runtime.monitoring.alerts import Alert, Words


class _Heads(NamedTuple):
    severity: str
    look: str
    remedy: str
    rule: str
    contents: str
    intro: str
    groups: dict[str, str]
    severities: dict[str, str]
    twin: str


_ZH: Final = _Heads(
    "级别", "先看什么", "怎么处理", "规则", "警报手册",
    "每条警报一页：它说明什么、先看什么、怎么处理。规则由 `tradewind monitoring` 写出。",
    {"market": "行情与流水线", "trading": "委托与资金", "house": "运行环境"},
    {"critical": "严重：现在就处理", "warning": "警告：今天处理"},
    "[English]({}.en.md)",
)  # fmt: skip
_EN: Final = _Heads(
    "Severity", "What to look at", "What to do", "The rule", "Handbook of alerts",
    "A page for each alert: what it means, what to look at, what to do. `tradewind monitoring` writes the rules.",
    {"market": "Market data and the line", "trading": "Orders and money", "house": "The house"},
    {"critical": "critical: act now", "warning": "warning: act today"},
    "[中文]({}.md)",
)  # fmt: skip


def pages() -> Iterator[tuple[str, str]]:
    """Yield the path of each page in the project's folder and its text, the contents first."""
    for heads, suffix in ((_ZH, ""), (_EN, ".en")):
        yield f"{PAGES}/README{suffix}.md", _contents(heads, suffix)
        for alert in alerts():
            yield f"{PAGES}/{alert.name}{suffix}.md", _page(alert, heads, alert.en if suffix else alert.zh)


def _contents(heads: _Heads, suffix: str) -> str:
    lines = [f"# {heads.contents}", "", heads.twin.format("README"), "", heads.intro]
    for group, title in heads.groups.items():
        lines += ["", f"## {title}", ""]
        for alert in alerts():
            if alert.group == group:
                lines.append(f"- [{alert.name}]({alert.name}{suffix}.md) {(alert.en if suffix else alert.zh).title}")
    return "\n".join(lines) + "\n"


def _page(alert: Alert, heads: _Heads, words: Words) -> str:
    lines = [
        f"# {alert.name}: {words.title}",
        "",
        heads.twin.format(alert.name),
        "",
        words.means,
        "",
        f"{heads.severity}: {heads.severities[alert.severity]}",
    ]
    for title, steps in ((heads.look, words.look), (heads.remedy, words.remedy)):
        lines += ["", f"## {title}", "", *(f"{number}. {step}" for number, step in enumerate(steps, 1))]
    lines += ["", f"## {heads.rule}", "", "```promql", alert.expr, "```", "", f"`for: {alert.for_}`"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write every page below the folder this is called in, and remove those of alerts that are no more."""
    wanted = dict(pages())
    folder = Path(PAGES)
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        if f"{PAGES}/{old.name}" not in wanted:
            old.unlink()
    for name, text in wanted.items():
        Path(name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
