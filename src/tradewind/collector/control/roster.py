"""The modules connected to this process: what each has under way, and who should get what waits. Pure."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Any, Final, Protocol

from tradewind.domain.module import Module, Told
from tradewind.stores.fleet import Given

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tradewind.domain.job import JobPlan
    from tradewind.stores.fleet import Known, Link, Waiting

_OLD_KINDS: Final = ("quotes",)
_PROOF_DIGITS: Final = 32


class Wire(Protocol):
    """A module's socket as its server sees it."""

    async def say(self, text: str) -> bool:
        """Send a text; false when the module takes nothing any more, and its connection ends."""
        ...

    async def close(self, reason: str) -> None:
        """End the connection in order."""
        ...


class Connected:
    """One module while it is connected here."""

    def __init__(self, known: Known, link: Link, wire: Wire, *, is_ours: bool, now_s: float) -> None:
        self.module_id = known.module_id
        self.link = link
        self.wire = wire
        self.is_ours = is_ours
        """True for a module that knows words which those of system 002 do not."""
        self.running: dict[str, None] = {}
        """Executions it was sent on this connection, or says it has."""
        self.labels: tuple[str, ...] = ()
        self.told = Told()
        self.noted = Told()
        """What of `told` is on record."""
        self.heard_s = now_s
        self.pinged_s = now_s
        self.sends_heartbeats = False
        self._secret = known.secret_sha256.encode()

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of jobs it knows."""
        return self.told.kinds or _OLD_KINDS

    def prove(self, execution_id: str, lease: int) -> str:
        """Return what proves later that this module was given this execution."""
        said = f"{execution_id} {lease}".encode()
        return hmac.new(self._secret, said, hashlib.sha256).hexdigest()[:_PROOF_DIGITS]

    def was_given(self, execution_id: str, meta: Mapping[str, Any]) -> bool:
        """Say whether what a module gives back with a result proves that it was given this execution."""
        lease, proof = meta.get("lease"), meta.get("proof")
        if type(lease) is not int or not isinstance(proof, str) or not proof.isascii():
            return False
        return hmac.compare_digest(proof, self.prove(execution_id, lease))


class Roster:
    """All of them, by id."""

    def __init__(self, per_module: int) -> None:
        self._per_module = per_module
        self.modules: dict[str, Connected] = {}

    def add(self, module: Connected) -> None:
        """Take a module in."""
        self.modules[module.module_id] = module

    def remove(self, module: Connected) -> None:
        """Let it go, unless a newer connection stands in its place."""
        if self.modules.get(module.module_id) is module:
            del self.modules[module.module_id]

    def idle(self) -> list[Connected]:
        """Return those that may be given something, the least busy first."""
        free = [module for module in self.modules.values() if len(module.running) < self._per_module]
        return sorted(free, key=lambda module: len(module.running))

    def busy(self) -> list[str]:
        """Return the ids of the others."""
        return [name for name, module in self.modules.items() if len(module.running) >= self._per_module]

    def running(self) -> list[str]:
        """Return all that is under way here."""
        return [execution for module in self.modules.values() for execution in module.running]

    def labels(self) -> set[str]:
        """Return the labels of all."""
        return {label for module in self.modules.values() for label in module.labels}

    def refresh(self, modules: Iterable[Module]) -> None:
        """Know their labels as they are on record."""
        for module in modules:
            connected = self.modules.get(module.module_id)
            if connected is not None:
                connected.labels = module.labels

    def share_out(self, waiting: Sequence[Waiting], plans: Mapping[str, JobPlan], until: int) -> list[Given]:
        """Say who gets what: each to whom it is meant for, what is for anybody to who is least busy."""
        idle = self.idle()
        room = {module.module_id: self._per_module - len(module.running) for module in idle}
        given = []
        for one in waiting:
            plan = plans.get(one.job_id)
            if plan is None:
                continue
            them = (self.modules[one.module_id],) if one.module_id in self.modules else () if one.module_id else idle
            taker = next((each for each in them if room.get(each.module_id) and _may_do(each, plan)), None)
            if taker is None:
                continue
            room[taker.module_id] -= 1
            given.append(Given(one.execution_id, one.job_id, taker.module_id, one.lease + 1, until))
            if not one.module_id:
                # Whoever got something comes last for the next.
                idle.remove(taker)
                idle.append(taker)
        return given


def _may_do(module: Connected, plan: JobPlan) -> bool:
    if plan.kind not in module.kinds:
        return False
    if plan.modules:
        return module.module_id in plan.modules
    return not plan.label or plan.label in module.labels
