"""MariaDB dies, is absent, or breaks off in the middle of a commit: nothing acknowledged is lost, nothing is twice."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from cutting_proxy import CuttingProxy
from real_mariadb import PASSWORD, RealMariaDb
from store_builders import Acknowledged, Line, is_kept, keep_acts, make_act, make_journal
from tradewind.bus.desk_topics import ACTS
from tradewind.errors import ConfigError, SchemaError, StoreAwayError
from tradewind.kernel.rng import named_rng
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql import schema
from tradewind.stores.sql.opening import open_when_there
from tradewind.stores.sql.store import SqlStore

from waiting import eventually

pytestmark = [pytest.mark.process, pytest.mark.timeout(90)]
KILLS = 5


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealMariaDb]:
    """A server of this module's own, which may die."""
    server = RealMariaDb(tmp_path_factory.mktemp("mortal"))
    server.start()
    server.make_database("tw_mortal")
    store = SqlStore(settings_of(server), tmp_path_factory.mktemp("none"))
    schema.upgrade(store.engine)
    store.close()
    yield server
    server.kill()


def settings_of(server: RealMariaDb, **changes: object) -> StoreSettings:
    settings = StoreSettings(url=server.url("tw_mortal"), password=PASSWORD, connect_s=1)
    return msgspec.structs.replace(settings, **changes)


def test_a_killed_server_loses_nothing_acknowledged_and_doubles_nothing(mortal: RealMariaDb, tmp_path: Path) -> None:
    rng = named_rng(4711, "mariadb kills")
    line, told = Line(), list[str | None]()
    journal = make_journal(settings_of(mortal, chain="kills"), tmp_path, line, on_state=told.append)
    journal.open()
    acknowledged = Acknowledged(journal, line)
    for kill in range(KILLS):
        dies_at = acknowledged.appended + 100 + int(rng.random() * 300)
        # From another thread, so that it falls anywhere into a commit.
        killer = threading.Timer(rng.random() * 0.01, mortal.kill)
        while journal.failure is None:
            acknowledged.append(in_flight=20)
            if acknowledged.appended == dies_at:
                killer.start()
        killer.join()
        assert "does not answer" in str(journal.failure), kill
        mortal.start()
        acknowledged.wait_for_all(timeout_s=20)
    entries = list(journal.read(0))
    line.until(lambda: told.count(None) == KILLS)
    journal.close()
    appended = acknowledged.appended
    assert acknowledged.seqs == list(range(1, appended + 1))
    assert [entry.seq for entry in entries] == list(range(1, appended + 1))
    assert [entry.subject for entry in entries] == [f"limit-{number}" for number in range(1, appended + 1)]
    assert [is_well for is_well, _ in itertools.groupby(told, lambda state: state is None)] == [False, True] * KILLS


@pytest.mark.parametrize("cut", ["before", "after"])
def test_a_commit_nobody_answered_is_looked_up_and_never_repeated_blindly(
    mortal: RealMariaDb, tmp_path: Path, cut: str
) -> None:
    proxy, line = CuttingProxy(mortal.port), Line()
    url = f"mysql://tradewind@127.0.0.1:{proxy.port}/tw_mortal"
    journal = make_journal(settings_of(mortal, url=url, chain=f"cut-{cut}"), tmp_path, line)
    journal.open()
    for number in range(1, 6):
        keep_acts(journal, line, 1, first=2 * number - 1)
        proxy.cut = cut
        journal.append(ACTS, make_act(2 * number))
        line.until(partial(is_kept, journal, 2 * number))
    assert proxy.cuts == 5
    assert [entry.subject for entry in journal.read(0)] == [f"limit-{number}" for number in range(1, 11)]
    journal.close()
    proxy.close()


async def test_a_database_that_is_not_there_yet_is_waited_for_and_said(mortal: RealMariaDb, tmp_path: Path) -> None:
    mortal.kill()
    line, told = Line(), list[str | None]()
    journal = make_journal(settings_of(mortal, chain="late"), tmp_path, line)
    opening = asyncio.create_task(open_when_there(journal, told.append, scale=0.05))
    await eventually(lambda: len(told) > 1)
    assert "does not answer" in str(told[0])
    assert "store.url" in str(told[0])
    assert journal.failure is not None
    await asyncio.to_thread(mortal.start)
    async with asyncio.timeout(20):
        await opening
    assert [told[-1], journal.failure] == [None, None]
    keep_acts(journal, line, 2)
    journal.close()


def test_what_only_a_person_can_mend_is_said_and_not_tried_again(mortal: RealMariaDb, tmp_path: Path) -> None:
    wrong = make_journal(settings_of(mortal, password="wr0ng"), tmp_path)  # noqa: S106 - a wrong one
    with pytest.raises(ConfigError, match=r"does not let us in \(1045 .*check the user in store.url") as refused:
        wrong.open()
    assert "wr0ng" not in str(refused.value)
    mortal.make_database("tw_bare")
    bare = make_journal(settings_of(mortal, url=mortal.url("tw_bare")), tmp_path)
    with pytest.raises(SchemaError, match="has no tables yet; run `tradewind db upgrade`"):
        bare.open()
    absent = make_journal(settings_of(mortal, url=mortal.url("tw_absent")), tmp_path)
    with pytest.raises(ConfigError, match="create it: CREATE DATABASE"):
        absent.open()
    for journal in (wrong, bare, absent):
        journal.close()


def test_a_server_that_may_lose_what_it_acknowledged_is_refused(mortal: RealMariaDb, tmp_path: Path) -> None:
    with contextlib.closing(mortal.root()) as root, root.cursor() as cursor:
        cursor.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 2")
        store = SqlStore(settings_of(mortal), tmp_path)
        with pytest.raises(ConfigError, match=r"innodb_flush_log_at_trx_commit is 2, must be 1 \(SET GLOBAL"):
            store.open()
        SqlStore(settings_of(mortal, must_be_durable=False), tmp_path).open()
        cursor.execute("SET GLOBAL innodb_flush_log_at_trx_commit = 1")
        store.open()
        store.close()


def test_a_server_that_stands_still_is_told_while_it_is_waited_for(mortal: RealMariaDb, tmp_path: Path) -> None:
    line = Line()
    journal = make_journal(settings_of(mortal, chain="still", stall_s=0.2), tmp_path, line)
    journal.open()
    keep_acts(journal, line, 1)
    mortal.freeze()
    journal.append(ACTS, make_act(2))
    line.until(lambda: journal.failure is not None)
    assert "has been writing one group for" in str(journal.failure)
    assert journal.durable_seq == 1
    mortal.thaw()
    line.until(partial(is_kept, journal, 2))
    journal.close()


def test_a_server_that_is_down_is_told_at_once(mortal: RealMariaDb, tmp_path: Path) -> None:
    mortal.kill()
    store = SqlStore(settings_of(mortal), tmp_path)
    with pytest.raises(StoreAwayError, match=r"start it, or correct store\.url; it is tried again"):
        store.open()
    store.close()
    mortal.start()
