"""The configuration that is written for Nginx: what stands in it, and what may not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from tradewind.errors import ConfigError
from tradewind.kernel.settings import load
from tradewind.runtime.gateway.nginx import nginx_config
from tradewind.runtime.gateway.settings import GatewaySettings
from tradewind.runtime.settings import TradewindSettings

FOLDER = Path("/run/tradewind")


def make_config(**changes: Any) -> str:
    gateway = msgspec.structs.replace(GatewaySettings(), **changes)
    return nginx_config(TradewindSettings(gateway=gateway), folder=FOLDER)


def test_it_listens_on_loopback_unless_told_otherwise() -> None:
    assert "listen 127.0.0.1:8888;" in make_config()
    assert "listen [::]:80;" in make_config(host="::", port=80)


def test_every_instance_stands_in_its_upstream() -> None:
    text = make_config(push=("h1:8100", "h2:8100"))

    assert "server h1:8100 max_fails=0;" in text
    assert "server h2:8100 max_fails=0;" in text


def test_sockets_are_not_buffered_and_may_be_silent_for_three_heartbeats() -> None:
    place = make_config().partition("location = /ws {")[2].partition("}")[0]

    assert "proxy_buffering off;" in place
    assert "proxy_read_timeout 60s;" in place
    assert "proxy_set_header Upgrade $http_upgrade;" in place


def test_without_a_quotes_web_nothing_is_sent_there() -> None:
    assert "tradewind_quotes" not in make_config(quotes=())


def test_every_place_names_the_real_caller() -> None:
    text = make_config()

    # A place with a header of its own inherits none.
    for place in text.split("location ")[1:]:
        if "proxy_set_header" in place:
            assert "proxy_set_header X-Real-IP $remote_addr;" in place
    assert "X-Forwarded" not in text


def test_half_of_tls_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"gateway\.certificate_key"):
        make_config(certificate="/etc/cert.pem")


def test_the_gateway_before_itself_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"gateway\.api names 127\.0\.0\.1:8888"):
        make_config(api=("127.0.0.1:8888",))


def test_modules_find_several_control_servers_at_their_old_port_and_at_the_one_entry() -> None:
    text = make_config(control=("h1:10081", "h2:10081"), host="::")
    entry, old = (block.partition("\n    }")[0] for block in text.split("\n    server {")[1:])

    assert "server h2:10081 max_fails=0;" in text
    for server in (entry, old):
        place = server.partition("location = /websocket {")[2].partition("}")[0]
        assert "proxy_pass http://tradewind_control;" in place
        assert "proxy_set_header Upgrade $http_upgrade;" in place
        assert "proxy_read_timeout 105s;" in place
    assert "listen [::]:8888;" in entry
    assert "listen [::]:10080;" in old
    assert "/api/" not in old


def test_a_modules_hash_in_an_address_is_never_in_the_error_log() -> None:
    for place in make_config(control=("h1:10081",)).split("location ")[1:]:
        if "tradewind_control" in place:
            assert "error_log stderr emerg;" in place


def test_the_one_control_server_that_runs_keeps_its_port() -> None:
    settings = load(TradewindSettings, flags=["control.enabled=true"]).settings
    text = nginx_config(settings, folder=FOLDER)

    assert "server 127.0.0.1:10080 max_fails" in text
    assert "listen 127.0.0.1:10080" not in text
    assert "tradewind_control" not in make_config()


def test_the_modules_port_is_no_instances_and_may_be_left_out() -> None:
    with pytest.raises(ConfigError, match=r"gateway\.control names \[::1\]:10080"):
        make_config(control=("[::1]:10080",), host="::")
    assert make_config(control=("h1:10081",), control_port=0).count("listen ") == 1


@pytest.mark.parametrize("path", ['/etc/"; include x', "/etc/$host", "/etc/a\nb", "/etc/{x}"])
def test_a_path_that_would_say_something_else_is_refused(path: str) -> None:
    with pytest.raises(ConfigError, match="may hold none of"):
        make_config(certificate=path, certificate_key="/etc/key.pem")


@pytest.mark.parametrize(
    "flag", ["gateway.api=h:1;}", "gateway.push=h", "gateway.host=a b", "gateway.user=root; x", "gateway.rooms=a:1"]
)
def test_settings_that_would_say_something_else_are_refused(flag: str) -> None:
    with pytest.raises(ConfigError):
        load(TradewindSettings, file=None, environ={}, flags=[flag])


def test_instances_that_nobody_names_are_those_of_production_mode() -> None:
    settings = load(
        TradewindSettings,
        flags=["services.api_port=18000", "services.push_port=18100", "push.host=::", "bus.kind=redis"],
    ).settings
    text = nginx_config(settings, folder=FOLDER)
    for address in ("127.0.0.1:18000", "[::1]:18100", "127.0.0.1:5502"):
        assert f"server {address} max_fails" in text


def test_it_has_a_health_door_only_where_somebody_looks_after_it() -> None:
    assert "8208" not in make_config()
    assert "listen 127.0.0.1:8208;" in nginx_config(TradewindSettings(), folder=FOLDER, has_door=True)
