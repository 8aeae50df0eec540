"""Runs checks, all at once, each in a thread of its own and no longer than it may take.

Threads and not tasks: a name that is not resolved, a driver that waits, a disk that hangs cannot be cancelled, and
nobody needs to wait for them. They are daemons, so that the process ends without them.
"""

from __future__ import annotations

import contextlib
import importlib
import queue
import re
import threading
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from tradewind.ctp.settings import FRONT
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.settings import leaves, value_at
from tradewind.ops.findings import Finding, Found, fail
from tradewind.runtime.settings import TradewindSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from tradewind.kernel.settings import Loaded
    from tradewind.runtime.doctor.table import Check

    Probe = Callable[[Loaded[TradewindSettings]], Iterable[Found]]
    Answers = queue.SimpleQueue[tuple[list[Found], float]]

PATIENCE_S: Final = 5.0
_FRONT: Final = re.compile(FRONT)
"""Addresses of CTP's fronts stand among what is secret of an account, and are none themselves."""


def examine(checks: Sequence[Check], loaded: Loaded[TradewindSettings], *, patience_s: float) -> list[Finding]:
    """Return what these checks find, in their order; one that takes longer than `patience_s` has failed."""
    chosen = [check for check in checks if check.applies(loaded.settings)]
    for check in chosen:
        _probe(check)
    begun_s = monotonic_s()
    asked = [(check, _begin(check, loaded)) for check in chosen]
    findings = []
    for check, answers in asked:
        found, took_s = _answer(check, answers, begun_s + patience_s, patience_s)
        findings += [
            Finding(
                check=check.name, level=each.level, text=each.text, remedy=each.remedy, took_ms=round(took_s * 1e3, 1)
            )
            for each in found
        ]
    return findings


def secrets_of(settings: TradewindSettings) -> set[str]:
    """Return every text that no report may show: passwords, keys, those inside addresses; addresses of robots whole."""
    found: set[str] = set()
    for leaf in leaves(TradewindSettings):
        value = value_at(settings, leaf.path) if leaf.is_secret else ""
        if not isinstance(value, str):
            found.update(text for text in _texts(value) if "://" in text and not _FRONT.fullmatch(text))
        elif "://" in value:
            found.update(_passwords(value))
        else:
            found.add(value)
    return found - {""}


def _passwords(address: str) -> Iterable[str]:
    with contextlib.suppress(ValueError):
        password = urlsplit(address).password or ""
        yield from (password, unquote(password))


def _begin(check: Check, loaded: Loaded[TradewindSettings]) -> Answers:
    answers: Answers = queue.SimpleQueue()
    arguments = (check, _probe(check), loaded, answers)
    threading.Thread(target=_run, args=arguments, name=f"doctor.{check.name}", daemon=True).start()
    return answers


def _probe(check: Check) -> Probe:
    """Import a probe, and all it needs: two threads that import one library may each see half of it."""
    module, _, name = check.probe.partition(":")
    probe: Probe = getattr(importlib.import_module(module), name)
    return probe


def _run(check: Check, probe: Probe, loaded: Loaded[TradewindSettings], answers: Answers) -> None:
    begun_s = monotonic_s()
    try:
        found = list(probe(loaded))
    except Exception as error:  # noqa: BLE001 - the check guard: what a driver raises is a finding about it
        said = str(error) or type(error).__name__
        found = [fail(f"{check.about}: {said}", "the text says what is wrong; see docs/how-to/terminal.md")]
    answers.put((found, monotonic_s() - begun_s))


def _answer(check: Check, answers: Answers, until_s: float, patience_s: float) -> tuple[list[Found], float]:
    try:
        return answers.get(timeout=max(0.0, until_s - monotonic_s()))
    except queue.Empty:
        silent = fail(
            f"no answer within {patience_s:g} s: {check.about}",
            "see whether what it asks is up and reachable from here; give it more time with --timeout",
        )
        return [silent], patience_s


def _texts(value: Any) -> Iterable[str]:  # noqa: ANN401 - a secret setting may be a table of secrets
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _texts(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)
    elif hasattr(value, "__struct_fields__"):
        for name in value.__struct_fields__:
            yield from _texts(getattr(value, name))
