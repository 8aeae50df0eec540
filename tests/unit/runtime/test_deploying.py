"""What containers, Kubernetes, Helm and systemd are told: from the table of services, and fit for what reads it."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploying_programs import BESIDE, helm, kubectl
from real_nginx import find_nginx
from tradewind.kernel.settings import load
from tradewind.runtime.deploying import files
from tradewind.runtime.deploying.probe import is_well
from tradewind.runtime.deploying.secrets_file import make_secrets
from tradewind.runtime.deploying.units import SECRETS, WRITABLE, container_settings, units
from tradewind.runtime.lifecycle.ports import ports_of
from tradewind.runtime.services import EDGES, PROGRAMS, ROWS, TRADING
from tradewind.runtime.settings import TradewindSettings

REPO = Path(__file__).resolve().parents[3]
DEPLOY = REPO / "deploy"
CUSTOM = {"ScaledObject", "Kustomization"}
"""Kinds that Kubernetes itself does not know."""


@cache
def deploy_files() -> dict[str, str]:
    return files.deploy_files()


@cache
def manifests() -> tuple[dict[str, Any], ...]:
    return tuple(objects_of(text for name, text in deploy_files().items() if name.startswith("kubernetes/")))


def objects_of(texts: Any) -> Iterator[dict[str, Any]]:
    for text in texts:
        yield from (each for each in yaml.load_all(text, yaml.CSafeLoader) if each)


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {each["metadata"]["name"]: each for each in manifests() if each["kind"] == kind}


def test_the_committed_files_are_those_that_are_made() -> None:
    made = deploy_files()
    assert {name: (DEPLOY / name).read_text(encoding="utf-8") for name in made} == made
    folders = {name.partition("/")[0] for name in made}
    kept = {path.relative_to(DEPLOY).as_posix() for folder in folders for path in (DEPLOY / folder).rglob("*")}
    strange = {name for name in kept - set(made) if (DEPLOY / name).is_file() and ".env" not in name}
    assert {name for name in strange if not name.startswith("compose/tls/")} == set()


def test_every_program_of_the_map_has_its_place_everywhere() -> None:
    assert {name.removeprefix("tradewind-") for name in of_kind("Deployment")} == set(PROGRAMS)
    assert {name.removeprefix("tradewind-") for name in of_kind("Service")} == set(PROGRAMS)
    assert {name.removeprefix("tradewind-") for name in of_kind("PodDisruptionBudget")} == set(PROGRAMS)
    composed = yaml.safe_load(deploy_files()["compose/compose.yaml"])["services"]
    assert set(PROGRAMS) < set(composed)
    target = deploy_files()["systemd/tradewind.target"]
    assert {name for name in ROWS if f"tradewind@{name}.service" in target} == set(ROWS)


def test_ports_are_those_that_the_services_listen_on() -> None:
    settings = container_settings("tradewind-")
    for unit in units():
        spec = of_kind("Deployment")[f"tradewind-{unit.name}"]["spec"]["template"]["spec"]
        opened = {port["containerPort"] for port in spec["containers"][0]["ports"]}
        listened = {port for setting, (_, port) in ports_of(unit.name, settings).items() if "gateway_" not in setting}
        assert opened == listened, unit.name


def test_several_run_only_where_several_help_and_lag_scales_who_shares_shards() -> None:
    by_lag = {name.removeprefix("tradewind-") for name in of_kind("ScaledObject")}
    by_cpu = {name.removeprefix("tradewind-") for name in of_kind("HorizontalPodAutoscaler")}
    assert by_lag == {"features", "strategies", "signals", "risk"}
    assert by_cpu == set(EDGES)
    assert TRADING not in by_lag | by_cpu
    for each in of_kind("ScaledObject").values():
        assert each["spec"]["maxReplicaCount"] <= container_settings().bus.shards
        asked = each["spec"]["triggers"][0]["metadata"]["query"]
        assert "tradewind_bus_behind_seconds" in asked


def test_no_pod_may_write_but_to_two_places_or_be_anybody() -> None:
    for name, each in {**of_kind("Deployment"), **of_kind("Job")}.items():
        pod = each["spec"]["template"]["spec"]
        (only,) = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["automountServiceAccountToken"] is False
        assert only["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert {mount["mountPath"] for mount in only["volumeMounts"] if not mount.get("readOnly")} == set(WRITABLE)
    composed = yaml.safe_load(deploy_files()["compose/compose.yaml"])["services"]
    assert all(composed[name]["read_only"] and composed[name]["cap_drop"] == ["ALL"] for name in PROGRAMS)


def test_a_backup_is_made_each_day_and_may_write_to_its_own_volume_besides() -> None:
    (job,) = of_kind("CronJob").values()
    assert (job["spec"]["schedule"], job["spec"]["timeZone"]) == ("30 16 * * *", "Asia/Shanghai")
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (only,) = pod["containers"]
    assert (only["args"], only["securityContext"]["readOnlyRootFilesystem"]) == (["backup", "create"], True)
    mounts = {mount["mountPath"] for mount in only["volumeMounts"] if not mount.get("readOnly")}
    assert mounts == {*WRITABLE, "/var/lib/tradewind/backups"}
    assert {volume["name"] for volume in pod["volumes"]} == {mount["name"] for mount in only["volumeMounts"]}
    timer = deploy_files()["systemd/tradewind-backup.timer"]
    assert "OnCalendar=*-*-* 16:30:00 Asia/Shanghai" in timer
    assert "tradewind-backup.timer" in deploy_files()["systemd/tradewind.target"]
    assert "ExecStart=/opt/tradewind/bin/tradewind backup create" in deploy_files()["systemd/tradewind-backup.service"]


def test_nobody_is_called_but_by_whom_a_policy_names() -> None:
    policies = of_kind("NetworkPolicy")
    nobody = policies["tradewind-nobody"]["spec"]
    assert nobody["policyTypes"] == ["Ingress", "Egress"]
    assert {"ingress", "egress"}.isdisjoint(nobody)
    for name in ("api", "push", "quotes", "control"):
        (allowed,) = policies[f"tradewind-behind-{name}"]["spec"]["ingress"]
        (caller,) = allowed["from"]
        assert caller["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "tradewind-gateway"


@pytest.mark.parametrize("name", ["compose/tradewind.toml", "kubernetes/surroundings.yaml"])
def test_the_settings_in_them_are_settings_and_hold_no_secret(name: str, tmp_path: Path) -> None:
    text = deploy_files()[name]
    if name.endswith(".yaml"):
        (found,) = [each for each in yaml.safe_load_all(text) if each["kind"] == "ConfigMap"]
        text = found["data"]["tradewind.toml"]
    file = tmp_path / "tradewind.toml"
    file.write_text(text, encoding="utf-8")
    variables = dict.fromkeys(SECRETS, "told in the environment")
    settings = load(TradewindSettings, file=file, environ=variables).settings
    assert settings.gateway.is_before_us
    assert settings.store.password == settings.bus.password == "told in the environment"  # noqa: S105 - of nobody
    assert "password" not in text


def test_secrets_are_made_once_and_for_their_owner_alone(tmp_path: Path) -> None:
    file = make_secrets(tmp_path)
    told = dict(line.split("=", 1) for line in file.read_text(encoding="utf-8").splitlines())
    wanted = re.findall(r"^(\w+)=$", deploy_files()["compose/.env.example"], re.MULTILINE)
    assert set(told) == set(wanted)
    assert len(set(told.values())) == len(told)
    assert file.stat().st_mode & 0o077 == 0
    assert (tmp_path / "tls" / "server.key").stat().st_mode & 0o077 == 0
    with pytest.raises(Exception, match="there already"):
        make_secrets(tmp_path)


def test_a_probe_says_no_where_nobody_listens() -> None:
    assert not is_well(1, alive=True)


def test_helm_renders_exactly_the_plain_manifests(tmp_path: Path) -> None:
    chart = helm()
    linted = run(Path(chart), "lint", "--strict", str(DEPLOY / "helm"))
    assert linted.returncode == 0, linted.stdout + linted.stderr
    rendered = subprocess.run(
        [chart, "template", "desk", str(DEPLOY / "helm")], capture_output=True, text=True, check=True, cwd=tmp_path
    ).stdout
    plain = {key(each): each for each in manifests() if each["kind"] not in {"Kustomization", "Secret"}}
    assert {key(each): each for each in objects_of([rendered])} == plain


def test_values_of_the_chart_reach_what_they_name(tmp_path: Path) -> None:
    chosen = ("autoscaling=false", "networkPolicies=false", "services.trading.replicas=3", "image=desk/tradewind:1")
    sets = [word for each in chosen for word in ("--set", each)]
    command = [helm(), "template", "desk", str(DEPLOY / "helm"), *sets]
    found = list(objects_of([subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path).stdout]))
    assert {"ScaledObject", "HorizontalPodAutoscaler", "NetworkPolicy"}.isdisjoint(each["kind"] for each in found)
    (trading,) = [each for each in found if key(each) == ("Deployment", "tradewind-trading")]
    assert trading["spec"]["replicas"] == 3
    assert trading["spec"]["template"]["spec"]["containers"][0]["image"] == "desk/tradewind:1"


def test_kustomize_takes_the_plain_manifests() -> None:
    command = [kubectl(), "kustomize", str(DEPLOY / "kubernetes")]
    found = list(objects_of([subprocess.run(command, capture_output=True, text=True, check=True).stdout]))
    assert {each["metadata"]["namespace"] for each in found} == {"tradewind"}


def test_kubernetes_knows_every_field_of_every_object(tmp_path: Path) -> None:
    file = tmp_path / "objects.yaml"
    # Reading the schemas takes time for each object: of those with the same fields one is enough.
    known = {(each["kind"], shape(each)): each for each in manifests() if each["kind"] not in CUSTOM}
    file.write_text(yaml.safe_dump_all(known.values()), encoding="utf-8")
    said = run(BESIDE / "kubernetes-validate", "--strict", str(file))
    assert said.returncode == 0, said.stdout + said.stderr


def test_compose_understands_its_file(tmp_path: Path) -> None:
    make_secrets(tmp_path)
    file = str(DEPLOY / "compose" / "compose.yaml")
    said = run(BESIDE / "docker-compose", "--env-file", str(tmp_path / ".env"), "-f", file, "config", "--quiet")
    assert said.returncode == 0, said.stderr


def test_hadolint_has_nothing_to_say_of_the_dockerfile() -> None:
    said = run(BESIDE / "hadolint", str(DEPLOY / "docker" / "Dockerfile"))
    assert (said.returncode, said.stdout) == (0, "")


def test_yamllint_has_nothing_to_say() -> None:
    rules = "{extends: relaxed, rules: {line-length: disable}}"
    folders = [str(DEPLOY / name) for name in ("kubernetes", "compose", "helm/values.yaml", "helm/Chart.yaml")]
    said = run(BESIDE / "yamllint", "--strict", "-d", rules, *folders)
    assert said.returncode == 0, said.stdout


def test_nginx_takes_the_shipped_configuration(tmp_path: Path) -> None:
    text = deploy_files()["nginx/tradewind.conf"].replace("/var/lib/tradewind/nginx", str(tmp_path))
    # Names are asked for when it reads its configuration; only Kubernetes knows these.
    text = re.sub(r"server tradewind-\w+:", "server 127.0.0.1:", text)
    file = tmp_path / "nginx.conf"
    file.write_text(text, encoding="utf-8")
    said = run(Path(find_nginx()), "-t", "-e", "stderr", "-p", str(tmp_path), "-c", str(file))
    assert said.returncode == 0, said.stderr


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd-analyze is not on this machine (Debian: systemd)")
    for name, text in deploy_files().items():
        if name.startswith("systemd/"):
            here = text.replace("/opt/tradewind/bin/tradewind", sys.executable)
            (tmp_path / Path(name).name).write_text(here, encoding="utf-8")
    names = ("tradewind@api.service", "tradewind-gateway.service", "tradewind.target")
    said = run(Path(program), "verify", "--man=no", *(str(tmp_path / name) for name in names))
    ours = [line for line in said.stderr.splitlines() if "tradewind" in line]
    assert ours == []


def shape(value: Any) -> str:
    """Say which fields there are, whatever stands in them; labels and settings are fields of no schema."""
    if isinstance(value, dict):
        return str(sorted((name, shape(each)) for name, each in value.items() if name not in {"matchLabels", "data"}))
    return str(sorted({shape(each) for each in value})) if isinstance(value, list) else type(value).__name__


def key(each: dict[str, Any]) -> tuple[str, str]:
    return each["kind"], each["metadata"]["name"]


def run(program: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(program), *arguments], capture_output=True, text=True, check=False)
