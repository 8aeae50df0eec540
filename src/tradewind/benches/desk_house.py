"""A house in production mode for `bench desk`: MariaDB, Redis, market, trading, two instances of api and push, people.

Everything on private ports in a folder of its own, with the settings that production begins with; it ends with the
block. People come in as they do: made by the administrator, signed in with their password, admitted by their cookie.
"""

from __future__ import annotations

import contextlib
import sys
import time
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from tradewind.benches.desk_door import Door
from tradewind.benches.own_mariadb import MariaDbPlace, own_mariadb
from tradewind.benches.pipeline_services import Programs, RedisPlace, free_port, own_redis, wait_for
from tradewind.errors import ConfigError
from tradewind.identity import AccessTokens
from tradewind.kernel.clock import monotonic_s
from tradewind.kernel.settings import load
from tradewind.runtime.settings import TradewindSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.store import SqlStore

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

ACCOUNT: Final = "paper"
PRODUCT: Final = "fund"
CONTRACTS: Final = (
    *("au2604.SHFE", "ag2604.SHFE", "cu2604.SHFE", "rb2605.SHFE", "hc2605.SHFE", "ru2605.SHFE", "i2605.DCE"),
    *("m2605.DCE", "p2605.DCE", "y2605.DCE"),
)
"""What the simulated market trades."""
_GIVEN, _CHOSEN = "a-password-that-was-given-1", "a-password-of-their-own-2"
_HEALTH: Final = ("market_health", "trading_health", "push_health")
_PATIENCE_S: Final = 120.0
_LOOK_S: Final = 0.1


class House(NamedTuple):
    """Where everything is, and whoever came in."""

    redis: RedisPlace
    mariadb: MariaDbPlace
    apis: tuple[int, int]
    pushes: tuple[int, int]
    stamps: Path
    """Where the trading process notes its broker's fills."""
    administrator: Door

    def person(self, name: str, role: str, *, at: int, account: str = "*") -> Door:
        """Make a user with that role for the account, and have them sign in at this instance of api.

        Raises: ConfigError: something of it is refused.
        """
        grant = {"role": role, "product_code": "*", "account_id": account}
        self.administrator.post("/api/v1/admin/users", {"username": name, "password": _GIVEN, "grants": [grant]})
        door = self._signed_in(name, at)
        door.post("/api/v1/me/password", {"password": _GIVEN, "new_password": _CHOSEN})
        return door

    def _signed_in(self, name: str, at: int) -> Door:
        """Sign in; the second api hears of a new user a moment later than the first."""
        until_s = monotonic_s() + _PATIENCE_S
        while True:
            try:
                return Door.signed_in(self.apis[at], name, _GIVEN)
            except ConfigError:
                if monotonic_s() > until_s:
                    raise
            time.sleep(_LOOK_S)


@contextlib.contextmanager
def open_house(folder: Path) -> Iterator[House]:
    """Run it for as long as the block lasts.

    Raises: ConfigError: a server is not installed, or something does not start.
    """
    with own_redis(folder) as redis, own_mariadb(folder / "mariadb") as mariadb:
        apis, pushes = (free_port(), free_port()), (free_port(), free_port())
        flags = {
            "data_dir": str(folder / "var"),
            "log.level": "warning",
            "bus.kind": "redis",
            "bus.url": f"redis://127.0.0.1:{redis.port}/0",
            "store.url": mariadb.url,
            "store.password": mariadb.password,
            "trading.products": PRODUCT,
            "market.simulator.instruments": ",".join(CONTRACTS),
            "market.simulator.warm_up_s": "0",
            "instructions.max_open": "100000",
            "pretrade.duplicates": "10000",
            "portfolio.accounts": '[{"id": "paper", "initial_deposit": 1000000000}]',
            # The listeners say nothing: somebody silent is given up after two heartbeats.
            "push.heartbeat_s": "3600",
            **{f"services.{name}": str(free_port()) for name in _HEALTH},
        }
        _make_tables(flags)
        token = AccessTokens(folder / "var" / "access.json").renew()
        stamps, programs = folder / "stamps", Programs()
        try:
            house = House(redis, mariadb, apis, pushes, stamps, Door(apis[0], f"Authorization: Bearer {token}"))
            _start(programs, flags, folder, house)
            for port in apis:
                door = Door(port, house.administrator.header)
                what = f"the desk at the api on port {port}"
                wait_for(programs, lambda door=door: _is_quoted(door), what, patience_s=_PATIENCE_S)  # type: ignore[misc]  # bound at once
            yield house
        finally:
            programs.end()


def _make_tables(flags: Mapping[str, str]) -> None:
    settings = load(TradewindSettings, flags=[f"{name}={value}" for name, value in flags.items()]).settings
    store = SqlStore(settings.store, None)  # type: ignore[arg-type]  # no file
    schema.upgrade(store.engine)
    store.close()


def _start(programs: Programs, flags: Mapping[str, str], folder: Path, house: House) -> None:
    def start(module: str, *arguments: str, **more: str) -> None:
        settings = {**flags, **{name.replace("__", "."): value for name, value in more.items()}}
        told = [f"{name}={value}" for name, value in settings.items()]
        if module == "tradewind":
            told = [word for flag in told for word in ("--set", flag)]
        programs.start([sys.executable, "-m", module, *arguments, *told], cwd=folder)

    start("tradewind", "run", "market")
    start("tradewind.benches.desk_trading", str(house.stamps))
    for api, push in zip(house.apis, house.pushes, strict=True):
        ports = {"services__api_port": str(api), "services__push_port": str(push)}
        start("tradewind", "run", "api", **ports)
        start("tradewind", "run", "push", **ports, services__push_health=str(free_port()))


def _is_quoted(door: Door) -> bool:
    """Tell whether the desk answers and knows the price of each contract."""
    lines = [{"instrument_id": contract, "side": "buy", "quantity": 1} for contract in CONTRACTS]
    with contextlib.suppress(OSError, ConfigError, msgspec.DecodeError):
        found: Any = door.post("/api/v1/what-if", {"account_id": ACCOUNT, "lines": lines})
        return bool(found)
    time.sleep(_LOOK_S)
    return False
