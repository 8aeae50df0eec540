"""The visit of `tradewind ctp doctor`: locale, library, then every way that the settings name, all ways at once."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.ctp import locale
from tradewind.ctp.binding import needs_locale
from tradewind.ctp.channel import Places
from tradewind.errors import ConfigError, TransientError
from tradewind.kernel.clock import monotonic_s
from tradewind.ops.findings import Finding, Found, Level, fail, ok, warn
from tradewind.runtime.doctor.ctp.asking import CtpChild
from tradewind.runtime.doctor.ctp.loading import load
from tradewind.runtime.doctor.ctp.walk import STEPS, Told, Walk, leaving_out
from tradewind.runtime.doctor.ctp.ways import ways

if TYPE_CHECKING:
    from collections.abc import Collection

    from tradewind.ctp.binding import Kind
    from tradewind.runtime.doctor.ctp.ways import Way
    from tradewind.runtime.settings import TradewindSettings

LOCALE: Final = "locale"
LIBRARY: Final = "library"
ALL_STEPS: Final = {
    LOCALE: "zh_CN.GB18030, where the library needs it; it is made where it can be",
    LIBRARY: "the library is loaded, in a child process, and says its version",
    "fronts": "each front of the lists: its port can be reached, and it greets",
    "login": "authentication and login, once for each account, and never beside a platform at work",
    "clock": "the exchanges' times of the login, against this clock",
    "limits": "queries and orders a second that the front takes, against the settings",
}
"""Steps in their order, and what each is about."""


def visit(settings: TradewindSettings, *, only: Collection[str] = (), patience_s: float) -> list[Finding]:
    """Take the steps up to the last of `only`, else all; return what they find.

    What is not in `only` is told where it is not well, as it stands in the way of what is.
    """
    names = tuple(ALL_STEPS)
    last = max((names.index(name) for name in only), default=len(names) - 1)
    told = asyncio.run(_visit(settings, names[: last + 1], patience_s))
    return [
        Finding(
            check=each.step,
            level=each.found.level,
            text=each.found.text,
            remedy=each.found.remedy,
            took_ms=round(each.took_s * 1e3, 1),
        )
        for each in told
        if not only or each.step in only or each.found.level is not Level.OK
    ]


async def _visit(settings: TradewindSettings, names: tuple[str, ...], patience_s: float) -> list[Told]:
    found = ways(settings)
    with tempfile.TemporaryDirectory(prefix="tradewind-ctp-doctor-") as folder:
        place = Path(folder)
        told: list[Told] = []
        for number, step in enumerate(names[:2]):
            begun_s = monotonic_s()
            here = [_locale(settings)] if step == LOCALE else await _library(settings, found, place, patience_s)
            is_passed = all(each.level is not Level.FAIL for each in here)
            here = here if is_passed else leaving_out(here, names[number + 1 :])
            told += [Told(step, each, monotonic_s() - begun_s) for each in here]
            if not is_passed:
                return told
        return [*told, *(await _walk_all(settings, found, names[2:], place, patience_s))]


def _locale(settings: TradewindSettings) -> Found:
    """Make the locale ready as the child would; before it, as it inherits what is found here."""
    binding, folder = settings.ctp.binding, Places.of(settings.ctp, settings.data_dir, "").locale_dir
    if not needs_locale(binding):
        return ok(f"{binding} needs no locale of its own")
    try:
        where = locale.prepare(folder)
    except ConfigError as error:
        what, _, remedy = str(error).partition("; ")
        return fail(what, remedy)
    return ok(f"the locale {locale.NAME} is there ({where})")


async def _library(settings: TradewindSettings, found: list[Way], folder: Path, patience_s: float) -> list[Found]:
    kinds: list[Kind] = sorted({way.kind for way in found}) or ["market", "trading"]
    return list(await asyncio.gather(*(load(kind, settings, folder, patience_s) for kind in kinds)))


async def _walk_all(
    settings: TradewindSettings, found: list[Way], names: tuple[str, ...], folder: Path, patience_s: float
) -> list[Told]:
    if not names:
        return []
    if not found:
        nothing = warn(
            "neither market.ctp.fronts nor execution.ctp.accounts names any front",
            "write down what the broker gave you: docs/how-to/ctp-account.en.md, ctp-market.en.md",
        )
        return [Told(names[0], each, 0.0) for each in leaving_out([nothing], names[1:])]
    lists = await asyncio.gather(
        *(_walk(way, settings, folder / str(number), names[-1], patience_s) for number, way in enumerate(found))
    )
    return sorted((each for one in lists for each in one), key=lambda each: STEPS.index(each.step))


async def _walk(way: Way, settings: TradewindSettings, flow_dir: Path, last: str, patience_s: float) -> list[Told]:
    begun_s = monotonic_s()
    locale_dir = Places.of(settings.ctp, settings.data_dir, "").locale_dir
    async with CtpChild(way.kind, settings.ctp, flow_dir=flow_dir, locale_dir=locale_dir) as child:
        try:
            await child.version(min(settings.ctp.load_s, patience_s))
        except (TimeoutError, ConfigError, TransientError) as error:
            said = str(error) or "it was not loaded in time"
            stuck = fail(f"{way.name}: the library was loaded before and is not now: {said}", "look again")
            names = STEPS[1 : STEPS.index(last) + 1]
            return [Told(STEPS[0], each, monotonic_s() - begun_s) for each in leaving_out([stuck], names)]
        return await Walk(way, child, settings, patience_s=patience_s).take(last)
