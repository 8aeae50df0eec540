"""Our module before a server of system 002, over a real WebSocket: every word, and what goes wrong on the way."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from module_at_work import AtWork, module_at_work
from system_002_server import HASH, System002Server
from tradewind.kernel.clock import NS_PER_S, FakeClock

from waiting import eventually


@pytest.mark.parametrize("form", ["bare", "wrapped", "text"])
async def test_a_job_is_done_and_its_result_told_however_it_was_written(tmp_path: Path, form: str) -> None:
    async with System002Server() as server, module_at_work(tmp_path, server.port) as module:
        await eventually(server.is_connected)
        await server.execute("e1", "TSLA.US", "USDCNY", form=form)
        await eventually(lambda: bool(server.of("e1")))
        assert server.of("e1") == [
            {
                "status": "success",
                "meta": {"execution_id": "e1", "workflow_id": 3, "workflow_name": "收盘采集"},
                "result": {
                    "codes": 2, "quotes": 2, "stored": 2, "known": 0, "spooled": 0, "requests": 1,
                    "refused_count": 0, "refused": {},
                },
            }
        ]  # fmt: skip
        assert module.fetcher.done == ["realtime TSLA.US,USDCNY"]
    (log,) = (tmp_path / "logs").glob("execution_????-??-??.log")
    line = json.loads(log.read_text(encoding="utf-8"))
    assert (line["execution_id"], line["kind"], line["codes"], line["status"]) == ("e1", "quotes", 2, "success")


async def test_it_beats_in_the_old_form_and_answers_in_the_new_one(tmp_path: Path) -> None:
    async with System002Server(pings=True) as server, module_at_work(tmp_path, server.port):
        await eventually(lambda: server.said.count("heartbeat") >= 3)
        pong = json.dumps({"type": "pong", "timestamp": server.clock_s}, separators=(",", ":"))
        await eventually(lambda: server.said.count(pong) >= 2)


async def test_a_server_of_system_002_hears_none_of_the_words_it_does_not_know(tmp_path: Path) -> None:
    async with System002Server(pings=True) as server, module_at_work(tmp_path, server.port):
        await eventually(server.is_connected)
        await server.execute("e1", "TSLA.US")
        await eventually(lambda: bool(server.of("e1")) and server.said.count("heartbeat") >= 3)
        kinds = {text if text == "heartbeat" else json.loads(text).get("type", "result") for text in server.said}
        assert kinds == {"heartbeat", "pong", "result"}


async def test_a_server_of_ours_hears_that_a_job_is_taken_how_far_it_is_and_how_the_module_is(tmp_path: Path) -> None:
    async with System002Server() as server, module_at_work(tmp_path, server.port):
        await eventually(server.is_connected)
        assert "X-Tradewind-Module" in server.headers[0]
        await server.say({"type": "welcome", "accepts": ["accepted", "progress", "state"]})
        await server.execute("e1", "TSLA.US", "USDCNY")

        def told(kind: str) -> list[dict[str, object]]:
            return [said for text in server.said if text[0] == "{" and (said := json.loads(text)).get("type") == kind]

        await eventually(lambda: bool(told("progress")) and len(told("state")) >= 3)
        assert [said["meta"]["execution_id"] for said in told("accepted")] == ["e1"]  # type: ignore[index]
        assert (told("progress")[-1]["done"], told("progress")[-1]["whole"]) == (2, 2)
        assert told("state")[0]["kinds"] == ["quotes"]


async def test_a_server_that_vanishes_mid_job_gets_the_result_when_it_is_back_and_once(tmp_path: Path) -> None:
    server = System002Server()
    await server.start()
    async with module_at_work(tmp_path, server.port) as module:
        module.hold()
        await eventually(server.is_connected)
        await server.execute("e1", "TSLA.US")
        await eventually(lambda: bool(module.fetcher.begun))
        await server.vanish()
        module.release()
        await eventually(lambda: bool(module.fetcher.done))
        await server.start()
        await server.execute_when_connected("e2", "AAPL.US")
        await eventually(lambda: bool(server.of("e2")))
        assert [result["status"] for result in server.of("e1")] == ["success"]
        assert module.fetcher.done == ["realtime TSLA.US", "realtime AAPL.US"]
    await server.vanish()


async def test_a_job_told_twice_is_done_once_and_its_result_told_again(tmp_path: Path) -> None:
    async with System002Server() as server, module_at_work(tmp_path, server.port) as module:
        module.hold()
        await eventually(server.is_connected)
        await server.execute("e1", "TSLA.US")
        await server.execute("e1", "TSLA.US")
        await eventually(lambda: module.module.jobs.counts.repeated == 1)
        module.release()
        await eventually(lambda: len(server.of("e1")) == 1)
        await server.execute("e1", "TSLA.US")
        await eventually(lambda: len(server.of("e1")) == 2)
        assert server.of("e1")[0] == server.of("e1")[1]
        assert module.fetcher.done == ["realtime TSLA.US"]


async def test_what_fails_says_why_and_the_next_job_is_done(tmp_path: Path) -> None:
    async with System002Server() as server, module_at_work(tmp_path, server.port) as module:
        await eventually(server.is_connected)
        for trouble, message in (
            ("fail", "transient: the provider does not answer"),
            ("crash", "error: the job ended with ZeroDivisionError"),
        ):
            (module.fetcher.folder / trouble).touch()
            await server.execute(trouble, "TSLA.US")
            await eventually(lambda trouble=trouble: bool(server.of(trouble)))  # type: ignore[misc]
            assert server.of(trouble)[0] == {
                "status": "error",
                "meta": server.of(trouble)[0]["meta"],
                "message": message,
            }
            (module.fetcher.folder / trouble).unlink()
        await server.execute("e2", "TSLA.US")
        await eventually(lambda: bool(server.of("e2")))
        assert server.of("e2")[0]["status"] == "success"


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ('{"type":"execute","meta":{"execution_id":"bad"},"args":[]}', "args must be a JSON object"),
        ('{"type":"execute","meta":{"execution_id":"bad"},"args":{"codes":["../x"]}}', "'../x' is no code"),
        (
            '{"type":"execute","meta":{"execution_id":"bad"},"args":{"codes":["A"],"kind":"shell"}}',
            "kind must be one of",
        ),
        ('{"type":"exec","meta":{"execution_id":"bad"}}', "type must be one of execute, shutdown"),
    ],
)
async def test_a_malformed_command_is_answered_where_it_says_whose_it_is(
    tmp_path: Path, command: str, message: str
) -> None:
    async with System002Server() as server, module_at_work(tmp_path, server.port) as module:
        await eventually(server.is_connected)
        for noise in ("", "{", "null", '{"type":"execute","meta":[],"args":{}}', "\x00"):
            await server.say(noise)
        await server.say(command)
        await server.execute("e1", "TSLA.US")
        await eventually(lambda: bool(server.of("e1")))
        (bad,) = server.of("bad")
        assert bad["status"] == "error"
        assert message in bad["message"]
        assert module.module.jobs.counts.unreadable >= 5
        assert module.module.jobs.counts.connections == 1


async def test_a_message_too_large_costs_the_connection_and_nothing_else(tmp_path: Path) -> None:
    async with System002Server() as server, module_at_work(tmp_path, server.port) as module:
        await eventually(server.is_connected)
        await server.say('{"type":"execute","x":"' + "x" * (1 << 20) + '"}')
        await eventually(lambda: module.module.jobs.counts.connections == 2)
        await server.execute_when_connected("e1", "TSLA.US")
        await eventually(lambda: bool(server.of("e1")))


async def test_a_server_that_falls_silent_is_left_and_tried_again(tmp_path: Path) -> None:
    async with System002Server() as server, module_at_work(tmp_path, server.port, heartbeat_s=0.02) as module:
        await eventually(lambda: "heartbeat" in server.said)
        server.answers_beats = False
        await eventually(lambda: module.module.jobs.counts.connections >= 2)
        assert "said nothing for" in module.module.line.state.trouble or module.module.line.state.is_connected


async def test_shutdown_is_answered_and_ends_the_module(tmp_path: Path) -> None:
    async with System002Server() as server:
        module = AtWork(tmp_path, server.port)
        module.start()
        await eventually(server.is_connected)
        await server.say({"type": "shutdown"})
        await module.task
        assert '{"status":"success","message":"模块正在关闭"}' in server.said


@pytest.mark.parametrize(
    ("status", "words"),
    [(401, "does not know this module's hash; register again"), (409, "connected already; each needs a registration")],
)
async def test_a_refused_connection_says_why_and_is_tried_again(tmp_path: Path, status: int, words: str) -> None:
    async with System002Server() as server, module_at_work(tmp_path / "first", server.port) as first:
        await eventually(server.is_connected)
        if status == 401:
            server.known.clear()
            await server.cut()
            second = first
        else:
            second = AtWork(tmp_path / "second", server.port)
            second.start()
        await eventually(lambda: len(server.refused) >= 2)
        assert set(server.refused) == {status}
        assert words in second.module.line.state.trouble
        assert HASH not in second.module.line.state.trouble
        server.known.add(HASH)
        if second is not first:
            await first.end()
            first.start()
        await eventually(server.is_connected)
        if second is not first:
            await second.end()


async def test_a_server_that_sends_elsewhere_is_not_followed(tmp_path: Path) -> None:
    async with System002Server() as other, System002Server() as server:
        server.elsewhere = f"http://127.0.0.1:{other.port}/websocket?hash={HASH}"
        async with module_at_work(tmp_path, server.port) as module:
            await eventually(lambda: len(server.refused) >= 2)
            await eventually(lambda: "sends us elsewhere, which is not followed" in module.module.line.state.trouble)
        assert (other.headers, other.refused) == ([], [])


async def test_a_result_that_is_not_confirmed_is_sent_anew_so_often_and_then_left_for_the_next(tmp_path: Path) -> None:
    async with (
        System002Server(confirms=False) as server,
        module_at_work(tmp_path, server.port, confirm_s=0.05, most_sends=3) as module,
    ):
        await eventually(server.is_connected)
        await server.execute("e1", "TSLA.US")
        await eventually(lambda: len(server.of("e1")) == 3)
        await eventually(lambda: module.module.jobs.counts.connections == 4)
        server.confirms = True
        await server.execute_when_connected("e2", "AAPL.US")
        await eventually(lambda: bool(server.of("e2")))
        assert len(server.of("e1")) == 3
        await server.execute_when_connected("e1", "TSLA.US")
        await eventually(lambda: len(server.of("e1")) == 4)
        assert module.fetcher.done == ["realtime TSLA.US", "realtime AAPL.US"]


async def test_clocks_that_differ_are_remarked_on_and_change_nothing(tmp_path: Path) -> None:
    clock = FakeClock(1_763_773_200 * NS_PER_S)
    async with (
        System002Server(pings=True) as server,
        module_at_work(tmp_path, server.port, clock=clock) as module,
    ):
        server.clock_s -= 7_200
        await eventually(lambda: module.module.line.state.skew_ms == 7_200_000)
        clock.advance(-86_400)
        await server.execute("e1", "TSLA.US")
        await eventually(lambda: bool(server.of("e1")))
        assert server.of("e1")[0]["status"] == "success"
