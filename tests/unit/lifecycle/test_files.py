"""What production mode writes and reads: folders, frozen settings, supervisord's configuration, logs."""

from __future__ import annotations

import configparser
import stat
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tradewind.errors import ConfigError
from tradewind.kernel.settings import load
from tradewind.runtime.lifecycle import frozen
from tradewind.runtime.lifecycle.last_words import last_error
from tradewind.runtime.lifecycle.logs import Logs, tail_of
from tradewind.runtime.lifecycle.places import Places
from tradewind.runtime.lifecycle.programs import programs_of
from tradewind.runtime.lifecycle.supervisor_conf import render
from tradewind.runtime.services import PROGRAMS
from tradewind.runtime.settings import TradewindSettings


def made(folder: Path) -> Places:
    places = Places(str(folder))
    places.make()
    return places


def line(second: int, event: str, level: str = "info", **fields: str) -> str:
    said = {"event": event, "level": level, "timestamp": f"2026-01-05T01:00:{second:02d}.000000Z", **fields}
    return msgspec.json.encode(said).decode() + "\n"


def test_folders_and_settings_are_for_their_owner_alone(tmp_path: Path) -> None:
    places = made(tmp_path)
    frozen.freeze(load(TradewindSettings), "push", places)
    for path, mode in ((places.run, 0o700), (places.logs, 0o700), (places.settings("push"), 0o600)):
        assert stat.S_IMODE(path.stat().st_mode) == mode


def test_a_folder_too_deep_for_a_socket_has_it_elsewhere() -> None:
    near, deep = Places("/srv/desk"), Places(f"/srv/{'d' * 100}")
    assert near.socket.parent == near.run
    assert deep.socket.parent != deep.run
    assert len(str(deep.socket)) < 90


def test_every_layer_of_settings_is_frozen_to_the_letter(tmp_path: Path) -> None:
    file = tmp_path / "tradewind.toml"
    file.write_text('[bus]\npassword = "p\\"%(x)s\\\\ ü"\n[market.simulator]\ninstruments = ["au2604.SHFE"]\n')
    loaded = load(
        TradewindSettings,
        file=file,
        environ={"TRADEWIND_PUSH__HEARTBEAT_S": "1.5", "TRADEWIND_BUS__MEMBER": "mine"},
        flags=(
            'strategies.params={"rsi":{"period":9}}',
            "rooms=features,signals",
            "access.cookie=plain",
            "gateway.enabled=false",
        ),
    )
    places = made(tmp_path / "var")
    frozen.freeze(loaded, "market", places)
    assert load(TradewindSettings, file=places.settings("market")).settings == loaded.settings
    assert frozen.is_frozen_as(loaded, "market", places)
    assert not frozen.is_frozen_as(load(TradewindSettings), "market", places)


def test_a_service_has_the_same_name_on_the_bus_in_each_of_its_lives(tmp_path: Path) -> None:
    members = []
    for folder in ("one", "one", "two"):
        places = made(tmp_path / folder)
        frozen.freeze(load(TradewindSettings), "market", places)
        members.append(load(TradewindSettings, file=places.settings("market")).settings.bus.member)
    assert members[0] == members[1] != members[2]


def test_the_environment_of_services_holds_no_settings() -> None:
    settings = {"TRADEWIND_BUS__PASSWORD": "p", "TRADEWIND_CONFIG": "x", "REDIS_URL": "redis://elsewhere"}
    environ = {**settings, "TRADEWIND_DATA": "/data", "PATH": "/bin"}
    assert frozen.environment(environ) == {"TRADEWIND_DATA": "/data", "PATH": "/bin"}


def test_supervisord_gets_one_program_per_service_and_the_gateway_and_no_door_but_the_socket(tmp_path: Path) -> None:
    places = made(tmp_path / "100% sure")
    text = render(TradewindSettings(), places, folder=tmp_path)
    conf = configparser.RawConfigParser()
    conf.read_string(text)
    assert [name.removeprefix("program:") for name in conf.sections() if name.startswith("program:")] == list(PROGRAMS)
    assert "inet_http_server" not in conf.sections()
    assert conf["unix_http_server"]["chmod"] == "0600"
    program = conf["program:push"]
    assert (program["stopasgroup"], program["killasgroup"], program["stopsignal"]) == ("true", "true", "TERM")
    assert "100%% sure" in program["command"]
    assert " -m tradewind nginx --run --config " in conf["program:gateway"]["command"]


def test_a_service_of_several_processes_gets_a_program_a_door_and_a_name_for_each(tmp_path: Path) -> None:
    places = made(tmp_path)
    loaded = load(TradewindSettings, flags=['services.processes={"features": 3}', "bus.shards=2"])
    assert programs_of(loaded.settings, ("features", "risk")) == ("features", "features-2", "features-3", "risk")
    conf = configparser.RawConfigParser()
    conf.read_string(render(loaded.settings, places, folder=tmp_path))
    command = conf["program:features-3"]["command"]
    assert " run features " in command
    assert "features-3.toml" in command
    settings = []
    for name in ("features", "features-2", "features-3"):
        frozen.freeze(loaded, name, places)
        assert frozen.is_frozen_as(loaded, name, places)
        settings.append(load(TradewindSettings, file=places.settings(name)).settings)
    assert [each.services.features_health for each in settings] == [8202, 8302, 8402]
    assert len({each.bus.member for each in settings}) == 3


def test_a_path_that_supervisord_cannot_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="semicolon"):
        render(TradewindSettings(), Places(str(tmp_path / "a;b")), folder=tmp_path)


def test_logs_are_merged_by_time_and_lines_without_one_stay_with_theirs(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(line(1, "one") + line(4, "four") + "Traceback\n")
    (tmp_path / "b.log").write_text(line(2, "two") + line(3, "three") + line(5, "five"))
    with closing(Logs({name: tmp_path / f"{name}.log" for name in ("a", "b", "c")})) as found:
        lines = found.last(5)
        assert [one.service for one in lines] == ["b", "b", "a", "a", "b"]
        assert lines[3].text == "Traceback"
        assert found.last(0) == []


def test_the_last_lines_go_back_into_the_file_before(tmp_path: Path) -> None:
    (tmp_path / "a.log.1").write_text("".join(line(second, "old") for second in range(50)))
    (tmp_path / "a.log").write_text(line(51, "new"))
    texts = [one.text for one in tail_of(tmp_path / "a.log", 3)]
    assert [('"old"' in text, '"new"' in text) for text in texts] == [(True, False), (True, False), (False, True)]


def test_following_begins_where_the_last_lines_end_and_goes_on_over_a_rotation(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    path.write_text(line(1, "before"))
    with closing(Logs({"a": path})) as found:
        with path.open("a") as file:
            file.write(line(2, "one") + "half")
        assert [one.text for one in found.last(9)] == [line(1, "before").rstrip()]
        assert [one.text for one in found.fresh()] == [line(2, "one").rstrip()]
        with path.open("a") as file:
            file.write(" a line\n")
        path.rename(tmp_path / "a.log.1")
        path.write_text(line(3, "two"))
        assert [one.text for one in found.fresh()] == ["half a line", line(3, "two").rstrip()]


@pytest.mark.parametrize(
    ("written", "since", "told"),
    [
        (line(1, "service_started"), "", ""),
        (line(1, "service_refused", "error", reason="port 1 is taken") + line(2, "stopped"), "",
         "service_refused: port 1 is taken"),
        (line(1, "failed", "error", exception="Traceback\n  x\nOSError: gone"), "", "failed: OSError: gone"),
        (line(1, "x", "error") + "tradewind: push: port_taken: port 1\n", "", "push: port_taken: port 1"),
        (line(1, "x", "error"), "2026-01-05T01:00:02", ""),
        ("2026/01/05 01:00:03 [emerg] 7#7: bind() to 127.0.0.1:8888 failed\n2026/01/05 01:00:03 [notice] 7#7: x\n",
         "2026-01-05T01:00:02", "bind() to 127.0.0.1:8888 failed"),
        ("2026/01/05 01:00:01 [error] 7#7: *1 connect() failed, client: 1.2.3.4, server: _\n", "2026-01-05T01:00:02",
         ""),
        ("2026/01/05 01:00:02 [error] 7#7: *1 connect() failed, client: 1.2.3.4, server: _\n", "",
         "connect() failed"),
        ("{no json\n" + line(3, "x", "error"), "2026-01-05T01:00:02", "x"),
    ],
)  # fmt: skip
def test_the_last_error_of_a_log_is_found(tmp_path: Path, written: str, since: str, told: str) -> None:
    places = made(tmp_path)
    places.log("push").write_text(written)
    assert last_error("push", places, since=since) == told


def test_a_secret_that_no_file_may_hold_goes_to_the_service_by_its_environment(tmp_path: Path) -> None:
    environ = {"TRADEWIND_MARKET__CTP__PASSWORD": "s3cret", "TRADEWIND_API__PORT": "1"}
    places = Places(str(tmp_path))
    places.run.mkdir(parents=True)
    loaded = load(TradewindSettings, flags=[f"data_dir={tmp_path}", "bus.kind=redis"], environ=environ)
    frozen.freeze(loaded, "market", places)
    assert "s3cret" not in places.settings("market").read_text(encoding="utf-8")
    assert frozen.is_frozen_as(loaded, "market", places)
    assert frozen.environment(environ) == {"TRADEWIND_MARKET__CTP__PASSWORD": "s3cret"}
