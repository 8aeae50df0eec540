"""The port at which people find an installation: one word in all its processes, for the name of its cookie."""

from __future__ import annotations

from tradewind.kernel.metrics import Metrics
from tradewind.kernel.settings import load
from tradewind.runtime.edges.edge import with_service_ports
from tradewind.runtime.gateway.places import public_port
from tradewind.runtime.identity import IdentityRoom, access_tokens
from tradewind.runtime.settings import TradewindSettings

BEHIND = ("gateway.enabled=true", "gateway.port=9443")
APART = ("bus.kind=redis", "services.api_port=8010")


def told(*flags: str) -> TradewindSettings:
    return load(TradewindSettings, flags=list(flags)).settings


def cookie_of(*flags: str) -> str:
    settings = with_service_ports(told(*flags))
    gate = IdentityRoom(settings, metrics=Metrics(), tokens=access_tokens(settings)).gate
    return gate.clearing_cookie().partition("=")[0]


def test_one_process_is_found_where_it_listens_unless_nginx_stands_before_it() -> None:
    assert public_port(told()) == 8_888
    assert public_port(told("api.port=8899")) == 8_899
    assert public_port(told("api.port=8899", *BEHIND)) == 9_443


def test_services_apart_are_found_at_their_entry_and_not_where_one_of_them_listens() -> None:
    assert public_port(with_service_ports(told(*APART))) == 8_888
    assert public_port(with_service_ports(told(*APART, *BEHIND))) == 9_443
    assert public_port(told(*APART, "gateway.port=9443")) == 9_443


def test_every_instance_of_an_installation_reads_one_cookie(tmp_path: object) -> None:
    data = f"data_dir={tmp_path}"
    one, two = (cookie_of(data, "bus.kind=redis", *BEHIND, f"services.api_port={port}") for port in (8_000, 8_001))

    assert one == two == "__Host-tradewind.9443"
    assert cookie_of(data, *BEHIND, "access.installation=desk_a") == "__Host-tradewind.desk_a"
    assert cookie_of(data, "bus.kind=redis", "services.api_port=8010") == "__Host-tradewind"
