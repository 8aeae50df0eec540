"""The compose file: every real server and every service on one machine's Docker."""

from __future__ import annotations

from typing import Any, Final

from tradewind.runtime.deploying.holes import as_yaml
from tradewind.runtime.deploying.surroundings import settings_text
from tradewind.runtime.deploying.units import CONFIG, DATA, SECRETS, TEMPORARY, container_settings, units
from tradewind.runtime.services import EDGES, GATEWAY
from tradewind.runtime.settings import TradewindSettings

_HEAD: Final = """\
# Made by `tradewind deploy files` from the service table; change that and not this.
# Secrets and certificates first: tradewind deploy secrets deploy/compose
# Then, from the project's folder: docker compose -f deploy/compose/compose.yaml up -d --build --wait
"""
_NETWORK: Final = "172.30.77.0/24"
_ENTRY: Final = "172.30.77.10"
"""Where the gateway calls from; services believe it, and nobody else, who the caller is."""
_LOG: Final = {"driver": "json-file", "options": {"max-size": "20m", "max-file": "5"}}
_CLOSED: Final = {"read_only": True, "cap_drop": ["ALL"], "security_opt": ["no-new-privileges:true"]}
_CHECK: Final = {"interval": "10s", "timeout": "5s", "retries": 12}
_LDAP_BASE: Final = "dc=tradewind,dc=localhost"
_VOLUMES: Final = ("data", "redis", "mariadb", "documents", "ldap", "prometheus", "alertmanager")
_VARIABLES: Final = {
    "TRADEWIND_ACCESS__LDAP__URL": "ldaps://ldap:636",
    "TRADEWIND_ACCESS__LDAP__CA_FILE": "/etc/tradewind/tls/authority.pem",
    "TRADEWIND_ACCESS__LDAP__BIND_DN": f"cn=admin,{_LDAP_BASE}",
    "TRADEWIND_ACCESS__LDAP__BASE": _LDAP_BASE,
    "TRADEWIND_NOTICES__SMTP__HOST": "mail",
    "TRADEWIND_NOTICES__SMTP__PORT": "1025",
    "TRADEWIND_NOTICES__SMTP__USER": "tradewind",
    "TRADEWIND_NOTICES__SMTP__SENDER": "tradewind@tradewind.localhost",
    "TRADEWIND_NOTICES__SMTP__CA_FILE": "/etc/tradewind/tls/authority.pem",
}


def compose_files() -> dict[str, str]:
    """Return the compose file, the services' settings and an example of the file of secrets."""
    project = {
        "name": "tradewind",
        "services": {**_servers(), "tables": _tables(), **{unit.name: _service(unit.name) for unit in units()}},
        "networks": {"inside": {"ipam": {"config": [{"subnet": _NETWORK}]}}},
        "volumes": {name: {} for name in _VOLUMES},
    }
    example = "".join(f"{name}=\n" for name in (*SECRETS, "MONGO_PASSWORD", "MARIADB_ROOT_PASSWORD"))
    return {
        "compose/compose.yaml": _HEAD + as_yaml(project),
        "compose/tradewind.toml": settings_text("", peers=_ENTRY),
        "compose/.env.example": "# Filled by `tradewind deploy secrets`; mode 0600, and in no repository.\n" + example,
    }


def _ours(image: str, target: str, *command: str) -> dict[str, Any]:
    return {
        "image": image,
        "build": {"context": "../..", "dockerfile": "deploy/docker/Dockerfile", "target": target},
        "command": list(command),
        "restart": "unless-stopped",
        "environment": {"TRADEWIND_CONFIG": CONFIG, **_VARIABLES, **{name: f"${{{name}:?}}" for name in SECRETS}},
        "volumes": [
            f"./tradewind.toml:{CONFIG}:ro",
            "./tls/authority.pem:/etc/tradewind/tls/authority.pem:ro",
            f"data:{DATA}",
        ],
        "tmpfs": [f"{TEMPORARY}:mode=1777,size=256m"],
        "networks": {"inside": {}},
        "logging": _LOG,
        **_CLOSED,
    }


def _tables() -> dict[str, Any]:
    needed = {name: {"condition": "service_healthy"} for name in ("redis", "mariadb")}
    made = _ours("tradewind:local", "services", "db", "upgrade")
    return {**made, "restart": "on-failure:20", "depends_on": needed}


def _service(name: str) -> dict[str, Any]:
    (unit,) = (each for each in units() if each.name == name)
    ask = ["CMD", "python", "-m", "tradewind.runtime.deploying.probe", str(unit.health), "--alive"]
    if name == GATEWAY:
        found = _ours("tradewind-gateway:local", "gateway", "nginx", "--run")
        found["environment"]["TRADEWIND_DATA_DIR"] = TEMPORARY
        found["networks"] = {"inside": {"ipv4_address": _ENTRY}}
        # On this machine alone: further out it needs a certificate (gateway.certificate).
        found["ports"] = [f"127.0.0.1:{port}:{port}" for port in unit.ports.values()]
        edges = [each.name for each in units() if each.is_edge and each.name != GATEWAY]
        found["depends_on"] = {each: {"condition": "service_started"} for each in edges}
    else:
        found = _ours("tradewind:local", "services", "run", name)
        found["depends_on"] = {"tables": {"condition": "service_completed_successfully"}}
    if name in EDGES:
        found["stop_grace_period"] = "20s"
    found["healthcheck"] = {"test": ask, **_CHECK}
    return found


def _servers() -> dict[str, Any]:
    secret = {name: f"${{{name}:?}}" for name in (*SECRETS, "MONGO_PASSWORD", "MARIADB_ROOT_PASSWORD")}
    redis = (
        'exec redis-server --dir /data --appendonly yes --maxmemory-policy noeviction --user "default off" '
        '--user "tradewind on >$$PASSWORD ~dfp:* ~tradewind:* ~market_data* &* +@all -@admin -@dangerous +info"'
    )
    bus, store = secret["TRADEWIND_BUS__PASSWORD"], secret["TRADEWIND_STORE__PASSWORD"]
    certificates, slapd = "./tls:/tls:ro", "./tls:/container/service/slapd/assets/certs:ro"
    asked = {"test": ["CMD-SHELL", 'redis-cli --user tradewind --pass "$$PASSWORD" ping | grep -q PONG'], **_CHECK}
    return {
        "redis": _server("redis:7-bookworm", "redis:/data", PASSWORD=bus)
        | {"command": ["sh", "-c", redis], "healthcheck": asked},
        "mariadb": _server(
            "mariadb:10.11", "mariadb:/var/lib/mysql", MARIADB_ROOT_PASSWORD=secret["MARIADB_ROOT_PASSWORD"],
            MARIADB_DATABASE="strategy", MARIADB_USER="tradewind", MARIADB_PASSWORD=store,
        )
        | {
            "command": ["--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1", "--innodb-snapshot-isolation=ON"],
            "healthcheck": {"test": ["CMD", "healthcheck.sh", "--connect", "--innodb_initialized"], **_CHECK},
        },
        "documents": _server(
            "mongo:8.0", "documents:/data/db", MONGO_INITDB_ROOT_USERNAME="tradewind",
            MONGO_INITDB_ROOT_PASSWORD=secret["MONGO_PASSWORD"],
        ),
        "ldap": _server(
            "osixia/openldap:1.5.0", "ldap:/var/lib/ldap", slapd,
            LDAP_DOMAIN="tradewind.localhost", LDAP_ADMIN_PASSWORD=secret["TRADEWIND_ACCESS__LDAP__PASSWORD"],
            LDAP_TLS_CRT_FILENAME="server.pem", LDAP_TLS_KEY_FILENAME="server.key",
            LDAP_TLS_CA_CRT_FILENAME="authority.pem", LDAP_TLS_VERIFY_CLIENT="never",
        )
        # It changes the owner of what it is given: of a copy.
        | {"command": ["--copy-service"]},
        "mail": _server(
            "axllent/mailpit:v1.27", certificates, MP_SMTP_TLS_CERT="/tls/server.pem",
            MP_SMTP_TLS_KEY="/tls/server.key", MP_SMTP_REQUIRE_STARTTLS="true",
            MP_SMTP_AUTH=f"tradewind:{secret['TRADEWIND_NOTICES__SMTP__PASSWORD']}",
        ),
        "prometheus": _server(
            "prom/prometheus:v2.53.2", "prometheus:/prometheus", "./monitoring/prometheus:/etc/prometheus:ro"
        ),
        "alertmanager": _server(
            "prom/alertmanager:v0.27.0", "alertmanager:/alertmanager", "./monitoring/alertmanager:/etc/alertmanager:ro"
        ),
    }  # fmt: skip


def _server(image: str, *volumes: str, **environment: str) -> dict[str, Any]:
    return {
        "image": image,
        "restart": "unless-stopped",
        "environment": environment,
        "volumes": list(volumes),
        "networks": {"inside": {}},
        "logging": _LOG,
        "security_opt": ["no-new-privileges:true"],
    }


def compose_settings() -> TradewindSettings:
    """Return the settings as the services of the compose file read them, but for secrets."""
    return container_settings()
