"""What all programs share in Kubernetes: settings, the data folder, the job of the tables, who may call whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.kernel.settings import value_at
from tradewind.kernel.settings_doc import as_toml
from tradewind.runtime.deploying.kubernetes import PREFIX, SECRETS, SETTINGS, container, labels, pod_frame
from tradewind.runtime.deploying.units import SECRETS as VARIABLES
from tradewind.runtime.deploying.units import container_settings, said, units
from tradewind.runtime.services import EDGES, GATEWAY

if TYPE_CHECKING:
    from tradewind.runtime.deploying.holes import Values
    from tradewind.runtime.deploying.kubernetes import Object

_HEAD: Final = "# Where the servers are, and what differs from the defaults; docs/config.md names every setting.\n"
_NETWORK: Final = "10.0.0.0/8"
"""Where pods have their addresses; the operator's to correct."""
_SERVERS: Final = (
    'bus.url = "redis://tradewind@redis:6379/0"',
    'store.url = "mysql://tradewind@mariadb:3306/strategy"',
)
_PARTNERS: Final = {"redis": 6379, "mariadb": 3306, "documents": 27017, "ldap": 636, "smtp": 587}
"""Outgoing connections that are allowed, by what listens there."""
_MIGRATION: Final = "tables"


def settings_text(prefix: str, *, peers: str) -> str:
    """Return `tradewind.toml` for services that find each other by name; `peers` is where the gateway calls from."""
    settings = container_settings(prefix)
    lines = [f"{key} = {as_toml(value_at(settings, key))}" for key in said(prefix)]
    return _HEAD + "\n".join([*_SERVERS, *lines, f'gateway.peers = ["{peers}"]']) + "\n"


def settings_map(values: Values) -> Object:
    """Return the settings as pods read them."""
    text = values.of("settings", settings_text(PREFIX, peers=_NETWORK))
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": SETTINGS, "labels": labels("settings")},
        "data": {"tradewind.toml": text},
    }


def account() -> Object:
    """Return who the pods are to Kubernetes: somebody who may ask it nothing."""
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "tradewind", "labels": labels("account")},
        "automountServiceAccountToken": False,
    }


def data(values: Values) -> Object:
    """Return the folder that must survive and that several pods share: the token's hash, the file of a halt."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "tradewind-data", "labels": labels("data")},
        "spec": {
            "accessModes": ["ReadWriteMany"],
            "resources": {"requests": {"storage": values.of("dataSize", "20Gi")}},
        },
    }


def migration(values: Values) -> Object:
    """Return the job that makes and changes the tables; it may run again, and services wait for it."""
    main = container(_MIGRATION, values.of("image", "tradewind:local"), values, "db", "upgrade")
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {
            "name": f"{PREFIX}{_MIGRATION}",
            "labels": labels(_MIGRATION),
            "annotations": {
                "helm.sh/hook": "post-install,post-upgrade",
                "helm.sh/hook-delete-policy": "before-hook-creation",
            },
        },
        "spec": {
            "backoffLimit": 20,
            "template": {
                "metadata": {"labels": labels(_MIGRATION)},
                "spec": {**pod_frame(values), "restartPolicy": "OnFailure", "containers": [main]},
            },
        },
    }


def example_secret() -> Object:
    """Return the secret an operator makes, its values to be filled in; it is part of nothing that is applied."""
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": SECRETS},
        "type": "Opaque",
        "stringData": dict.fromkeys(VARIABLES, "FILL-ME-IN"),
    }


def policies(values: Values) -> list[Object]:
    """Return who may call whom: nobody, but for what follows."""
    everybody: Object = {"matchLabels": {"app.kubernetes.io/part-of": "tradewind"}}
    health = sorted({unit.ports["health"] for unit in units() if "health" in unit.ports})
    served = {unit.name: sorted(unit.ports.values()) for unit in units() if unit.is_edge}
    watchers = {"namespaceSelector": {}, "podSelector": {"matchLabels": {"app.kubernetes.io/name": "prometheus"}}}
    dns = [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]
    partners = sorted(_PARTNERS.values())
    behind = [name for name in served if name != GATEWAY]
    return [
        _policy("nobody", everybody, {"policyTypes": ["Ingress", "Egress"]}),
        _policy("entry", _pods(GATEWAY), _ingress([], served[GATEWAY])),
        *(_policy(f"behind-{name}", _pods(name), _ingress([_pods(GATEWAY)], served[name])) for name in behind),
        _policy("watched", everybody, {"policyTypes": ["Ingress"], "ingress": [{
            "from": [watchers, {"podSelector": _pods(EDGES[1])}],
            "ports": _ports(health),
        }]}),
        _policy("partners", everybody, {"policyTypes": ["Egress"], "egress": [
            {"ports": dns},
            {"ports": values.of("egressPorts", _ports(partners))},
            {"to": [{"podSelector": everybody}]},
        ]}),
    ]  # fmt: skip


def _pods(name: str) -> Object:
    return {"matchLabels": labels(name)}


def _ports(numbers: list[int]) -> list[Object]:
    return [{"protocol": "TCP", "port": number} for number in numbers]


def _ingress(callers: list[Object], ports: list[int]) -> Object:
    allowed: Object = {"ports": _ports(ports)}
    if callers:
        allowed["from"] = [{"podSelector": caller} for caller in callers]
    return {"policyTypes": ["Ingress"], "ingress": [allowed]}


def _policy(name: str, pods: Object, spec: dict[str, Any]) -> Object:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": f"{PREFIX}{name}", "labels": labels(name)},
        "spec": {"podSelector": pods, **spec},
    }
