"""The Helm chart and the plain manifests: the same objects, with holes or with their usual values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind import __version__
from tradewind.runtime.deploying.backups import backup_objects
from tradewind.runtime.deploying.holes import ChartValues, UsualValues, as_template, as_yaml
from tradewind.runtime.deploying.kubernetes import address, budget, deployment, scaler
from tradewind.runtime.deploying.surroundings import account, data, example_secret, migration, policies, settings_map
from tradewind.runtime.deploying.units import units

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tradewind.runtime.deploying.holes import Values
    from tradewind.runtime.deploying.kubernetes import Object

_HEAD: Final = (
    "# Made by `tradewind deploy files` from the service table; change that, or values.yaml's copy, and not this.\n"
)
_CONDITIONS: Final = {"backup": "backups", "scaling": "autoscaling", "policies": "networkPolicies"}
"""Files of the chart that values may leave out."""


def chart_files() -> dict[str, str]:
    """Return the chart by path, and `values.yaml` with every value it asks for."""
    values = ChartValues()
    files = {f"helm/templates/{name}.yaml": _template(name, objects) for name, objects in _groups(values)}
    usual = {**dict.fromkeys(_CONDITIONS.values(), True), **values.tree}
    about = {
        "apiVersion": "v2", "name": "tradewind", "description": "信风 Tradewind: every service, on servers of yours",
        "type": "application", "version": __version__, "appVersion": __version__, "kubeVersion": ">=1.27.0-0",
    }  # fmt: skip
    return {"helm/Chart.yaml": _HEAD + as_yaml(about), "helm/values.yaml": _HEAD + as_yaml(usual), **files}


def manifest_files() -> dict[str, str]:
    """Return the plain manifests by path, with what `kubectl apply -k` wants to know."""
    groups = list(_groups(UsualValues()))
    files = {f"kubernetes/{name}.yaml": _HEAD + as_yaml(*objects) for name, objects in groups}
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization", "namespace": "tradewind",
        "resources": [f"{name}.yaml" for name, _ in groups],
    }  # fmt: skip
    files["kubernetes/kustomization.yaml"] = _HEAD + as_yaml(kustomization)
    files["kubernetes/secret.example.yaml"] = _HEAD + as_yaml(example_secret())
    return files


def _groups(values: Values) -> Iterator[tuple[str, list[Object]]]:
    yield "surroundings", [account(), settings_map(values), data(values)]
    yield "tables", [migration(values)]
    for unit in units():
        yield unit.name, [deployment(unit, values), address(unit, values), budget(unit)]
    yield "backup", backup_objects(values)
    yield "scaling", [scaler(unit, values) for unit in units() if unit.scales_by]
    yield "policies", policies(values)


def _template(name: str, objects: list[dict[str, Any]]) -> str:
    return as_template(_HEAD + as_yaml(*objects), _CONDITIONS.get(name, ""))
