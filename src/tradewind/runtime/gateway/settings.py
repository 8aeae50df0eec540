"""Where the one entry is, which instances stand behind it, and how much one caller may ask of it."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import msgspec
from msgspec import Meta

_HOST: Final = r"(?:[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\])"
_INSTANCE: Final = rf"^{_HOST}:[0-9]{{1,5}}$"
_NAMED: Final = rf"^[a-z0-9_-]+={_HOST}:[0-9]{{1,5}}$"

Instance = Annotated[str, Meta(pattern=_INSTANCE)]
"""`host:port`; the pattern keeps anything else out of the configuration that is made of it."""
NamedInstance = Annotated[str, Meta(pattern=_NAMED)]


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The gateway of the production edition; embedded, the one process is its own."""

    enabled: Annotated[
        bool | Literal["auto"],
        Meta(
            description="Nginx stands before this process: its address is ours, and it says who calls; `auto`: with "
            "`tradewind start` where Nginx is installed, which is then started too, and nowhere else."
        ),
    ] = "auto"
    host: Annotated[
        str,
        Meta(
            pattern=r"^(?:[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)$",
            description="Address Nginx listens on; 0.0.0.0 for every interface, and then with TLS.",
        ),
    ] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65_535, description="Port of the one entry.")] = 8_888
    api: Annotated[
        tuple[Instance, ...],
        Meta(description="Instances of the signal API, `host:port` each; empty: the one of `services.api_port`."),
    ] = ()
    push: Annotated[
        tuple[Instance, ...],
        Meta(description="Instances of push; any serves any client; empty: the one of `services.push_port`."),
    ] = ()
    quotes: Annotated[
        tuple[Instance, ...],
        Meta(description="Instances of the quotes web (Socket.IO, /api/…); empty: the one of `quotes`, where it runs."),
    ] = ()
    control: Annotated[
        tuple[Instance, ...],
        Meta(
            description="Instances of the control server of collector modules; any serves any module; empty: the one "
            "of `control`, where it runs."
        ),
    ] = ()
    control_port: Annotated[
        int,
        Meta(
            ge=0,
            le=65_535,
            description="Port at which Nginx takes modules, without TLS, for the instances of `gateway.control`, as "
            "existing modules expect; 0: at the one entry alone.",
        ),
    ] = 10_080
    rooms: Annotated[
        tuple[NamedInstance, ...],
        Meta(
            description="Where the rooms of the line tell their health, `market=127.0.0.1:8201` each; empty: where "
            "`services` says, with bus.kind=redis."
        ),
    ] = ()
    peers: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[0-9A-Fa-f:.]+(?:/[0-9]{1,3})?$")], ...],
        Meta(
            description="Addresses from which Nginx calls, or networks (`10.42.0.0/16`) in which nobody else can reach "
            "these services; who else names a caller is not believed."
        ),
    ] = ("127.0.0.1", "::1")
    certificate: Annotated[str, Meta(description="Certificate chain in PEM; with it the entry speaks TLS.")] = ""
    certificate_key: Annotated[str, Meta(description="Private key of the certificate, in PEM.")] = ""
    user: Annotated[
        str, Meta(pattern=r"^[a-z_][a-z0-9_-]*$|^$", description="User of Nginx' workers when it is started by root.")
    ] = ""
    workers: Annotated[int, Meta(ge=1, le=256, description="Worker processes of Nginx.")] = 2
    connections: Annotated[int, Meta(ge=64, description="Connections each worker holds, both sides counted.")] = 20_000
    requests_per_s: Annotated[
        int, Meta(ge=1, description="Requests per second one address may make; more are answered 429.")
    ] = 1_000
    requests_burst: Annotated[int, Meta(ge=1, description="Requests one address may make at once.")] = 2_000
    sockets_per_address: Annotated[
        int, Meta(ge=1, description="WebSockets one address may hold open; more are answered 429.")
    ] = 2_000
    answer_s: Annotated[
        int, Meta(ge=1, description="Time an instance has for an answer before the caller is told 503.")
    ] = 10
    retry_s: Annotated[
        int, Meta(ge=1, description="An instance that failed is left alone for this long while others serve.")
    ] = 2
    health_timeout_s: Annotated[
        float, Meta(gt=0, le=10, description="Time a service has to say how it is before it counts as silent.")
    ] = 1.0
    health_kept_s: Annotated[
        float, Meta(ge=0, le=10, description="Time for which /gateway/health repeats what it has just found.")
    ] = 0.5

    @property
    def is_before_us(self) -> bool:
        """True where Nginx stands before this process; `auto` has been settled by whoever started it, or means no."""
        return self.enabled is True
