"""Units of systemd: one template for every service, the gateway, and a target that wants them all."""

from __future__ import annotations

from typing import Final

from tradewind.runtime.deploying.units import BACKUP_AT, BACKUP_ZONE, CONFIG, DATA
from tradewind.runtime.services import GATEWAY, ROWS

_HEAD: Final = "# Made by `tradewind deploy files` from the service table; change that and not this.\n"
_PROGRAM: Final = "/opt/tradewind/bin/tradewind"
_SECRETS: Final = "/etc/tradewind/secrets.env"
_BACKUPS: Final = "tradewind-backup"
_HARDENED: Final = f"""\
User=tradewind
Group=tradewind
WorkingDirectory={DATA}
StateDirectory=tradewind
StateDirectoryMode=0700
Environment=TRADEWIND_CONFIG={CONFIG}
EnvironmentFile=-{_SECRETS}
LimitNOFILE=65536
UMask=0077
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
CapabilityBoundingSet=
SystemCallArchitectures=native
SystemCallFilter=@system-service
"""
_KEPT_RUNNING: Final = """\
Restart=always
RestartSec=1
TimeoutStopSec=15
"""
_SERVICE: Final = """\
[Unit]
Description={description}
After=network-online.target redis-server.service mariadb.service
Wants=network-online.target
PartOf=tradewind.target
StartLimitIntervalSec=0

[Service]
Type=exec
ExecStart={command}
{kept_running}{hardened}
[Install]
WantedBy=tradewind.target
"""
_BACKUP: Final = """\
[Unit]
Description=Tradewind: a backup of everything, while it runs
After=mariadb.service

[Service]
Type=oneshot
ExecStart={command}
Nice=10
IOSchedulingClass=idle
{hardened}"""
_BACKUP_TIMER: Final = f"""\
[Unit]
Description=Tradewind: a backup each day
PartOf=tradewind.target

[Timer]
OnCalendar=*-*-* {BACKUP_AT}:00 {BACKUP_ZONE}
Persistent=true

[Install]
WantedBy=tradewind.target
"""


def systemd_files() -> dict[str, str]:
    """Return the units by path; who is not wanted is left out by `systemctl disable tradewind@NAME`."""
    services = [*(f"tradewind@{name}.service" for name in ROWS), f"tradewind-{GATEWAY}.service"]
    wanted = " ".join([*services, f"{_BACKUPS}.timer"])
    target = f"[Unit]\nDescription=Tradewind: every service\nWants={wanted}\n\n[Install]\nWantedBy=multi-user.target\n"
    service = _unit("Tradewind: %i", f"{_PROGRAM} run %i")
    gateway = _unit("Tradewind: the one entry (Nginx)", f"{_PROGRAM} nginx --run")
    return {
        "systemd/tradewind.target": _HEAD + target,
        "systemd/tradewind@.service": _HEAD + service,
        f"systemd/tradewind-{GATEWAY}.service": _HEAD + gateway,
        f"systemd/{_BACKUPS}.service": _HEAD + _BACKUP.format(command=f"{_PROGRAM} backup create", hardened=_HARDENED),
        f"systemd/{_BACKUPS}.timer": _HEAD + _BACKUP_TIMER,
    }


def _unit(description: str, command: str) -> str:
    return _SERVICE.format(description=description, command=command, kept_running=_KEPT_RUNNING, hardened=_HARDENED)
