"""The Redis bus keeps the promises of the port against a real server, in both codecs and split into shards."""

from __future__ import annotations

import pytest

from real_redis import RealRedis
from tradewind.bus.ports import Bus
from tradewind.bus.settings import BusSettings
from tradewind.kernel.metrics import Metrics
from tradewind.runtime.bus_wiring import build_bus

from contract.bus.bus_contract import BusContract, Failure


class _RedisContract(BusContract):
    changes: dict[str, object]

    @pytest.fixture(autouse=True)
    def server(self, empty_redis: RealRedis) -> None:
        self.url = empty_redis.url

    def make_bus(self, failures: list[Failure]) -> Bus:
        settings = BusSettings(kind="redis", url=self.url, **self.changes)  # type: ignore[arg-type]
        return build_bus(
            settings,
            metrics=Metrics(),
            on_failure=lambda topic, group, _event, error: failures.append((topic, group, error)),
        )


class TestRedisBus(_RedisContract):
    changes = {}  # noqa: RUF012 - never changed


class TestRedisBusPacked(_RedisContract):
    changes = {"codec": "msgpack"}  # noqa: RUF012 - never changed


class TestRedisBusSharded(_RedisContract):
    changes = {"shards": 4}  # noqa: RUF012 - never changed


class TestRedisBusBroadcast(_RedisContract):
    changes = {"broadcast": ("first", "second", "reader", "pool", "failing", "healthy", "end", "relay")}  # noqa: RUF012 - never changed
