"""People of a production desk as programs: they act over REST, follow over push, and try again where nobody answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import httpx
from websockets.sync.client import ClientConnection, connect

from production_desk import Instance
from real_slapd import PASSWORD
from resuming_watch import ResumingWatch
from running_platform import wait_for
from tradewind.kernel.ids import new_epoch

BOOK: Final = "/api/v1/instruction-book"
_PATIENCE_S: Final = 90.0
_AWAY: Final = frozenset({429, 502, 503, 504})
"""Answers after which the same request is sent again, by the same id."""


class Member:
    """Somebody at an instance, who goes to the other one while their own does not answer."""

    def __init__(self, name: str, instances: Sequence[Instance]) -> None:
        """`instances`: their own first."""
        self.name = name
        self._instances = instances
        self._session: dict[str, str] = wait_for(self._signed_in, patience_s=_PATIENCE_S)

    def act(self, path: str, body: Any) -> dict[str, Any]:
        """Do something once, however often it must be asked for; return the answer."""
        headers = {**self._session, "Idempotency-Key": new_epoch()}
        answer = self._answered(lambda url: httpx.post(f"{url}{path}", json=body, headers=headers, timeout=20))
        assert answer.is_success, (self.name, path, answer.text)
        told: dict[str, Any] = answer.json()
        return told

    def ask(self, path: str) -> Any:
        """Return what a route answers, at whichever instance."""
        answer = self._answered(lambda url: httpx.get(f"{url}{path}", headers=self._session, timeout=20))
        assert answer.is_success, (self.name, path, answer.text)
        return answer.json()

    def follow(self, at: Instance) -> ClientConnection:
        """Connect to the push of an instance, as the page there does."""
        origin: Any = at.url
        headers = {"Cookie": self._session["Cookie"]}
        return connect(at.push_url, additional_headers=headers, origin=origin, proxy=None)

    def _signed_in(self) -> dict[str, str]:
        at = self._instances[0].url
        answer = httpx.post(f"{at}/api/v1/session", json={"username": self.name, "password": PASSWORD}, timeout=20)
        if not answer.is_success:
            return {}
        cookie = answer.headers.get_list("set-cookie")[0].partition(";")[0]
        return {"Cookie": cookie, "X-CSRF-Token": answer.json()["csrf"]}

    def _answered(self, send: Callable[[str], httpx.Response]) -> httpx.Response:
        tries = 0

        def once() -> httpx.Response | None:
            nonlocal tries
            at = self._instances[tries % len(self._instances)]
            tries += 1
            try:
                answer = send(at.url)
            except httpx.TransportError:
                return None
            return None if answer.status_code in _AWAY else answer

        answer: httpx.Response = wait_for(
            lambda: [found] if (found := once()) is not None else [], patience_s=_PATIENCE_S
        )[0]
        return answer


class Watch:
    """Follows instructions until it is told to stop; whatever ends the connection, it comes again where it was."""

    def __init__(self, member: Member, at: Instance) -> None:
        watch = ResumingWatch("instructions", lambda: member.follow(at), self._hear)
        self.start, self.end = watch.start, watch.end
        self.known: dict[str, dict[str, Any]] = {}
        """The newest version of each instruction, by its id."""
        self.backwards: list[tuple[str, int, int]] = []
        """Where an older version came after a newer one."""

    def _hear(self, frame: dict[str, Any]) -> None:
        match frame["type"]:
            case "snapshot":
                self.known = {each["instruction_id"]: each for each in frame["data"]}
            case "delta":
                for each in frame["data"]:
                    before = self.known.get(each["instruction_id"])
                    if before is not None and before["version"] > each["version"]:
                        self.backwards.append((each["instruction_id"], before["version"], each["version"]))
                    self.known[each["instruction_id"]] = each
            case _:
                pass
