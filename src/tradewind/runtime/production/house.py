"""The production set as a whole: up, down, and how it is. Up again goes on from wherever it was left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from tradewind.errors import ConfigError
from tradewind.kernel.settings import load
from tradewind.runtime.lifecycle.crew import Crew
from tradewind.runtime.lifecycle.places import write_private
from tradewind.runtime.lifecycle.report import StatusReport, status_of
from tradewind.runtime.lifecycle.welcome import ensure_token
from tradewind.runtime.production.certificates import ensure_certificates
from tradewind.runtime.production.first_people import ADMINISTRATOR, ensure_administrator
from tradewind.runtime.production.keeping import Keeper, ServerState
from tradewind.runtime.production.partners import PERSON
from tradewind.runtime.production.plan import Plan, ensure_plan, known_plan
from tradewind.runtime.production.programs import DOCUMENTS, find, require_all
from tradewind.runtime.production.servers import AFTER, BEFORE
from tradewind.runtime.production.settings_file import ensure_settings_file
from tradewind.runtime.production.watchers import prepare_watchers
from tradewind.runtime.settings import TradewindSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.store import SqlStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from tradewind.kernel.settings import Loaded

FIRST_PASSWORDS: Final = "first-passwords"
Line = tuple[str, str, bool]
"""What of which part is told, and whether it is well."""


class House:
    """One production set, by its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def up(self, ports: Mapping[str, int], more: Sequence[str]) -> Iterator[Line]:
        """Make what is not there and start what does not run, telling each step.

        Raises:
            ConfigError: a program is missing, a port is taken, the folder is not ours.
            TransientError: a server does not start.
        """
        require_all()
        plan = ensure_plan(self._folder, ports)
        ensure_certificates(plan)
        keeper = Keeper(plan)
        yield from self._started(keeper, before=True)
        yield _about_documents()
        if ensure_settings_file(plan, more):
            yield "settings", f"written to {plan.config}", True
        loaded = load_plan(plan)
        yield "tables", _made_tables(loaded.settings), True
        if ensure_administrator(plan, loaded.settings):
            yield "people", _first_passwords(plan), True
        prepare_watchers(plan, loaded.settings)
        crew = Crew(loaded)
        link = ensure_token(loaded.settings)
        for outcome in crew.start(crew.all_services()):
            yield outcome.service, outcome.text, outcome.is_well
        yield from self._started(keeper, before=False)
        if link:
            yield "log in", f"{link}   (shown once)", True

    def down(self) -> Iterator[Line]:
        """Stop the services, then the servers; what they keep stays.

        Raises: ConfigError: there is no such set. TransientError: something does not stop.
        """
        plan = self._known()
        if plan.config.exists():
            crew = Crew(load_plan(plan))
            for outcome in crew.stop(crew.all_services()):
                yield outcome.service, outcome.text, outcome.is_well
        for name in Keeper(plan).stop():
            yield name, "stopped", True

    def servers(self) -> list[ServerState]:
        """Return how each server is. Raises: ConfigError: there is no such set."""
        return Keeper(self._known()).states()

    def services(self) -> StatusReport | None:
        """Return how the services are, `None` before the first start. Raises: ConfigError: there is no such set."""
        plan = self._known()
        return status_of(Crew(load_plan(plan))) if plan.config.exists() else None

    def config(self) -> Path:
        """Return the settings file of the set. Raises: ConfigError: there is no such set."""
        return self._known().config

    def _known(self) -> Plan:
        plan = known_plan(self._folder)
        if plan is None:
            message = f"there is no production set in {self._folder}; `tradewind production up` makes one"
            raise ConfigError(message)
        return plan

    @staticmethod
    def _started(keeper: Keeper, *, before: bool) -> Iterator[Line]:
        fresh = keeper.start(BEFORE if before else AFTER)
        names = {server.name for server in (BEFORE if before else AFTER)}
        for state in keeper.states():
            if state.name in names and state.state != "absent":
                what = "started" if state.name in fresh else "runs already"
                yield state.name, f"{what}, pid {state.pid}, {state.address}", state.state == "running"


def load_plan(plan: Plan) -> Loaded[TradewindSettings]:
    """Return the settings of a set: its file alone, so that a variable left in some shell changes nothing."""
    return load(TradewindSettings, file=plan.config)


def _about_documents() -> Line:
    found = find(*DOCUMENTS)
    if found is None:
        return "documents", "no MongoDB on this machine: documents go to SQLite, in the data folder", True
    if Path(found).name == DOCUMENTS[0]:
        return "documents", f"MongoDB ({found})", True
    return "documents", "no MongoDB on this machine: SecantusDB, which speaks its protocol, stands in for it", True


def _made_tables(settings: TradewindSettings) -> str:
    store = SqlStore(settings.store, Path(settings.data_dir))
    try:
        schema.upgrade(store.engine, "head")
        return f"{store.shown} is at version {schema.HEAD}"
    finally:
        store.close()


def _first_passwords(plan: Plan) -> str:
    """Write down the passwords that people begin with, for the operator to hand out and remove."""
    lines = (
        f"{ADMINISTRATOR}  {plan.passwords['administrator']}  (one time; the first sign-in asks for another)",
        f"{PERSON}  {plan.passwords['person']}  (in the directory server; no rights yet)",
    )
    file = plan.home / FIRST_PASSWORDS
    write_private(file, "\n".join(lines) + "\n")
    return f"{ADMINISTRATOR}, {PERSON}: their first passwords are in {file}"
