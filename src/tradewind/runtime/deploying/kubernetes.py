"""The objects of Kubernetes for each program: its deployment, its address, its disruption budget, what scales it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tradewind.runtime.deploying.units import CONFIG, DATA, SHARDS, TEMPORARY, USER_ID
from tradewind.runtime.services import GATEWAY

if TYPE_CHECKING:
    from tradewind.runtime.deploying.holes import Values
    from tradewind.runtime.deploying.units import Unit

Object = dict[str, Any]
PREFIX: Final = "tradewind-"
SETTINGS: Final = "tradewind-settings"
SECRETS: Final = "tradewind-secrets"
"""The secret that an operator makes: variables of `units.SECRETS`."""
PROMETHEUS: Final = "http://prometheus:9090"
QUOTES: Final = "quotes"
BEHIND_S: Final = 2
"""Seconds behind the newest entry, for which one more process shares the shards."""
_CPU_PERCENT: Final = 70
_ROUTES_HEAR_S: Final = 5
_PART_OF: Final = {"app.kubernetes.io/part-of": "tradewind"}
_HARDENED: Final = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
_RESOURCES: Final = {"requests": {"cpu": "100m", "memory": "192Mi"}, "limits": {"memory": "768Mi"}}


def labels(name: str) -> dict[str, str]:
    """Return what the pods of a program are known by."""
    return {"app.kubernetes.io/name": f"{PREFIX}{name}", **_PART_OF}


def meta(name: str) -> Object:
    """Return an object's metadata."""
    return {"name": f"{PREFIX}{name}", "labels": labels(name)}


def deployment(unit: Unit, values: Values) -> Object:
    """Return the pods of a program. Where something scales it, nothing here says how many there are."""
    count = {} if unit.scales_by else {"replicas": values.of(f"services.{unit.name}.replicas", unit.spares)}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": meta(unit.name),
        "spec": {
            **count,
            "revisionHistoryLimit": 3,
            "selector": {"matchLabels": labels(unit.name)},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": {"metadata": {"labels": labels(unit.name)}, "spec": _pod(unit, values)},
        },
    }


def pod_frame(values: Values) -> Object:
    """Return what every pod of ours is held to."""
    return {
        "serviceAccountName": "tradewind",
        "automountServiceAccountToken": False,
        "imagePullSecrets": values.of("imagePullSecrets", []),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "volumes": [
            {"name": "settings", "configMap": {"name": SETTINGS}},
            {"name": "data", "persistentVolumeClaim": {"claimName": "tradewind-data"}},
            {"name": "temporary", "emptyDir": {"medium": "Memory", "sizeLimit": "256Mi"}},
        ],
    }


def container(name: str, image: object, values: Values, *arguments: str) -> Object:
    """Return a container with our settings, secrets and the two places it may write to."""
    return {
        "name": name,
        "image": image,
        "imagePullPolicy": values.of("imagePullPolicy", "IfNotPresent"),
        "args": list(arguments),
        "env": [{"name": "TRADEWIND_CONFIG", "value": CONFIG}],
        "envFrom": [{"secretRef": {"name": SECRETS}}],
        "securityContext": _HARDENED,
        "volumeMounts": [
            {"name": "settings", "mountPath": CONFIG.rpartition("/")[0], "readOnly": True},
            {"name": "data", "mountPath": DATA},
            {"name": "temporary", "mountPath": TEMPORARY},
        ],
    }


def _pod(unit: Unit, values: Values) -> Object:
    is_gateway = unit.name == GATEWAY
    image = (
        values.of("gatewayImage", "tradewind-gateway:local") if is_gateway else values.of("image", "tradewind:local")
    )
    arguments = ("nginx", "--run") if is_gateway else ("run", unit.name)
    main = container(unit.name, image, values, *arguments)
    if is_gateway:
        # Nginx works in a folder of its own: several of them may not share one.
        main["env"].append({"name": "TRADEWIND_DATA_DIR", "value": TEMPORARY})
    main["ports"] = [{"name": name, "containerPort": port} for name, port in unit.ports.items()]
    main["resources"] = values.of(f"services.{unit.name}.resources", _RESOURCES)
    main |= _probes(unit)
    if unit.is_edge:
        # Whoever routes hears at the same moment as the pod that it goes: nothing may come any more before it drains.
        main["lifecycle"] = {"preStop": {"exec": {"command": ["sleep", str(_ROUTES_HEAR_S)]}}}
    spread = {
        "maxSkew": 1,
        "topologyKey": "kubernetes.io/hostname",
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": labels(unit.name)},
    }
    return {
        **pod_frame(values),
        "terminationGracePeriodSeconds": 30,
        "topologySpreadConstraints": [spread],
        "containers": [main],
    }


def _probes(unit: Unit) -> Object:
    """Ask from inside, where no token is needed.

    Whoever waits for Redis lives: only silence is a reason to be started anew. An edge that answers at all is ready,
    since it serves what it can without Redis, unless it drains; a room is ready when it works or stands by.
    """
    ask = ["python", "-m", "tradewind.runtime.deploying.probe", str(unit.health)]
    alive = {"exec": {"command": [*ask, "--alive"]}, "timeoutSeconds": 5}
    ready = {"exec": {"command": [*ask, "--serving"] if unit.is_edge else ask}, "timeoutSeconds": 5}
    return {
        "startupProbe": {**alive, "periodSeconds": 3, "failureThreshold": 40},
        "livenessProbe": {**alive, "periodSeconds": 15, "failureThreshold": 4},
        "readinessProbe": {**ready, "periodSeconds": 10, "failureThreshold": 2},
    }


def address(unit: Unit, values: Values) -> Object:
    """Return by which name a program is found; also while it is not ready, so that its metrics are seen then too."""
    kind = values.of("gatewayServiceType", "ClusterIP") if unit.name == GATEWAY else "ClusterIP"
    # Socket.IO begins with polling, of which every request must come to the same pod, all the way.
    sticky = {"sessionAffinity": "ClientIP"} if unit.name in {GATEWAY, QUOTES} else {}
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": meta(unit.name),
        "spec": {
            "type": kind,
            **sticky,
            "publishNotReadyAddresses": not unit.is_edge,
            "selector": labels(unit.name),
            "ports": [{"name": name, "port": port, "targetPort": name} for name, port in unit.ports.items()],
        },
    }


def budget(unit: Unit) -> Object:
    """Return how many of a program's pods may be taken away at once: one."""
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": meta(unit.name),
        "spec": {"maxUnavailable": 1, "selector": {"matchLabels": labels(unit.name)}},
    }


def scaler(unit: Unit, values: Values) -> Object:
    """Return what says how many there are: lag for rooms that share shards (KEDA), processor time for edges."""
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"{PREFIX}{unit.name}"}
    least = values.of(f"services.{unit.name}.min", unit.spares)
    if unit.scales_by == "cpu":
        metric = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": _CPU_PERCENT}}
        return {
            "apiVersion": "autoscaling/v2",
            "kind": "HorizontalPodAutoscaler",
            "metadata": meta(unit.name),
            "spec": {
                "scaleTargetRef": target,
                "minReplicas": least,
                "maxReplicas": values.of(f"services.{unit.name}.max", 6),
                "metrics": [{"type": "Resource", "resource": metric}],
            },
        }
    told = {
        "serverAddress": values.of("prometheus", PROMETHEUS),
        "query": f'max(tradewind_bus_behind_seconds{{service="{unit.name}"}})',
        "threshold": str(BEHIND_S),
    }
    return {
        "apiVersion": "keda.sh/v1alpha1",
        "kind": "ScaledObject",
        "metadata": meta(unit.name),
        "spec": {
            "scaleTargetRef": target,
            "minReplicaCount": least,
            # One more than there are shards would stand by.
            "maxReplicaCount": values.of(f"services.{unit.name}.max", SHARDS),
            "cooldownPeriod": 600,
            "triggers": [{"type": "prometheus", "metricType": "Value", "metadata": told}],
        },
    }
