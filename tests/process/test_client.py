"""The Python client against a running platform: every area answers, and a line that is cut loses nothing."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from cut_wire import Wire
from documents import snippets
from private_ports import free_ports
from running_platform import Running, wait_for
from tradewind.client import (
    AsyncClient,
    Client,
    Condition,
    ForbiddenError,
    Gap,
    InvalidError,
    NotSignedInError,
    Patience,
    UnavailableError,
    Update,
    Wish,
    line,
    new_key,
)
from tradewind.domain.book import Act
from tradewind.domain.book_messages import Wish as Wanted
from tradewind.domain.instruction import InstructionStatus
from tradewind.domain.order import OrderStatus
from tradewind.domain.trading_state import TradingMode

pytestmark = [pytest.mark.process, pytest.mark.timeout(90)]
AU = "au2604.SHFE"
GIVEN, CHOSEN = "长城-correct-horse-9", "another-battery-staple-7"
SOON = Patience(first_s=0.05, most_s=0.2)
ROOM_S = 30.0


class Platform:
    """One platform for all that follows, its live data behind a wire that can be cut."""

    def __init__(self, folder: Path) -> None:
        api, push = free_ports(2)
        self.wire = Wire(push)
        wire = f"127.0.0.1:{self.wire.port}"
        flags = (f"api.port={api}", f"push.port={push}", f"api.push_url=ws://{wire}/ws", f"access.hosts={wire}")
        self.running = Running(folder, *flags)
        with self.running.client() as http:
            self.url = str(http.base_url).rstrip("/")
            self.token = str(http.headers["Authorization"]).removeprefix("Bearer ")
            made = {"username": "wang", "password": GIVEN, "grants": [{"role": "trader"}]}
            wait_for(lambda: http.post("/api/v1/admin/users", json=made, headers=_key()).status_code in {201, 409})
        with self.signed_in(GIVEN) as http:
            form = {"password": GIVEN, "new_password": CHOSEN}
            assert http.post("/api/v1/me/password", json=form).status_code == 204

    @contextlib.contextmanager
    def signed_in(self, password: str) -> Iterator[httpx.Client]:
        """Yield wang's browser."""
        with httpx.Client(base_url=self.url) as http:
            answer = http.post("/api/v1/session", json={"username": "wang", "password": password})
            cookie = answer.headers.get_list("set-cookie")[0].partition(";")[0]
            http.cookies.clear()
            http.headers.update({"cookie": cookie, "x-csrf-token": answer.json()["csrf"]})
            yield http

    def end(self) -> None:
        self.wire.close()
        self.running.end()


def _key() -> dict[str, str]:
    return {"idempotency-key": "1"}


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    made = Platform(tmp_path_factory.mktemp("client"))
    yield made
    made.end()


@pytest.fixture
def client(platform: Platform) -> Iterator[Client]:
    with Client(platform.url, key=platform.token) as made:
        yield made


def test_every_question_is_answered_in_words_the_client_knows(client: Client) -> None:
    wait_for(lambda: client.market.bars(AU) and client.market.opportunities() and client.market.alerts())
    assert AU in {each.instrument_id for each in client.market.instruments()}
    assert client.market.instrument(AU).contract_multiplier == 1000
    assert {each.instrument_id for each in client.market.quotes()} >= {AU, "rb2605.SHFE"}
    assert client.market.features_of(AU).instrument_id == AU
    assert client.market.signals(limit=1)
    newest = client.market.opportunities(limit=1)[0]
    assert client.market.opportunity(newest.opportunity_id).created_at == newest.created_at
    assert client.market.sessions(AU, days=1)[0].sections
    assert {"macd", "rsi"} <= {each.name for each in client.market.strategies()}
    assert client.funds.accounts()[0].balance == Decimal(1_000_000)
    assert client.funds.equity("paper").days == []
    assert client.funds.limits().scopes
    assert client.funds.lots("paper", AU, "long") == []
    assert client.trading.queue().broker.is_connected
    assert [*client.plans.all(), *client.plans.triggers(), *client.book.to_trade(), *client.book.to_adjust()] == []
    assert client.people.preferences().kinds
    assert client.people.unread().unread >= 0
    assert client.platform.me().user_id == 0
    assert client.platform.system()["services"]
    assert client.platform.alerts()


@pytest.mark.parametrize(
    "ask", [lambda client: list(client.fleet.modules()), lambda client: client.history.days()], ids=["fleet", "history"]
)
def test_what_is_switched_off_says_which_setting_does_it(client: Client, ask: Callable[[Client], Any]) -> None:
    with pytest.raises(UnavailableError, match=r"control\.enabled|market\.recording"):
        ask(client)


def test_an_order_is_placed_once_whatever_is_sent_and_what_is_held_is_closed_as_shown(client: Client) -> None:
    wish = line(AU, "buy", 2)

    def is_approved() -> bool:
        with contextlib.suppress(InvalidError):
            return client.trading.what_if("paper", wish).is_approved
        return False

    # The desk hears its first quote of a contract a moment after the market's own warm-up.
    wait_for(is_approved)
    key = new_key()
    placed = [client.trading.place("paper", wish, key=key, reason="once") for _ in range(3)]
    assert {each.instruction_id for each in placed} == {f"M:{key}"}
    wait_for(lambda: client.trading.find(key).status is InstructionStatus.DONE)  # type: ignore[union-attr]  # it is there
    orders = [order for order in client.trading.orders() if order.request.instruction_id == f"M:{key}"]
    assert [(order.status, order.filled_quantity) for order in orders] == [(OrderStatus.FILLED, 2)]
    (held,) = [each for each in client.funds.positions() if each.instrument_id == AU and not each.book]
    assert sum(lot.quantity for lot in client.funds.lots("paper", AU, "long")) == held.quantity == 2
    shown = client.trading.preview_close("paper", AU, "long")
    closing = client.trading.close("paper", AU, "long", confirmation=shown.confirmation)
    wait_for(lambda: not [each for each in client.funds.positions() if each.instrument_id == AU])
    assert closing.instruction_id.startswith("C:")
    with pytest.raises(InvalidError, match="no long position"):
        client.trading.preview_close("paper", AU, "long")
    rows = list(client.platform.records("orders", Condition("instrument_id", "is", AU), page_size=1))
    assert len(rows) == 2, "one to open, one to close, a page each"


def test_an_order_that_rests_is_taken_back(client: Client) -> None:
    price = client.market.quote(AU).last_price * 0.97
    resting = client.trading.place("paper", line(AU, "buy", 1, limit_price=f"{price:.0f}"))
    client.trading.cancel(resting.instruction_id, reason="enough")
    wait_for(
        lambda: client.trading.find(resting.instruction_id[2:]).status is InstructionStatus.CANCELLED  # type: ignore[union-attr]  # it is there
    )
    assert not [each for each in client.trading.orders(is_live=True) if each.request.instrument_id == AU]


def test_an_instruction_is_written_handed_in_and_withdrawn(client: Client) -> None:
    key = new_key()
    written = [client.book.write("paper", [Wanted(instrument_id=AU, delta=1)], key=key) for _ in range(2)]
    assert len({each.instruction_id for each in written}) == 1
    entry = client.book.submit(written[0].instruction_id, version=written[0].version)
    assert client.book.what_if(entry.instruction_id).is_approved
    assert client.book.withdraw(entry.instruction_id, reason="test").status is InstructionStatus.CANCELLED
    steps = client.book.timeline(entry.instruction_id)
    assert [step.act for step in steps] == [Act.DRAFT, Act.SUBMIT, Act.WITHDRAW]
    assert entry.instruction_id in {each.instruction_id for each in client.book.entries(page_size=1)}
    with pytest.raises(InvalidError, match="B999999"):
        client.book.entry("B999999")


def test_what_is_said_under_one_key_is_one_message(client: Client) -> None:
    first, again = (client.people.say("*", "早上好", key="greeting") for _ in range(2))
    assert first.message_id == again.message_id
    other = client.people.say("*", "第二条")
    assert [each.message_id for each in client.people.messages("*", page_size=1)] == [
        other.message_id,
        first.message_id,
    ]
    client.people.mark_room("*", other.message_id)
    assert {room.room: room.unread for room in client.people.rooms()}["*"] == 0


async def test_of_every_quote_none_is_lost_or_doubled_when_the_line_is_cut(platform: Platform) -> None:
    seqs: dict[str, list[int]] = {}
    async with AsyncClient(platform.url, key=platform.token) as client:
        quotes = client.quotes(mode="every", patience=SOON)
        async with quotes, asyncio.timeout(ROOM_S):
            for cut in range(3):
                for _ in range(80):
                    quote = await anext(quotes)
                    seqs.setdefault(quote.instrument_id, []).append(quote.seq)
                if cut < 2:
                    platform.wire.cut()
        assert quotes.stream.recovered == {"quotes": True}
        assert list(quotes.gaps) == []
    # The snapshot's quotes come first; from there on each number follows the one before.
    assert all(two == one + 1 for each in seqs.values() for one, two in itertools.pairwise(each))
    assert len(seqs) > 3


def test_a_program_that_waits_hears_the_same(platform: Platform, client: Client) -> None:
    heard = []
    with client.quotes([AU], mode="every", patience=SOON) as quotes:
        for quote in quotes:
            heard.append(quote.seq)
            if len(heard) == 3:
                platform.wire.cut()
            if len(heard) == 8:
                break
    assert heard == list(range(heard[0], heard[0] + 8))


async def test_what_happens_at_the_desk_is_heard_by_who_follows_it(platform: Platform) -> None:
    async with AsyncClient(platform.url, key=platform.token) as client:
        stream = client.follow({"orders": Wish(), "accounts": Wish()}, patience=SOON)
        async with stream, asyncio.timeout(ROOM_S):
            begun = {told.topic for told in [await anext(stream), await anext(stream)]}
            assert begun == {"orders", "accounts"}
            placed = await client.trading.place("paper", line(AU, "sell", 1))
            statuses = []
            async for told in stream:
                assert not isinstance(told, Gap)
                statuses += _statuses(told, placed.instruction_id)
                if OrderStatus.FILLED in statuses:
                    break
        shown = await client.trading.preview_close("paper", AU, "short")
        await client.trading.close("paper", AU, "short", confirmation=shown.confirmation)
    assert statuses[-1] is OrderStatus.FILLED


def _statuses(told: Update, instruction_id: str) -> list[OrderStatus]:
    if told.topic != "orders":
        return []
    return [order.status for order in told.events if order.request.instruction_id == instruction_id]


async def test_a_password_opens_rest_and_push_as_far_as_its_user_may(platform: Platform) -> None:
    async with AsyncClient(platform.url, username="wang", password=CHOSEN) as client:
        assert (await client.platform.session()).identity == "wang"
        async with client.quotes([AU]) as quotes, asyncio.timeout(ROOM_S):
            assert (await anext(quotes)).instrument_id == AU
        with pytest.raises(InvalidError, match="no order"):
            await client.trading.cancel_order("M:none-0-1")
        with pytest.raises(ForbiddenError, match="instruct"):
            await client.book.write("paper", [Wanted(instrument_id=AU, delta=1)])
        async with client.follow(["system"]) as stream:
            with pytest.raises(ForbiddenError, match="system"):
                await anext(stream)
    with pytest.raises(NotSignedInError):
        await AsyncClient(platform.url, username="wang", password="wrong").platform.me()  # noqa: S106 - of nobody


def test_a_key_that_was_revoked_ends_its_program(platform: Platform) -> None:
    with platform.signed_in(CHOSEN) as http:
        form = {"name": "bot", "permissions": ["market"]}
        made = http.post("/api/v1/me/keys", json=form, headers=_key()).json()
        with Client(platform.url, key=made["secret"]) as client, client.quotes([AU], patience=SOON) as quotes:
            assert next(quotes).instrument_id == AU
            assert http.delete(f"/api/v1/me/keys/{made['key']['key_id']}").status_code < 300
            with pytest.raises(NotSignedInError):
                for _ in quotes:
                    pass


def test_the_programs_of_the_page_run(platform: Platform, tmp_path: Path) -> None:
    file = tmp_path / "page.py"
    file.write_text("\n".join(snippets("docs/how-to/python-client.md", "python")), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-W", "error", str(file)],
        env={**os.environ, "TW_URL": platform.url, "TW_KEY": platform.token},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not_found 404" in done.stdout


def test_the_emergency_stop_holds_until_the_phrase_is_typed(client: Client) -> None:
    """The last of this file: trading stands still meanwhile."""
    answer = client.halting.emergency_stop("drill")
    assert answer.is_done
    assert client.trading.place("paper", line(AU, "buy", 1)).reason_code == "HALTED"
    assert [state.reason for state in client.halting.states() if state.mode is TradingMode.HALTED] == ["drill"]
    with pytest.raises(InvalidError, match="RESUME PLATFORM"):
        client.halting.set_mode("active", phrase="please")
    assert client.halting.set_mode("active", phrase="RESUME PLATFORM").is_done
