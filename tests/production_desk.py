"""A whole desk in production: MariaDB, Redis, a directory server, a mail server, and two instances before people.

Market and order line run once, api and push twice; an instance is one of each. Whatever is killed comes back at its own
place: ports, folders and addresses stay.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx
import msgspec

from certificates import Authority
from mail_server import PASSWORD as MAIL_PASSWORD
from mail_server import USER as MAIL_USER
from mail_server import MailServer, mail_beside
from private_ports import free_ports
from real_mariadb import PASSWORD as STORE_PASSWORD
from real_mariadb import RealMariaDb
from real_redis import RealRedis
from real_slapd import GROUPS, PEOPLE, READER, READER_PASSWORD, RealSlapd, group, person
from running_platform import tradewind, wait_for
from services_apart import Services
from tradewind.identity import AccessTokens
from tradewind.kernel.ids import new_epoch

FUND: Final = "wenjian1"
ACCOUNT: Final = "paper"
AU: Final = "au2604.SHFE"
ROLES: Final = {"managers": "fund_manager", "approvers": "risk_officer", "traders": "trader", "viewers": "viewer"}
"""Groups of the directory server, and what each may do with the fund."""
TEAM: Final = {"meng": "managers", "fang": "approvers", "tian": "traders", "vera": "viewers"}
"""Who is in which group: manager, approver, trader, viewer."""
_NAMES: Final = {"meng": "孟经理", "fang": "方审批", "tian": "田交易", "vera": "魏旁观"}
_PATIENCE_S: Final = 110.0
"""Seconds six processes may take to start where others work too."""
_INSTANCES: Final = ("a", "b")


class Instance(msgspec.Struct, frozen=True):
    """One api and one push: what a browser is pointed at."""

    name: str
    token: str
    api_port: int
    push_port: int
    push_health: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.api_port}"

    @property
    def push_url(self) -> str:
        return f"ws://127.0.0.1:{self.push_port}/ws"

    def is_own(self, url: str) -> bool:
        """Tell whether an address belongs to this instance."""
        parts = urlsplit(url)
        return parts.scheme in {"data", "blob"} or parts.port in {self.api_port, self.push_port}

    def flags(self) -> tuple[str, ...]:
        return (
            f"services.api_port={self.api_port}",
            f"services.push_port={self.push_port}",
            f"services.push_health={self.push_health}",
        )


class ProductionDesk:
    """Its processes by name: `market`, `trading`, and `api a`, `push a`, `api b`, `push b`."""

    def __init__(
        self, folder: Path, *, database: RealMariaDb, redis: RealRedis, slapd: RealSlapd, mail: MailServer
    ) -> None:
        self.database = database
        self.redis = redis
        self.mail = mail
        self._folder = folder
        schema = f"tw_desk_{new_epoch().replace('-', '')[:12].lower()}"
        database.make_database(schema)
        token = AccessTokens(folder / "access.json").renew()
        self.administrator = {"Authorization": f"Bearer {token}"}
        self.services = Services(folder, redis, *_LINE, *_store(database, schema), *_ldap(slapd), *_smtp(mail))
        self.instances = tuple(Instance(name, token, *free_ports(3)) for name in _INSTANCES)

    def start(self) -> None:
        """Make the tables, start every process, say what the directory's groups may do."""
        made = self.command("db", "upgrade")
        assert made.returncode == 0, made.stdout + made.stderr
        for name in ("market", "trading", *self.edges):
            self.begin(name)
        self.wait_open()
        self._give_rights()

    @property
    def edges(self) -> tuple[str, ...]:
        return tuple(f"{service} {each.name}" for each in self.instances for service in ("api", "push"))

    def begin(self, name: str) -> None:
        """Start a process, for the first time or again."""
        service, _, instance = name.partition(" ")
        flags = self.instance(instance).flags() if instance else ()
        self.services.start_as(name, service, *flags)

    def kill(self, what: str) -> None:
        """End something as a crash would, and let it come back: a process, both of an instance, Redis, the database."""
        processes: tuple[str, ...] = ()
        match what.split():
            case ["instance", name]:
                processes = (f"api {name}", f"push {name}")
            case ["redis", *how]:
                self.redis.kill()
                if how == ["emptied"]:
                    self.redis.forget()
                self.redis.start()
            case ["database"]:
                self.database.kill()
                self.database.start()
            case _:
                processes = (what,)
        for name in processes:
            self.services.kill(name)
        for name in processes:
            self.begin(name)

    def instance(self, name: str) -> Instance:
        return self.instances[_INSTANCES.index(name)]

    def wait_open(self) -> None:
        """Wait until every instance answers for the desk, for people, and for what is traded."""
        try:
            for each in self.instances:
                wait_for(partial(self._is_open, each), patience_s=_PATIENCE_S)
        except AssertionError as error:
            raise AssertionError({name: self.services.said(name)[-1_500:] for name in self.edges}) from error

    def _is_open(self, at: Instance) -> bool:
        try:
            with httpx.Client(base_url=at.url, headers=self.administrator, timeout=5) as client:
                asked = ("/api/v1/accounts", "/api/v1/notices/unread", "/api/v1/quotes", "/api/v1/admin/users")
                return all(client.get(path).is_success for path in asked) and bool(client.get("/api/v1/quotes").json())
        except httpx.TransportError:
            return False

    def _give_rights(self) -> None:
        fund = {"name": "稳健一号", "sole_accounts": [ACCOUNT]}
        self._administer("PUT", f"/api/v1/admin/products/{FUND}", fund)
        for group_name, role in ROLES.items():
            self._administer(
                "POST", "/api/v1/admin/group-grants", {"group": group_name, "role": role, "product_code": FUND}
            )

    def _administer(self, method: str, path: str, body: Any) -> None:
        headers = {**self.administrator, "Idempotency-Key": new_epoch()}
        answer = httpx.request(method, f"{self.instances[0].url}{path}", json=body, headers=headers, timeout=20)
        assert answer.is_success, answer.text

    def asked(self, path: str) -> list[Any]:
        """Return what each instance answers the administrator."""
        return [wait_for(partial(self._ask, each, path), patience_s=_PATIENCE_S)[0] for each in self.instances]

    def _ask(self, at: Instance, path: str) -> tuple[Any, ...]:
        try:
            answer = httpx.get(f"{at.url}{path}", headers=self.administrator, timeout=20)
        except httpx.TransportError:
            return ()
        return (answer.json(),) if answer.is_success else ()

    def command(self, *arguments: str) -> Any:
        """Run a command with the settings of the services."""
        flags = [word for flag in self.services.flags for word in ("--set", flag)]
        return tradewind(*arguments, *flags, folder=self._folder)

    def end(self) -> None:
        self.services.end()


@contextlib.contextmanager
def production_desk(folder: Path, database: RealMariaDb) -> Iterator[ProductionDesk]:
    """Give a desk that runs, with everything around it; nothing of it stays."""
    places = {name: folder / name for name in ("platform", "redis", "slapd", "mail")}
    for place in places.values():
        place.mkdir()
    redis = RealRedis(places["redis"], is_durable=True)
    slapd = RealSlapd(places["slapd"], Authority(places["slapd"], "desk-ca"), *_entries())
    with contextlib.ExitStack() as ending:
        mail = ending.enter_context(mail_beside(places["mail"], "starttls"))
        for server in (redis, slapd):
            ending.callback(server.kill)
            server.start()
        desk = ProductionDesk(places["platform"], database=database, redis=redis, slapd=slapd, mail=mail)
        ending.callback(desk.end)
        desk.start()
        yield desk


_LINE: Final = (
    f"market.simulator.instruments={AU}",
    "market.simulator.warm_up_s=0",
    "market.simulator.rate=8",
    "rooms=[]",
    "services.ask_s=2",
    "gateway.enabled=false",
    f"trading.products={FUND}",
)


def _store(database: RealMariaDb, schema: str) -> Sequence[str]:
    return f"store.url={database.url(schema)}", f"store.password={STORE_PASSWORD}", "store.connect_s=1"


def _ldap(slapd: RealSlapd) -> Sequence[str]:
    told = {
        "url": slapd.tls_url,
        "ca_file": slapd.ca_file,
        "bind_dn": READER,
        "password": READER_PASSWORD,
        "base": PEOPLE,
        "groups_base": GROUPS,
    }
    return [f"access.ldap.{name}={value}" for name, value in told.items()]


def _smtp(mail: MailServer) -> Sequence[str]:
    told = {
        "host": "localhost",
        "port": mail.port,
        "security": "starttls",
        "user": MAIL_USER,
        "password": MAIL_PASSWORD,
        "sender": "tradewind@desk.example",
        "ca_file": mail.authority,
        "timeout_s": 2,
    }
    # A letter whose sender was killed is sent again soon.
    soon = ("notices.hook_timeout_s=2", "notices.claim_s=5")
    return [*soon, *(f"notices.smtp.{name}={value}" for name, value in told.items())]


def _entries() -> Sequence[str]:
    people = [person(uid, displayName=name) for uid, name in _NAMES.items()]
    groups = [group(name, *(uid for uid, own in TEAM.items() if own == name)) for name in ROLES]
    return [*people, *groups]
