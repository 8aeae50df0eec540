"""The control server's port: modules register and connect here, and clients of system 002 find its old routes.

A module comes in by its hash alone, and never from a browser. The old routes of operators are for programs of this very
machine, or for who has the permission. A hash in an address is read, and never shown, logged or counted.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Any, Final

import msgspec
from aiohttp import web

from tradewind.collector.control import legacy
from tradewind.collector.control.drafts import id_for
from tradewind.collector.control.limits import Tries
from tradewind.collector.protocol_registration import REGISTER, WEBSOCKET, from_query, is_hash
from tradewind.domain import fleet
from tradewind.domain.access import Access, Refused
from tradewind.domain.module import ModuleState
from tradewind.domain.rights import PLATFORM, lacks
from tradewind.errors import TradewindError
from tradewind.identity.addresses import is_loopback
from tradewind.identity.ports import AccessRequest
from tradewind.identity.tokens import digest_of
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.ids import new_secret
from tradewind.stores.fleet import Newcomer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tradewind.collector.control.connection import Connections
    from tradewind.collector.control.means import Means
    from tradewind.collector.control.office import FleetOffice
    from tradewind.domain.job import JobPlan
    from tradewind.domain.rights import Principal
    from tradewind.identity.ports import HttpGate
    from tradewind.stores.fleet import Known

    Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

BODY_BYTES: Final = 262_144
_HEALTH: Final = "/health"
_JSON: Final = "application/json"
_SAFE: Final = frozenset({"GET", "HEAD"})
_PROXY: Final = frozenset({"forwarded", "via"})
_ADDRESS: Final = 64


class RefusedDoorError(Exception):
    """Somebody is turned away: a status, why for the counter, and a sentence; never leaves this module."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason


class Door:
    """The routes, as an application of aiohttp."""

    def __init__(self, means: Means, office: FleetOffice, connections: Connections, gate: HttpGate) -> None:
        self._means = means
        self._office = office
        self._connections = connections
        self._gate = gate
        self._tries = Tries(means.settings.tries_per_minute)

    def application(self) -> web.Application:
        """Return it."""
        application = web.Application(middlewares=[self._answer], client_max_size=BODY_BYTES)
        application.router.add_get(REGISTER, self._register)
        application.router.add_get(WEBSOCKET, self._websocket)
        application.router.add_get(_HEALTH, self._health)
        application.router.add_get("/module/online", self._online)
        application.router.add_post("/module/send_message", self._send_message)
        application.router.add_post("/module/close_websocket", self._close_websocket)
        application.router.add_post("/workflow/create", self._create_workflow)
        application.router.add_get("/workflow/list", self._list_workflows)
        application.router.add_post("/workflow/{workflow_id}/execute", self._execute_workflow)
        application.router.add_get("/scheduler/jobs", self._scheduled)
        application.router.add_post("/scheduler/reload", self._reload)
        return application

    @web.middleware
    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Turn whatever a route raised into an answer in the old envelope; never with a trace, never with a hash."""
        try:
            if self._means.closed is not None and request.path != _HEALTH:
                return _refusal(503, f"the control server does not answer now: {self._means.closed}")
            return await handler(request)
        except RefusedDoorError as error:
            self._means.metrics.control_refused.add(error.reason)
            return _refusal(error.status, str(error))
        except TradewindError as error:
            # Clients of system 002 look at the code in the body: what cannot be done is an answer like any other.
            self._means.metrics.control_refused.add(error.code)
            return _refusal(403 if error.code == "not_allowed" else 200, str(error))
        except web.HTTPException as error:
            self._means.metrics.control_refused.add(f"http_{error.status}")
            return _refusal(error.status, error.reason)

    # ── modules ─────────────────────────────────────────────────────────────────────────────────────────────────
    async def _register(self, request: web.Request) -> web.StreamResponse:
        peer, is_near = self._module_at(request)
        if not self._tries.take(peer, monotonic_s()):
            raise RefusedDoorError(429, "too_many_tries", "too many registrations from this address; wait a minute")
        found = from_query(dict(request.query))
        if isinstance(found, str):
            raise RefusedDoorError(200, "bad_registration", found)
        secret = new_secret()
        digest = digest_of(secret)
        new = Newcomer(
            module_id=id_for("m", digest),
            secret_sha256=digest,
            name=found.name[:100],
            description=found.description[:500],
            program=found.model_hash[:64],
            inputs=found.input_data or found.data_requirement,
            outputs=found.output_data or found.mission_kind,
            peer=peer,
            is_admitted=is_near or self._means.settings.admits == "all",
        )
        means = self._means
        act = means.act("module_registered", new.module_id, actor="module", source="control", after={"peer": peer})
        most = means.settings.max_modules
        if not await means.call(means.store.register, new, means.clock.now_ns(), most=most, act=act):
            raise RefusedDoorError(200, "too_many_modules", f"there are {most} modules already (control.max_modules)")
        means.news.of_modules(new.module_id)
        return _good({"hash": secret})

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        peer, _ = self._module_at(request)
        if self._tries.is_spent(peer, monotonic_s()):
            raise RefusedDoorError(429, "too_many_tries", "too many unknown hashes from this address; wait a minute")
        known = await self._known(request.query.get("hash", ""))
        if known is None:
            self._tries.take(peer, monotonic_s())
            raise RefusedDoorError(403, "unknown_hash", "this hash is not known here; register the module again")
        if known.standing != "admitted":
            word = "waits until an operator admits it" if known.standing == "pending" else "is retired; register again"
            raise RefusedDoorError(403, f"module_{known.standing}", f"module {known.module_id} {word}")
        served = await self._connections.serve(request, known, peer)
        if served is None:
            message = f"module {known.module_id} is connected already; its other connection must end first"
            raise RefusedDoorError(409, "second_connection", message)
        return served

    async def _known(self, given: str) -> Known | None:
        if not is_hash(given):
            return None
        digest = digest_of(given)
        known = await self._means.call(self._means.store.known, digest)
        return known if known is not None and hmac.compare_digest(known.secret_sha256, digest) else None

    def _module_at(self, request: web.Request) -> tuple[str, bool]:
        """Return a module's address, and whether it is this machine's; a page of a browser is no module."""
        headers, peer = self._caller(request)
        if "origin" in headers or "sec-fetch-site" in headers:
            raise RefusedDoorError(403, "browser", "modules connect here; a browser does not")
        return peer[:_ADDRESS], is_loopback(peer) and not _came_by_proxy(headers)

    def _caller(self, request: web.Request) -> tuple[dict[str, str], str]:
        headers: dict[str, str] = {}
        for name, value in request.headers.items():
            key = name.lower()
            headers[key] = f"{headers[key]}, {value}" if key in headers else value
        return self._gate.caller(headers, request.remote or "")

    async def _health(self, _: web.Request) -> web.StreamResponse:
        """Say whether modules are served, to whoever shares them out among servers; nothing else is told."""
        closed = self._means.closed
        said = {"status": "ok", "service": "control"} if closed is None else {"status": "closed", "reason": closed}
        body = msgspec.json.encode(said)
        return web.Response(status=200 if closed is None else 503, body=body, content_type=_JSON, headers=_HEADERS)

    # ── operators, in the words of system 002 ───────────────────────────────────────────────────────────────────
    def _operator(self, request: web.Request) -> Principal:
        """Return who gives an order by an old route: a program of this machine, or who may."""
        headers, peer = self._caller(request)
        need = fleet.SEES if request.method in _SAFE else fleet.DOES
        if "authorization" not in headers and "cookie" not in headers:
            host = request.host.rpartition(":")[0] or request.host
            is_page = "origin" in headers or "sec-fetch-site" in headers
            if is_loopback(peer) and is_loopback(host) and not is_page and not _came_by_proxy(headers):
                return PLATFORM
        asked = AccessRequest(Access.SESSION, request.method, request.path_qs, headers, peer)
        answer = self._gate.decide(asked)
        if isinstance(answer, Refused):
            raise RefusedDoorError(answer.status, answer.code, answer.message)
        if not answer.principal.may_somewhere(need):
            raise RefusedDoorError(403, "not_allowed", lacks(need))
        return answer.principal

    async def _online(self, request: web.Request) -> web.StreamResponse:
        who = self._operator(request)
        page: Any = await self._office.answer(fleet.AskModules(state=ModuleState.ONLINE, limit=500), who)
        return _good([legacy.shown_module(module) for module in page.modules])

    async def _send_message(self, request: web.Request) -> web.StreamResponse:
        who, body = self._operator(request), await _body(request)
        module_id = await self._id_of(legacy.module_named(body))
        if not (await self._office.module(module_id)).instance:
            raise RefusedDoorError(200, "module_offline", f"module {module_id} is not connected")
        plan: JobPlan | None = legacy.command_in(body, module_id)
        if plan is None:
            await self._office.carry_out(fleet.ShutModule(module_id=module_id), who, source="legacy")
            return _good()
        job: Any = await self._office.carry_out(fleet.StartJob(plan=plan), who, source="legacy")
        return _good(legacy.shown_job(job))

    async def _close_websocket(self, request: web.Request) -> web.StreamResponse:
        who, body = self._operator(request), await _body(request)
        module_id = await self._id_of(legacy.module_named(body))
        await self._office.carry_out(fleet.CloseModule(module_id=module_id), who, source="legacy")
        return _good()

    async def _create_workflow(self, request: web.Request) -> web.StreamResponse:
        who, body = self._operator(request), await _body(request)
        ids = {name: await self._id_of(name) for name in legacy.names_in(body)}
        command = fleet.CreateWorkflow(name=legacy.workflow_named(body), steps=legacy.steps_in(body, ids))
        workflow: Any = await self._office.carry_out(command, who, source="legacy")
        return _good(legacy.shown_workflow(workflow))

    async def _list_workflows(self, request: web.Request) -> web.StreamResponse:
        found: Any = await self._office.answer(fleet.AskWorkflows(), self._operator(request))
        return _good([legacy.shown_workflow(workflow) for workflow in found.workflows])

    async def _execute_workflow(self, request: web.Request) -> web.StreamResponse:
        who = self._operator(request)
        command = fleet.RunWorkflow(workflow_id=request.match_info["workflow_id"])
        run: Any = await self._office.carry_out(command, who, source="legacy")
        return _good({"run_id": run.run_id, "workflow_id": run.workflow_id, "status": run.state.value})

    async def _scheduled(self, request: web.Request) -> web.StreamResponse:
        found: Any = await self._office.answer(fleet.AskSchedules(), self._operator(request))
        return _good([legacy.shown_schedule(schedule) for schedule in found.schedules])

    async def _reload(self, request: web.Request) -> web.StreamResponse:
        found: Any = await self._office.carry_out(fleet.ReloadSchedules(), self._operator(request), source="legacy")
        return _good([legacy.shown_schedule(schedule) for schedule in found.schedules])

    async def _id_of(self, named: str) -> str:
        """Return the id of a module that is named by it, or by its hash."""
        if await self._means.call(self._means.store.some_modules, (named,)):
            return named
        known = await self._known(named)
        if known is None:
            raise RefusedDoorError(200, "unknown_module", "no module has this hash or id")
        return known.module_id


async def _body(request: web.Request) -> dict[str, Any]:
    return legacy.body_of(await request.read(), kind=request.content_type, query=request.query)


def _good(result: Any = None) -> web.Response:  # noqa: ANN401 - any JSON
    return web.Response(body=legacy.envelope(result), content_type=_JSON, headers=_HEADERS)


def _refusal(status: int, message: str) -> web.Response:
    return web.Response(status=status, body=legacy.refusal(message), content_type=_JSON, headers=_HEADERS)


def _came_by_proxy(headers: dict[str, str]) -> bool:
    return any(name in _PROXY or name.startswith("x-forwarded") or name == "x-real-ip" for name in headers)


_HEADERS: Final = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
