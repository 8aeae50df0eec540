"""Asks every instance behind the gateway for its `/health`, all at once, and says what that means for the whole.

A service is well while one of its instances is. Answers are kept for a moment, and who asks meanwhile waits for the
round under way: however many probe the gateway, each instance is asked a few times a second at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
from typing import TYPE_CHECKING, Any, Final

import msgspec

from tradewind.api.ports import GatewayReport, InstanceView, ServiceView
from tradewind.kernel.clock import monotonic_s
from tradewind.runtime.gateway.places import places_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tradewind.runtime.gateway.places import Place
    from tradewind.runtime.settings import TradewindSettings

_LARGEST_ANSWER: Final = 65_536
_LONGEST_REASON: Final = 300
_OK: Final = 200
_SERVER_FAULT: Final = 500
_PARTS_OF_A_STATUS_LINE: Final = 2
_WELL_WORDS: Final = frozenset({"ok", "healthy", "running", "up"})


class NotHttpError(Exception):
    """Something answered that speaks no HTTP."""


class GatewayHealth:
    """Answers `api.ports.GatewayQueries`."""

    def __init__(
        self, places: Sequence[Place], *, timeout_s: float, kept_s: float, now_s: Callable[[], float] = monotonic_s
    ) -> None:
        self._places = tuple(places)
        self._timeout_s = timeout_s
        self._kept_s = kept_s
        self._now_s = now_s
        self._report: GatewayReport | None = None
        self._asked_s = 0.0
        self._round: asyncio.Task[GatewayReport] | None = None

    async def report(self) -> GatewayReport:
        """Return how everything is, as of at most `kept_s` ago. Never raises for a service that is not well."""
        if self._report is not None and self._now_s() - self._asked_s <= self._kept_s:
            return self._report
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._ask_all(), name="gateway.health")
        return await asyncio.shield(self._round)

    async def _ask_all(self) -> GatewayReport:
        instances = await asyncio.gather(*(ask(place, timeout_s=self._timeout_s) for place in self._places))
        self._report = judge(instances)
        self._asked_s = self._now_s()
        return self._report


def gateway_health(settings: TradewindSettings) -> GatewayHealth | None:
    """Return who asks the services behind the gateway; `None` where there is no gateway before this process."""
    gateway = settings.gateway
    if not gateway.is_before_us:
        return None
    return GatewayHealth(places_of(settings), timeout_s=gateway.health_timeout_s, kept_s=gateway.health_kept_s)


def judge(instances: Sequence[InstanceView]) -> GatewayReport:
    """Return the verdict: `ok`; `reduced` while every service has one well instance; else `degraded`."""
    services: dict[str, list[InstanceView]] = {}
    for instance in instances:
        services.setdefault(instance.service, []).append(instance)
    views = [_service_view(name, of_it) for name, of_it in services.items()]
    if not all(view.is_healthy for view in views):
        status = "degraded"
    elif not all(instance.is_healthy for instance in instances):
        status = "reduced"
    else:
        status = "ok"
    return GatewayReport(status=status, services=views, instances=list(instances))  # type: ignore[arg-type]  # one of three words


def _service_view(name: str, instances: list[InstanceView]) -> ServiceView:
    ill = [instance for instance in instances if not instance.is_healthy]
    reason = "; ".join(f"{instance.address}: {instance.reason}" for instance in ill) or None
    if not ill:
        state = instances[0].state
    elif len(ill) < len(instances):
        state = "reduced"
    else:
        state = ill[0].state
    return ServiceView(name, state, is_healthy=len(ill) < len(instances), last_error=reason)


async def ask(place: Place, *, timeout_s: float) -> InstanceView:
    """Ask one instance; whatever goes wrong is its answer."""
    begun_s = monotonic_s()
    try:
        async with asyncio.timeout(timeout_s):
            status, body = await _get_health(place)
    except TimeoutError:
        return _ill(place, "silent", f"no answer within {timeout_s:g} s")
    except NotHttpError as error:
        return _ill(place, "foreign", str(error))
    except OSError as error:
        return _ill(place, "down", _why(error))
    state, is_healthy, reason = read_answer(status, body)
    took_ms = round((monotonic_s() - begun_s) * 1e3, 2)
    return InstanceView(place.service, place.address, state, is_healthy, reason, took_ms)


def read_answer(status: int, body: bytes) -> tuple[str, bool, str]:
    """Return state, whether it is well, and why not, of a service's own answer."""
    told: dict[str, Any] = {}
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        decoded = None
    if isinstance(decoded, dict):
        told = decoded
    word = str(told.get("status") or told.get("state") or "")[:_LONGEST_REASON]
    if status == _OK and (not word or word in _WELL_WORDS):
        return "running", True, ""
    if _OK < status < _SERVER_FAULT:
        # It serves, and keeps its health from strangers: a gateway on another machine is one.
        return "running", True, f"answers {status} to /health"
    reason = str(told.get("reason") or told.get("last_error") or word or f"answers {status} to /health")
    return word or "failed", False, reason[:_LONGEST_REASON]


def _ill(place: Place, state: str, reason: str) -> InstanceView:
    return InstanceView(place.service, place.address, state, is_healthy=False, reason=reason)


def _why(error: OSError) -> str:
    if error.errno == errno.ECONNREFUSED:
        return "nothing listens there; is it started?"
    return error.strerror or str(error) or type(error).__name__


async def _get_health(place: Place) -> tuple[int, bytes]:
    """Return status and body.

    Raises:
        OSError: no connection, or it broke.
        NotHttpError: the answer is no HTTP.
    """
    reader, writer = await asyncio.open_connection(place.host, place.port, limit=_LARGEST_ANSWER)
    try:
        request = (
            f"GET /health HTTP/1.1\r\nHost: {place.address}\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
        )
        writer.write(request.encode("ascii"))
        head = await reader.readuntil(b"\r\n\r\n")
        parts = head.split(b"\r\n", 1)[0].split()
        if len(parts) < _PARTS_OF_A_STATUS_LINE or not parts[0].startswith(b"HTTP/") or not parts[1].isdigit():
            raise _not_http(head)
        return int(parts[1]), await reader.read(_LARGEST_ANSWER)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise _not_http(error.partial) from error
        message = "it closed the connection without an answer"
        raise ConnectionResetError(message) from error
    except asyncio.LimitOverrunError as error:
        endless = b"an endless line"
        raise _not_http(endless) from error
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


def _not_http(data: bytes) -> NotHttpError:
    return NotHttpError(f"another program answers there: {data[:40]!r}")
