"""The ports that this installation listens on: free, ours already, or somebody else's; and how what runs is."""

from __future__ import annotations

import errno
import http.client
import socket
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.errors import TradewindError
from tradewind.ops.findings import Found, fail, ok, warn
from tradewind.runtime.doctor.holders import holder_of, holders_of
from tradewind.runtime.gateway.places import Place, reachable
from tradewind.runtime.lifecycle.crew import Crew
from tradewind.runtime.lifecycle.frozen import with_gateway
from tradewind.runtime.lifecycle.health import Health, credentials
from tradewind.runtime.lifecycle.programs import number_of, programs_of, service_of
from tradewind.runtime.lifecycle.report import NOTHING_RUNS, status_of
from tradewind.runtime.releases import trouble_of
from tradewind.runtime.services import CONTROL, GATEWAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.kernel.settings import Loaded
    from tradewind.runtime.doctor.holders import Holder
    from tradewind.runtime.settings import TradewindSettings

_PATIENCE_S: Final = 1.5
_PRIVILEGED: Final = 1_024
_WELL: Final = frozenset({"running", "standby"})


def ports(loaded: Loaded[TradewindSettings]) -> list[Found]:
    """Look at every port; those that are free or ours in one line."""
    free: list[str] = []
    ours: list[str] = []
    found: list[Found] = []
    states = [(place, _state(place)) for place in places(loaded.settings)]
    holders = holders_of({place.port for place, state in states if state is None})
    for place, seen in states:
        text = f"{place.service} {place.port}"
        state = _taken(place, holders.get(place.port)) if seen is None else seen
        if isinstance(state, Found):
            found.append(state)
        else:
            (ours if state == "ours" else free).append(text)
    for names, what in ((ours, "ours already"), (free, "free")):
        if names:
            found.append(ok(f"{what}: {', '.join(names)}"))
    return found or [ok("every port is left to the system")]


def services(loaded: Loaded[TradewindSettings]) -> list[Found]:
    """Ask what runs how it is; that nothing runs is no fault of an installation."""
    settings = loaded.settings
    return list(_apart(loaded) if settings.bus.kind == "redis" else _embedded(settings))


def places(settings: TradewindSettings) -> Iterator[Place]:
    """Yield every port this machine would listen on with these settings; 0 is none."""
    if settings.bus.kind == "redis":
        yield from _places_apart(settings)
        return
    for name, edge, is_on in (
        ("api", settings.api, True),
        ("push", settings.push, True),
        ("quotes", settings.quotes, settings.quotes.enabled),
        (CONTROL, settings.control, settings.control.enabled),
    ):
        if is_on and edge.port:
            yield Place(name, edge.host, edge.port)


def _places_apart(settings: TradewindSettings) -> Iterator[Place]:
    services_ = settings.services
    wanted = ["market", *settings.rooms, "push", "api", "quotes"]
    wanted += ["trading"] if settings.is_trading else []
    wanted += [CONTROL] if settings.control.enabled else []
    gateway = with_gateway(settings).gateway
    wanted += [GATEWAY] if gateway.enabled is True else []
    for program in programs_of(settings, wanted):
        host = settings.api.host if program == "api" else services_.host
        yield Place(program, host, services_.health_port(service_of(program), number_of(program)))
    yield Place("push", settings.push.host, services_.push_port)
    yield Place("quotes", settings.quotes.host, settings.quotes.port)
    if settings.control.enabled:
        yield Place(CONTROL, settings.control.host, settings.control.port)
    if gateway.enabled is True:
        yield Place(GATEWAY, gateway.host, gateway.port)


def _state(place: Place) -> str | Found | None:
    """Return `free` or what is wrong, `None` where somebody listens."""
    try:
        _listen(place)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return None
        if error.errno == errno.EACCES and place.port < _PRIVILEGED:
            remedy = (
                "choose a port from 1024 on, or give the program the right (AmbientCapabilities=CAP_NET_BIND_SERVICE)"
            )
            return fail(f"{place.service} may not listen on port {place.port}", remedy)
        remedy = f"correct the address that {place.service} listens on; it must be one of this machine's"
        return fail(f"{place.service} cannot listen on {place.host}:{place.port}: {error.strerror}", remedy)
    return "free"


def _listen(place: Place) -> None:
    family = socket.AF_INET6 if ":" in place.host else socket.AF_INET
    with socket.socket(family) as probe:
        # As servers do: what is left of closed connections is in nobody's way.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((place.host, place.port))
        probe.listen(1)


def _taken(place: Place, holder: Holder | None) -> str | Found:
    """Return `ours`, or what is wrong."""
    if holder is not None and holder.is_tradewind:
        return "ours"
    if holder is None and _speaks_as_we_do(place):
        return "ours"
    who = "another program" if holder is None else f"{holder.name} (pid {holder.pid})"
    remedy = f"end {who}, or give {place.service} another port; `ss -ltnp sport = :{place.port}` shows who has it"
    return fail(f"port {place.port} of {place.service} is taken by {who}", remedy)


def _speaks_as_we_do(place: Place) -> bool:
    """Tell whether what answers there says what our doors say; for processes that we may not look into."""
    answer = _ask(place.host, place.port)
    return answer is not None and bool(answer.status)


def _ask(host: str, port: int) -> Health | None:
    connection = http.client.HTTPConnection(reachable(host), port, timeout=_PATIENCE_S)
    try:
        connection.request("GET", "/gateway/health", headers=credentials())
        answer = connection.getresponse()
        return msgspec.json.decode(answer.read(), type=Health)
    except (OSError, http.client.HTTPException, msgspec.DecodeError):
        return None
    finally:
        connection.close()


def _embedded(settings: TradewindSettings) -> Iterator[Found]:
    holder = holder_of(settings.api.port) if settings.api.port else None
    answer = _ask(settings.api.host, settings.api.port) if settings.api.port else None
    if answer is None:
        if holder is not None and holder.is_tradewind:
            yield fail(f"the platform (pid {holder.pid}) does not answer", "look at its log, or start it again")
        else:
            yield ok("the platform does not run; `tradewind run` starts it")
        return
    troubled = [each for each in answer.services if each.last_error or not each.is_healthy]
    if answer.status == "ok":
        yield ok(f"the platform runs, {len(answer.services)} services answer")
    else:
        yield fail("the platform runs, and not all of it is well", "what follows says which service, and why")
    for each in troubled:
        say = warn if each.is_healthy else fail
        yield say(f"{each.name}: {each.last_error or each.state}", "the text says what is wrong; it is tried again")


def _apart(loaded: Loaded[TradewindSettings]) -> Iterator[Found]:

    try:
        report = status_of(Crew(loaded))
    except TradewindError as error:
        yield fail(str(error), "correct the settings, then `tradewind status`")
        return
    if report.exit_code == NOTHING_RUNS:
        yield ok("nothing runs; `tradewind start` begins")
    well = [row.service for row in report.services if row.state in _WELL]
    if well:
        yield ok(f"{len(well)} processes run well")
    for row in report.services:
        if row.state not in {*_WELL, "stopped"}:
            text = f"{row.service} is {row.state}" + (f": {row.last_error}" if row.last_error else "")
            yield fail(text, f"`tradewind logs {service_of(row.service)}` says more")
    if report.redis.mixed is not None:
        remedy = "go on with the upgrade, or start what is left behind anew: `tradewind restart --rolling`"
        yield fail(str(trouble_of(report.redis.mixed)), remedy)
    for pid, name in report.leftovers.items():
        yield fail(f"{name} (pid {pid}) runs and nobody looks after it", "`tradewind stop` ends it")
