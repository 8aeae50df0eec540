"""What a client does about HTTP that goes wrong: nothing is sent twice, what is lost is looked up, a no has a name."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from private_ports import free_port
from tradewind.client import (
    AwayError,
    ConflictError,
    ForbiddenError,
    InvalidError,
    LostAnswerError,
    NotFoundError,
    NotSignedInError,
    OutcomeUnknownError,
    RefusedError,
    StrangerError,
    TooManyError,
    UnavailableError,
    line,
)
from tradewind.client.areas.trading import Trading
from tradewind.client.calls import act, ask, at
from tradewind.client.door import Door
from tradewind.client.modes import Sync, WaitingWay
from tradewind.client.proof import Proof
from tradewind.domain.instruction import InstructionStatus
from tradewind.errors import ConfigError, NotAuthenticatedError, TradewindError, TransientError

Heard = tuple[str, str, dict[str, str], bytes]
LOST = object()
"""In place of an answer: the connection ends once the request has been read."""
SESSION = {
    "identity": "li", "name": "Li", "session_id": "s", "csrf": "c5", "push_url": "/ws", "version": "1",
    "source": {"kind": "k", "name": "n"}, "features": {}, "reconnect_tries": 1, "permissions": {},
}  # fmt: skip


class House:
    """A server whose answers are written by the test; remembers each request, and which connection it came by."""

    def __init__(self) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self.heard: list[Heard] = []
        self.connections = 0
        self.answer: Callable[[Heard], Any] = lambda _heard: {}
        self.closes_after = False
        self._open: list[socket.socket] = []
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def paths(self) -> list[str]:
        return [f"{method} {path}" for method, path, _, _ in self.heard]

    def close(self) -> None:
        self._server.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        for one in (self._server, *self._open):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                one, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(one)
            self._serve(one)

    def _serve(self, one: socket.socket) -> None:
        """Serve one connection to its end; others wait, which is what shows that they were opened."""
        one.settimeout(0.2)
        with one.makefile("rb") as lines:
            while (heard := _request(lines)) is not None:
                self.heard.append(heard)
                answer = self.answer(heard)
                if answer is LOST:
                    break
                status, body, headers = answer if isinstance(answer, tuple) else (200, answer, {})
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
                one.sendall(f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n{more}\r\n".encode() + content)
                if self.closes_after:
                    break
        one.shutdown(socket.SHUT_RDWR)
        one.close()


def _request(lines: Any) -> Heard | None:
    try:
        first = lines.readline().decode().split()
    except (OSError, ValueError):
        return None
    if not first:
        return None
    headers = {}
    while text := lines.readline().decode().strip():
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    return first[0], first[1], headers, lines.read(int(headers.get("content-length", 0)))


@pytest.fixture
def house() -> Iterator[House]:
    made = House()
    yield made
    made.close()


@pytest.fixture
def door(house: House) -> Iterator[Door]:
    made = Door(house.url, Proof(key="tw_1"), timeout_s=5, lookups_s=(0.0, 0.0))
    yield made
    made.close()


def instruction(key: str) -> dict[str, Any]:
    return {
        "instruction_id": f"M:{key}", "origin": "manager", "account_id": "A1", "product_code": "", "strategy": "",
        "actor": "li", "status": "working", "version": 2, "lines": [], "trading_day": 20260105, "created_at": 1,
        "updated_at": 2, "reason_code": "", "reason": "", "cause": "",
    }  # fmt: skip


def trading(door: Door) -> Trading[Sync]:
    return Trading(WaitingWay(door))


def test_a_key_goes_with_every_request_and_one_connection_serves_many(house: House, door: Door) -> None:
    door.ask(ask("/api/v1/quotes", dict[str, int], limit=3, search="", state=None))
    door.ask(ask("/api/v1/orders", dict[str, int], live=True))
    assert house.paths() == ["GET /api/v1/quotes?limit=3", "GET /api/v1/orders?live=true"]
    assert {headers["authorization"] for _, _, headers, _ in house.heard} == {"Bearer tw_1"}
    assert house.connections == 1


def test_a_part_of_a_path_never_makes_another_path_of_it() -> None:
    assert at("/api/v1/quotes/{}", "../admin?x=1#") == "/api/v1/quotes/..%2Fadmin%3Fx%3D1%23"


def test_a_connection_that_was_ended_meanwhile_is_not_used_for_an_act(house: House, door: Door) -> None:
    house.closes_after = True
    door.ask(ask("/api/v1/quotes", dict[str, int]))
    door.ask(act("/api/v1/plans/x/stop", dict[str, int]))
    assert house.paths() == ["GET /api/v1/quotes", "POST /api/v1/plans/x/stop"]


def test_a_question_whose_answer_is_lost_is_asked_once_more(house: House, door: Door) -> None:
    house.answer = lambda _heard: LOST if len(house.heard) == 1 else {"a": 1}
    assert door.ask(ask("/api/v1/quotes", dict[str, int])) == {"a": 1}
    house.answer = lambda _heard: LOST
    with pytest.raises(LostAnswerError, match="GET /api/v1/quotes"):
        door.ask(ask("/api/v1/quotes", dict[str, int]))


def test_an_order_whose_answer_is_lost_is_looked_up_and_not_sent_again(house: House, door: Door) -> None:
    lists = iter([[], [instruction("other"), instruction("k1")]])
    house.answer = lambda heard: LOST if heard[0] == "POST" else next(lists)
    placed = trading(door).place("A1", line("au2606.SHFE", "buy", 1, limit_price="600.02"), key="k1")
    assert (placed.instruction_id, placed.status) == ("M:k1", InstructionStatus.WORKING)
    assert house.paths() == ["POST /api/v1/instructions", "GET /api/v1/instructions", "GET /api/v1/instructions"]
    sent = json.loads(house.heard[0][3])
    assert sent["lines"][0]["execution"]["limit_price"] == "600.02"
    assert house.heard[0][2]["idempotency-key"] == "k1"


@pytest.mark.parametrize("lost", [LOST, (502, b"<html>bad gateway", {}), (503, {"error": {"code": "store_away"}}, {})])
def test_an_order_of_which_nobody_knows_is_told_as_that_with_its_key(house: House, door: Door, lost: Any) -> None:
    house.answer = lambda heard: lost if heard[0] == "POST" else []
    with pytest.raises(OutcomeUnknownError, match="may have been done") as told:
        trading(door).place("A1", line("au2606.SHFE", "buy", 1), key="k1")
    assert told.value.key == "k1"
    assert house.paths().count("POST /api/v1/instructions") == 1


def test_what_was_placed_under_a_key_can_be_found_later(house: House, door: Door) -> None:
    house.answer = lambda _heard: [instruction("k1")]
    found = trading(door).find("k1")
    assert found is not None
    assert found.instruction_id == "M:k1"
    assert trading(door).find("k2") is None


def test_every_act_has_a_key_of_its_own(house: House, door: Door) -> None:
    house.answer = lambda _heard: {"client_order_id": "o", "is_cancel_asked": True}
    for _ in range(2):
        assert trading(door).cancel_order("o").is_cancel_asked
    keys = [headers["idempotency-key"] for _, _, headers, _ in house.heard]
    assert len(set(keys)) == 2
    assert {len(key) for key in keys} == {32}


def test_where_nobody_answers_nothing_was_sent() -> None:
    with pytest.raises(AwayError, match="nothing answers at http://127"):
        Door(f"http://127.0.0.1:{free_port()}", Proof(key="k")).ask(act("/api/v1/instructions", dict[str, int]))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, NotSignedInError), (403, ForbiddenError), (404, NotFoundError), (409, ConflictError),
        (422, InvalidError), (429, TooManyError), (503, UnavailableError), (418, RefusedError),
    ],
)  # fmt: skip
def test_a_refusal_has_the_platforms_code_and_sentence(
    house: House, door: Door, status: int, kind: type[RefusedError]
) -> None:
    problem = {"code": "so_and_so", "message": "it cannot be", "field": "lots", "allowed": ["1", "2"]}
    house.answer = lambda _heard: (status, {"error": problem}, {"Retry-After": "7"})
    with pytest.raises(kind, match=r"^it cannot be; allowed: 1, 2 \(so_and_so\)$") as told:
        door.ask(ask("/api/v1/x", dict[str, int]))
    error = told.value
    assert (error.code, error.field, error.status, error.wait_s) == ("so_and_so", "lots", status, 7.0)
    assert isinstance(error, TradewindError)


def test_what_is_switched_off_was_surely_not_done(house: House, door: Door) -> None:
    house.answer = lambda _heard: (503, {"error": {"code": "switched_off", "message": "no desk here"}}, {})
    with pytest.raises(UnavailableError, match="no desk here"):
        trading(door).place("A1", line("au2606.SHFE", "buy", 1))
    assert len(house.heard) == 1


@pytest.mark.parametrize("body", [b"<html>hello", b'{"instruction_id": 3}'])
def test_an_answer_in_other_words_is_a_strangers(house: House, door: Door, body: bytes) -> None:
    house.answer = lambda _heard: (200, body, {})
    with pytest.raises(StrangerError, match="/api/v1/quotes in words"):
        door.ask(ask("/api/v1/quotes", list[int]))


def test_a_password_opens_a_session_whose_cookie_and_token_go_along(house: House) -> None:
    house.answer = _with_session("one")
    door = Door(house.url, Proof(username="li", password="pw"))  # noqa: S106 - of nobody
    door.ask(act("/api/v1/plans/x/stop", dict[str, int]))
    assert json.loads(house.heard[0][3]) == {"username": "li", "password": "pw"}
    assert house.heard[1][2]["cookie"] == "__Host-tradewind=one; marks=me"
    assert house.heard[1][2]["x-csrf-token"] == "c5"
    door.close()
    assert house.paths()[-1] == "DELETE /api/v1/session"


def test_a_session_that_is_over_is_opened_anew_with_a_password_and_not_with_a_code(house: House) -> None:
    house.answer = _with_session("one", refused_first=True)
    door = Door(house.url, Proof(username="li", password="pw"))  # noqa: S106 - of nobody
    assert door.ask(ask("/api/v1/quotes", dict[str, int])) == {}
    assert house.paths() == ["POST /api/v1/session", "GET /api/v1/quotes", "POST /api/v1/session", "GET /api/v1/quotes"]
    door.close()
    house.heard.clear()
    house.answer = _with_session("two", refused_first=True)
    other = Door(house.url, Proof(username="li", password="pw", code="123456"))  # noqa: S106 - of nobody
    with pytest.raises(NotAuthenticatedError):
        other.ask(ask("/api/v1/quotes", dict[str, int]))
    other.close()


def _with_session(secret: str, *, refused_first: bool = False) -> Callable[[Heard], Any]:
    over: Any = (401, {"error": {"code": "not_authenticated", "message": "over"}}, {})
    refusals: list[Any] = [over] if refused_first else []

    def answer(heard: Heard) -> Any:
        if heard[0] == "POST" and heard[1] == "/api/v1/session":
            cookies = f"__Host-tradewind={secret}; Path=/; Secure\r\nSet-Cookie: marks=me; HttpOnly"
            return 200, SESSION, {"Set-Cookie": cookies}
        return refusals.pop() if refusals else {}

    return answer


@pytest.mark.parametrize("proof", [Proof(), Proof(username="li"), Proof(password="pw")])  # noqa: S106 - of nobody
def test_somebody_has_to_ask(proof: Proof) -> None:
    with pytest.raises(ConfigError, match="nobody says who asks"):
        Door("http://127.0.0.1:1", proof)


@pytest.mark.parametrize("address", ["127.0.0.1:8888", "ftp://x", "http://", "http://me:pw@host"])
def test_an_address_that_is_none_is_refused_without_its_secrets(address: str) -> None:
    with pytest.raises(ConfigError, match="must be http://host:port") as told:
        Door(address, Proof(key="k"))
    assert "pw" not in str(told.value)


def test_a_proof_never_shows_its_secret() -> None:
    assert repr(Proof(username="li", password="hunter2")) == "Proof(li, ***)"  # noqa: S106 - of nobody
    assert "tw_" not in repr(Proof(key="tw_secret"))


def test_a_line_says_what_it_cannot_be() -> None:
    assert line("au2606.SHFE", "sell", 2, limit_price=Decimal("600.02")).execution.limit_price == Decimal("600.02")
    with pytest.raises(ValueError, match="quantity"):
        line("au2606.SHFE", "buy", 0)
    with pytest.raises(ValueError, match="limit_price must be above 0"):
        line("au2606.SHFE", "buy", 1, limit_price="-1")


def test_every_error_asks_for_a_reaction_of_the_one_tree() -> None:
    assert issubclass(OutcomeUnknownError, TransientError)
    assert all(
        issubclass(kind, TradewindError)
        for kind in (AwayError, LostAnswerError, RefusedError, StrangerError, OutcomeUnknownError)
    )
