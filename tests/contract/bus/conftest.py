"""One real Redis for the module; each test finds it empty."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from real_redis import RealRedis


@pytest.fixture(scope="module")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRedis]:
    server = RealRedis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def empty_redis(redis_server: RealRedis) -> RealRedis:
    with redis_server.client as client:
        client.flushall()
    return redis_server
