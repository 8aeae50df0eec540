"""How production mode sums up what it finds: states, exit codes, lag, ports, which process is one of ours."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tradewind.errors import ConfigError, PortTakenError
from tradewind.kernel.settings import load
from tradewind.runtime.gateway.settings import GatewaySettings
from tradewind.runtime.lifecycle import crew, frozen, leftovers
from tradewind.runtime.lifecycle.ports import check_free, ports_of
from tradewind.runtime.lifecycle.redis_facts import RedisFacts, behind_ms
from tradewind.runtime.lifecycle.report import ServiceRow, StatusReport, as_table
from tradewind.runtime.lifecycle.trial import _NEEDS, _SEES
from tradewind.runtime.services import PROGRAMS, ROWS
from tradewind.runtime.settings import TradewindSettings

HERE = RedisFacts(address="127.0.0.1:6379", is_here=True)
AWAY = RedisFacts(address="127.0.0.1:6379", is_here=False, reason="cannot be reached")


def report(*states: str, redis: RedisFacts = HERE, left: dict[str, str] | None = None) -> StatusReport:
    rows = [ServiceRow(service=name, state=state) for name, state in zip(ROWS, states, strict=False)]
    return StatusReport(services=rows, redis=redis, supervisor_pid=1, leftovers=left or {})


@pytest.mark.parametrize(
    ("found", "code"),
    [
        (report("running", "running"), 0),
        (report("running", "stopped"), 0),
        (report("running", "standby"), 0),
        (report("running", "retrying"), 1),
        (report("running", "degraded"), 1),
        (report("failed", "stopped"), 1),
        (report("running", redis=AWAY), 1),
        (report("stopped", "stopped"), 3),
        (report("stopped", redis=AWAY), 3),
        (report("stopped", left={"7": "push"}), 1),
    ],
)
def test_the_exit_code_sums_up_what_is_wanted(found: StatusReport, code: int) -> None:
    assert found.exit_code == code


def test_the_table_says_what_is_not_known_with_a_dash_and_where_redis_is() -> None:
    row = ServiceRow(
        service="push", state="running", pid=7, uptime_s=90_061.0, rate_per_s=1_234.5, lag_ms=12, memory_mb=58.4
    )
    found = StatusReport(services=[row, ServiceRow(service="api", state="stopped")], redis=AWAY, supervisor_pid=1,
                         leftovers={})  # fmt: skip
    heads, push, api, redis = as_table(found).splitlines()
    assert heads.split() == ["service", "state", "pid", "uptime", "rate/s", "lag", "memory", "last", "error"]
    assert push.split() == ["push", "running", "7", "1d", "1:01:01", "1,234.5", "12", "ms", "58", "MB"]
    assert api.split() == ["api", "stopped", "-", "-", "-", "-", "-"]
    assert redis == "redis       away: cannot be reached"


@pytest.mark.parametrize(
    ("positions", "newest", "behind"),
    [
        ({"a": "1000-0"}, {"a": "1000-0"}, 0),
        ({"a": "1000-0", "b": "900-0"}, {"a": "1250-3", "b": "900-0"}, 250),
        ({"a": "1000-0"}, {"a": "1000-5"}, 0),
        ({"a": "2000-0"}, {"a": "1000-0"}, 0),
        ({"a": "0-0"}, {}, None),
        ({}, {"a": "1000-0"}, None),
    ],
)
def test_lag_is_the_age_of_what_waits_unread(
    positions: dict[str, str], newest: dict[str, str], behind: int | None
) -> None:
    assert behind_ms(positions, newest) == behind


def test_every_service_names_its_ports_by_the_setting_that_says_so() -> None:
    settings = TradewindSettings()
    named = {key for name in PROGRAMS for key in ports_of(name, settings)}
    doors = {f"services.{name}_health" for name in PROGRAMS if name != "api"}
    listeners = {"services.api_port", "services.push_port", "quotes.port", "gateway.port", "control.port"}
    assert named == doors | listeners
    shared = load(TradewindSettings, flags=["gateway.control=h1:10081"]).settings
    assert ports_of("gateway", shared)["gateway.control_port"] == ("127.0.0.1", 10_080)


def test_a_taken_port_is_told_with_its_owner_and_its_setting() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        settings = load(TradewindSettings, flags=[f"services.risk_health={port}"]).settings
        with pytest.raises(
            PortTakenError, match=rf"risk cannot start: port {port} .* process \d+ .*services\.risk_health"
        ):
            check_free(["risk"], settings)


def test_two_services_on_one_port_are_refused() -> None:
    settings = load(TradewindSettings, flags=["services.risk_health=8206"]).settings
    with pytest.raises(PortTakenError, match=r"services\.risk_health and services\.push_health are both 8206"):
        check_free(["risk", "push"], settings)


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("python", "-m", "tradewind", "run", "push", "--config", "/d/run/push.toml"), "push"),
        (("python", "-m", "supervisor.supervisord", "-c", "/d/run/supervisord.conf"), "supervisord"),
        (("python", "-m", "tradewind", "nginx", "--run", "--config", "/d/run/gateway.toml"), "gateway"),
        (("vim", "/d/run/push.toml"), ""),
        (("python", "-m", "tradewind", "run", "push", "--config", "/other/run/push.toml"), ""),
        (("python", "-m", "tradewind", "run"), ""),
    ],
)
def test_only_processes_of_this_installation_are_its_leftovers(arguments: tuple[str, ...], name: str) -> None:
    assert leftovers._name_of(arguments, "/d/run/") == name


def test_every_service_has_a_hop_in_the_test() -> None:
    assert set(_SEES) == set(_NEEDS) == set(PROGRAMS)


def test_whether_there_is_a_gateway_is_what_is_said_or_else_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = [TradewindSettings(gateway=GatewaySettings(enabled=enabled)) for enabled in (True, False, "auto")]
    found = {}
    for nginx in ("/usr/sbin/nginx", None):
        monkeypatch.setattr(frozen, "find_nginx", lambda nginx=nginx: nginx)
        found[nginx] = [frozen.with_gateway(settings).gateway.is_before_us for settings in asked]
    assert found == {"/usr/sbin/nginx": [True, False, True], None: [True, False, False]}
    assert not any(settings.gateway.is_before_us for settings in asked[1:])


def test_a_start_of_all_says_what_it_leaves_out_and_how_to_have_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frozen, "find_nginx", lambda: None)
    monkeypatch.setattr(crew, "find_nginx", lambda: None)
    flags = [f"data_dir={tmp_path}", "bus.kind=redis"]
    left_out = crew.Crew(load(TradewindSettings, flags=flags))
    whole = tuple(name for name in ROWS if name != "control")
    assert left_out.all_services() == whole
    with_fleet = crew.Crew(load(TradewindSettings, flags=[*flags, "control.enabled=true"]))
    assert with_fleet.all_services() == ROWS
    idle = crew.Crew(load(TradewindSettings, flags=[*flags, "trading.enabled=false"]))
    assert idle.all_services() == tuple(name for name in whole if name != "trading")
    (remark,) = left_out.missing()
    assert (remark.service, remark.is_well) == ("gateway", True)
    assert "apt-get install nginx-light" in remark.text
    unwanted, wanted = (
        crew.Crew(load(TradewindSettings, flags=[*flags, f"gateway.enabled={word}"])) for word in ("false", "true")
    )
    assert unwanted.missing() == wanted.missing() == []
    with pytest.raises(ConfigError, match="gateway cannot start: nginx is not on this machine; install it"):
        wanted.start(wanted.all_services())
