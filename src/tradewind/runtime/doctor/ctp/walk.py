"""One way to a front, step by step: its fronts, the login, the clocks, the limits. Where it ends, it says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tradewind.ctp import flow_lock
from tradewind.ctp.error_texts import REMEDIES, Reaction, meaning_of, shown
from tradewind.errors import ConfigError, TransientError
from tradewind.kernel.clock import NS_PER_S, SystemClock, monotonic_s
from tradewind.ops import ctp_judging
from tradewind.ops.findings import Found, Level, fail, ok, warn
from tradewind.runtime.doctor.ctp.reaching import PATIENCE_S, why_not_reached

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tradewind.ctp.messages import Called
    from tradewind.runtime.doctor.ctp.asking import CtpChild
    from tradewind.runtime.doctor.ctp.ways import Way
    from tradewind.runtime.settings import TradewindSettings

_CHINA_S: Final = 8 * 3_600
_DAY_S: Final = 86_400
_EXCHANGES: Final = ("SHFE", "INE", "DCE", "CZCE", "FFEX", "GFEX")
"""As the login's fields begin; FFEX is CFFEX."""
FRONTS: Final = "fronts"
LOGIN: Final = "login"
CLOCK: Final = "clock"
LIMITS: Final = "limits"
STEPS: Final = (FRONTS, LOGIN, CLOCK, LIMITS)


class Told(NamedTuple):
    """A finding of a step, and how long the step took."""

    step: str
    found: Found
    took_s: float


class _Entry(NamedTuple):
    """A login that was accepted."""

    fields: dict[str, Any]
    here_ns: int
    took_s: float


class Walk:
    """Takes the steps of one way, up to the last one wanted; each needs the one before it."""

    def __init__(self, way: Way, child: CtpChild, settings: TradewindSettings, *, patience_s: float) -> None:
        """`patience_s` shortens every wait that the settings would make longer."""
        self._way = way
        self._child = child
        self._settings = settings
        self._patience_s = patience_s
        self._front = ""
        self._entry: _Entry | None = None

    async def take(self, last: str) -> list[Told]:
        """Return what each step finds. What one that fails leaves out stands in its text."""
        told: list[Told] = []
        wanted = steps_of(self._way)[: STEPS.index(last) + 1]
        for number, step in enumerate(wanted):
            begun_s = monotonic_s()
            found, is_passed = await self._step(step)
            if not is_passed:
                found = leaving_out(found, wanted[number + 1 :])
            took_s = monotonic_s() - begun_s
            told += [Told(step, each, took_s) for each in found]
            if not is_passed:
                break
        return told

    async def _step(self, step: str) -> tuple[list[Found], bool]:
        """Return findings and whether the next step can be taken."""
        steps: dict[str, Callable[[], Awaitable[tuple[list[Found], bool]]]] = {
            FRONTS: self._fronts,
            LOGIN: self._login,
            CLOCK: self._clock,
            LIMITS: self._limits,
        }
        try:
            return await steps[step]()
        except TimeoutError:
            said = "the library does not answer"
        except TransientError as error:
            said = str(error)
        except ConfigError as error:
            what, _, remedy = str(error).partition("; ")
            return [fail(f"{self._way.name}: {what}", remedy or f"correct {self._way.setting}")], False
        return [fail(f"{self._way.name}: {said}", "look again; if it stays so, keep the text for a report")], False

    async def _fronts(self) -> tuple[list[Found], bool]:
        """Reach each front of the list, and have it greet."""
        found = [await self._reach(front) for front in self._way.fronts]
        if self._front:
            # The platform goes on to the next of the list.
            found = [warn(each.text, each.remedy) if each.level is Level.FAIL else each for each in found]
        return found, bool(self._front)

    async def _reach(self, front: str) -> Found:
        who, setting = self._way.name, self._way.setting
        why = await why_not_reached(front, min(PATIENCE_S, self._patience_s))
        if why:
            remedy = (
                f"correct the fronts of {setting}; let this machine through the firewall to them; outside trading "
                "hours brokers shut them down"
            )
            return fail(f"{who}: {front} cannot be reached: {why}", remedy)
        within_s = min(self._settings.ctp.no_answer_s, self._patience_s)
        try:
            await self._child.connect(front, within_s)
            said = ""
        except TimeoutError:
            said = f"says nothing within {within_s:g} s (no OnFrontConnected)"
        except TransientError as error:
            said = f"does not greet: {error}"
        await self._child.let_go()
        if said:
            remedy = (
                f"see that it is a {self._way.kind} front and that ctp.production fits it (false for conformance "
                "tests); around settlement fronts take connections and say nothing"
            )
            return fail(f"{who}: {front} can be reached and {said}", remedy)
        self._front = self._front or front
        return ok(f"{who}: {front} answers")

    async def _login(self) -> tuple[list[Found], bool]:
        """Log in once, unless the platform is logged in: more sessions than the broker allows push others out."""
        way = self._way
        if way.is_personal and flow_lock.is_held(way.flow_dir):
            text = f"{way.name}: not logged in, as the platform is at work with it ({way.flow_dir} is in use)"
            remedy = "see how it stands (`tradewind status`, GET /api/v1/order-queue), or stop it and look again"
            return [warn(text, remedy)], False
        requests = way.requests()
        within_s = min(way.login_s, self._patience_s)
        await self._child.connect(self._front, min(self._settings.ctp.no_answer_s, self._patience_s))
        for name, fields in requests:
            begun_s = monotonic_s()
            try:
                answer = await self._child.request(name, fields, within_s)
            except TimeoutError:
                text = f"{way.name}: {self._front} does not answer {name} within {within_s:g} s"
                return [fail(text, "look again in a while; the front may be starting or settling")], False
            if answer.error_id or answer.fields is None:
                return [self._refused(name, answer)], False
            self._entry = _Entry(answer.fields, SystemClock().now_ns(), monotonic_s() - begun_s)
        day = "" if self._entry is None else str(self._entry.fields.get("TradingDay", "")).strip()
        return [ok(f"{way.name}: let in at {self._front}, trading day {day}")], True

    def _refused(self, name: str, answer: Called) -> Found:
        what = {"ReqAuthenticate": "the authentication"}.get(name, "the login")
        code = answer.error_id
        if meaning_of(code).reaction is Reaction.RETRY:
            remedy = "the front is not ready: look again in a while"
        else:
            remedy = REMEDIES.get(code, "ask the broker")
            remedy += f" ({self._way.setting}); do not try on and on: the broker locks an account after some failures"
        return fail(f"{self._way.name}: {self._front} refuses {what}: {shown(code, answer.error_text)}", remedy)

    async def _clock(self) -> tuple[list[Found], bool]:
        """Compare the exchanges' times of the login with this clock."""
        if (entry := self._entry) is None:
            return [], False
        times = {name: str(entry.fields.get(f"{name}Time", "")) for name in _EXCHANGES}
        here_s = (entry.here_ns / NS_PER_S + _CHINA_S) % _DAY_S
        return [ctp_judging.exchange_clocks(self._way.name, times, here_s=here_s, took_s=entry.took_s)], True

    async def _limits(self) -> tuple[list[Found], bool]:
        """Hold what the front takes a second against the settings."""
        front, broker = await self._child.ask("GetFrontInfo"), self._settings.execution.ctp
        who = self._way.name
        return [
            ctp_judging.query_limit(who, int(front.get("QryFreq", 0)), broker.query_spacing_s),
            ctp_judging.order_limit(who, int(front.get("FTDPkgFreq", 0)), broker.flow_per_s),
        ], True


def steps_of(way: Way) -> tuple[str, ...]:
    """Return the steps of a way; a market front has no limits to tell."""
    return STEPS if way.kind == "trading" else STEPS[:-1]


def leaving_out(found: list[Found], steps: tuple[str, ...]) -> list[Found]:
    """Return findings of which the last that is not well says which steps were not taken because of it."""
    at = max((number for number, each in enumerate(found) if each.level is not Level.OK), default=None)
    if not steps or at is None:
        return found
    last = found[at]
    told = Found(last.level, f"{last.text}; left out: {', '.join(steps)}", last.remedy)
    return [*found[:at], told, *found[at + 1 :]]
