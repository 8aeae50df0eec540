"""Every address of the page, read from the tables by which the page itself finds what to show.

Three heaps of them: pages whose address is fixed, places whose path varies (the operator's pages, charts, panels in
windows of their own), and parts of a page that the rest of the address names. What varies needs examples; the tables
tell which, so that a new tab is visited without anybody thinking of it, and what stands here without an example is
found by `without_example` and `unread`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, quote, urlsplit

SOURCE: Final = Path(__file__).resolve().parent.parent / "web" / "src"
ROUTER: Final = SOURCE / "app" / "router.ts"
OFFICE: Final = SOURCE / "office" / "routes.ts"
MISSING: Final = "/no-such-page"
_ADDRESS: Final = re.compile(r"^  '(?P<path>/[^']*)': '\w+',", re.MULTILINE)
_PATTERNS: Final = re.compile(r"^const PATTERNS\b.*?= \[\n(?P<lines>.*?)^\]", re.MULTILINE | re.DOTALL)
_PATTERN: Final = re.compile(r"^  \[/(?P<pattern>.+)/, '\w+'\],$")
_QUERY: Final = re.compile(r"\b(?:query|searchParams)\.get\((?P<name>[^)]*)\)")
_READERS: Final[Mapping[str, str]] = {
    "fleet/FleetJobs.vue": "/fleet",
    "fleet/FleetModules.vue": "/fleet",
    "fleet/places.ts": "/fleet",
    "ops/OpsAlerts.vue": "/ops/alerts",
    "ops/OpsConfig.vue": "/ops/config",
    "ops/OpsLogs.vue": "/ops/logs",
    "ops/OpsOverview.vue": "/ops",
    "pages/AdminPage.vue": "/admin",
    "pages/AlertsPage.vue": "/alerts",
    "pages/ChatPage.vue": "/chat",
    "pages/ComposePage.vue": "/instructions/new",
    "pages/ContractsPage.vue": "/contracts",
    "pages/FleetPage.vue": "/fleet",
    "pages/InstructionsPage.vue": "/instructions",
    "pages/LoginPage.vue": "/login",
    "pages/MarketPage.vue": "/market",
    "pages/PositionsPage.vue": "/positions",
    "pages/ReportPage.vue": "/report",
    "pages/SignalsPage.vue": "/signals",
    "pages/StatsPage.vue": "/stats",
    "pages/TradesPage.vue": "/trades",
    "talk/link.ts": "/chat",
}
"""Which page reads what stands behind the question mark, by the module that does it."""
SIGN_IN: Final = "/login?next=/market"
"""How everybody comes in; it is visited by signing in."""


@dataclass(frozen=True)
class Names:
    """Things that addresses name: what a platform has of each."""

    instrument: str = "rb2605.SHFE"
    account: str = "paper"
    book: str = "none"
    day: str = "20260105"
    instruction: str = "none"
    draft: str = "none"
    opportunity: str = "none"
    room: str = "none"
    module: str = "none"
    job: str = "none"
    alert: str = "none"


@dataclass(frozen=True)
class Place:
    """An address, and what the browser must have kept from before for it to be shown in this way."""

    address: str
    name: str
    """What it is called among the faults and the pictures: the same whatever the things it names are called."""
    kept: tuple[str, str] | None = None
    is_tab: bool = False
    """Whether it names one of several tabs, of which the page then shows this one."""

    @property
    def path(self) -> str:
        """Return the page's part of the address."""
        return urlsplit(self.address).path


def addresses(tables: tuple[Path, ...] = (ROUTER, OFFICE)) -> list[str]:
    """Return the address of every page that always has the same one."""
    found = [match["path"] for table in tables for match in _ADDRESS.finditer(table.read_text(encoding="utf-8"))]
    assert "/market" in found, "the tables of addresses are written in another way"
    assert "/instructions" in found, "the office's table of addresses is written in another way"
    # `/` is the market again; `/login` is for who is not signed in.
    return [path for path in found if path not in {"/", "/login"}]


def places(names: Names) -> list[Place]:
    """Return the pages whose path varies: each in all of its forms."""
    tabs = listed("ops/places.ts", "TABS")
    assert tabs[0] == "overview", "the operator's first page is called something else"
    panels = re.findall(r"^  \{ panel: '(\w+)',", _read("frame/panels.ts"), re.MULTILINE)
    assert len(panels) >= 5, "the table of panels is written in another way"
    kept = re.search(r"^const KEY = '([\w.]+)'", _read("pages/ChartPage.vue"), re.MULTILINE)
    assert kept is not None, "the chart keeps its panes under a name that is written in another way"
    splits = [int(number) for number in listed("pages/ChartPage.vue", "SPLITS")]
    charts = [
        Place(f"/chart/{names.instrument}", f"/chart in {split}", kept=(kept[1], json.dumps({"split": split})))
        for split in splits
    ]
    return [
        *(_place("/ops" if tab == "overview" else f"/ops/{tab}", names, is_tab=True) for tab in tabs),
        _place("/ops?part=trading", names),
        _place("/ops/logs?service=desk&level=debug&text=desk", names),
        _place("/ops/alerts?alert={alert}", names),
        _place("/ops/config?text=push", names),
        _place("/chart", names),
        *charts,
        *(_place(f"/pop/{panel}", names) for panel in (*panels, "nothing")),
        replace(charts[0], address="/chart/xx0001.SHFE", name="/chart unknown"),
    ]


def parts(names: Names) -> list[Place]:
    """Return the parts of pages that an address can name: tabs, modes, and what a link from elsewhere leads to."""
    tabs = {
        "/fleet?tab=": listed("fleet/places.ts", "TABS"),
        "/trades?tab=": listed("pages/TradesPage.vue", "TABS"),
        "/admin?tab=": listed("pages/AdminPage.vue", "PARTS"),
        "/alerts?show=": listed("pages/AlertsPage.vue", "MODES"),
        "/signals?show=": listed("pages/SignalsPage.vue", "MODES"),
    }
    said = (
        "/fleet?tab=modules&module={module}",
        "/fleet?tab=jobs&job={job}",
        "/signals?opportunity={opportunity}",
        "/instructions?id={instruction}",
        "/instructions/new?amend={draft}",
        "/instructions/new?opportunity={opportunity}",
        "/positions?book={book}",
        "/stats?account={account}&book={book}",
        "/report?account={account}&day={day}",
        "/market?i={instrument}&s=300&ticket=sell",
        "/contracts?i={instrument}&q=rb",
        "/chat?room={room}&instruction={instruction}",
        "/chat?chart={instrument}&s=300",
    )
    return [
        *(_place(begin + tab, names, is_tab=True) for begin, found in tabs.items() for tab in found),
        *(_place(template, names) for template in said),
    ]


def _place(template: str, names: Names, *, is_tab: bool = False) -> Place:
    quoted = {field: quote(value, safe="") for field, value in asdict(names).items()}
    return Place(template.format(**quoted), template, is_tab=is_tab)


def listed(file: str, table: str) -> list[str]:
    """Return the names in one of the page's constant tables, `[…]` or `{…}`, as they stand there."""
    found = re.search(
        rf"^const {table} = (\[[^\]]*\]|\{{[^}}]*\}}) as const$|^export const {table} = (\[[^\]]*\]) as const$",
        _read(file),
        re.MULTILINE,
    )
    assert found is not None, f"{table} of {file} is written in another way"
    written = found[1] or found[2]
    names = re.findall(r"(\w+):" if written.startswith("{") else r"[\w.]+", written)
    assert len(names) > 1, f"{table} of {file} is written in another way"
    return names


def without_example(visited: Iterable[Place], router: Path = ROUTER) -> list[str]:
    """Return the patterns of addresses for which none is visited."""
    table = _PATTERNS.search(router.read_text(encoding="utf-8"))
    assert table is not None, "the table of patterns is written in another way"
    lines = [line for line in table["lines"].splitlines() if not line.lstrip().startswith("//")]
    patterns = [_PATTERN.match(line) for line in lines]
    assert all(patterns), "a pattern is written in another way"
    paths = [place.path for place in visited]
    told = [match["pattern"] for match in patterns if match is not None]
    return [pattern for pattern in told if not any(re.search(pattern, path) for path in paths)]


def unread(visited: Iterable[Place], source: Path = SOURCE) -> list[str]:
    """Return what pages read behind the question mark, and no address that is visited says."""
    said: set[tuple[str, str]] = set()
    for address in (SIGN_IN, *(place.address for place in visited)):
        parsed = urlsplit(address)
        said |= {(parsed.path, name) for name in parse_qs(parsed.query)}
    return [f"{file}: {name}" for file, name in _read_queries(source) if (_READERS.get(file), name) not in said]


def _read_queries(source: Path) -> Iterator[tuple[str, str]]:
    for file in sorted((*source.rglob("*.vue"), *source.rglob("*.ts"))):
        if file.name.endswith(".test.ts"):
            continue
        for match in _QUERY.finditer(file.read_text(encoding="utf-8")):
            # A name that is no plain text is nothing that an address could be written for: it is found as it stands.
            yield file.relative_to(source).as_posix(), match["name"].strip("'")


def _read(file: str) -> str:
    return (SOURCE / file).read_text(encoding="utf-8")
