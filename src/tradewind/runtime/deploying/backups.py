"""Backups in Kubernetes: a volume of their own, and a job that makes one each day while everything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind.runtime.deploying.kubernetes import PREFIX, container, labels, pod_frame
from tradewind.runtime.deploying.units import BACKUP_AT, BACKUP_ZONE, BACKUPS

if TYPE_CHECKING:
    from tradewind.runtime.deploying.holes import Values
    from tradewind.runtime.deploying.kubernetes import Object

_NAME: Final = "backup"
_CLAIM: Final = f"{PREFIX}backups"


def backup_objects(values: Values) -> list[Object]:
    """Return the volume and the job."""
    hour, minute = BACKUP_AT.split(":")
    main = container(_NAME, values.of("image", "tradewind:local"), values, "backup", "create")
    # Within the data folder: `backup restore` in such a pod finds them there as well.
    main["volumeMounts"].append({"name": "backups", "mountPath": BACKUPS})
    pod = pod_frame(values)
    pod["volumes"].append({"name": "backups", "persistentVolumeClaim": {"claimName": _CLAIM}})
    claim: Object = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": _CLAIM, "labels": labels(_NAME)},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": values.of("backup.size", "50Gi")}},
        },
    }
    job: Object = {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": f"{PREFIX}{_NAME}", "labels": labels(_NAME)},
        "spec": {
            "schedule": values.of("backup.schedule", f"{int(minute)} {int(hour)} * * *"),
            "timeZone": BACKUP_ZONE,
            "concurrencyPolicy": "Forbid",
            "jobTemplate": {
                "spec": {
                    "backoffLimit": 3,
                    "template": {"spec": {**pod, "restartPolicy": "OnFailure", "containers": [main]}},
                }
            },
        },
    }
    return [claim, job]
