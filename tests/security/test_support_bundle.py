"""The support bundle holds what helps and no secret, wherever one stands and however it is written."""

from __future__ import annotations

import base64
import gc
import json
import stat
import tarfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.errors import ConfigError
from tradewind.kernel.clock import SystemClock
from tradewind.kernel.settings import load
from tradewind.runtime.settings import TradewindSettings
from tradewind.runtime.support.bundle import FOLDER, Bundle
from tradewind.runtime.support.sieve import Sieve

from waiting import wait_until

# The doctor's checks end with their loops: what a driver was still opening or closing is left to the collector.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning")

SECRETS = {
    "bus.password": "plant-redis/1+1",
    "bus.sentinel_password": "plant sentinel 2",
    "store.password": "plant-store-3",
    "databases.pms_monitor.url": "mysql://reader:plant%40monitor4@127.0.0.1:9/pms",
    "databases.dataweb_read.password": "plant-dataweb-\u98ce5",
    "infoway.api_key": "plant-infoway-6",
    "documents.url": "mongodb://desk:plant-mongo-7@127.0.0.1:9/?authSource=admin",
    "notices.smtp.password": 'plant"smtp\\8',
    "access.ldap.password": "plant-ldap-9",
}
IN_TABLES = {
    "execution.ctp.accounts": '[{"id": "A1", "fronts": ["tcp://127.0.0.1:9"], "user_id": "u1", "broker_id": "9999"}]',
    "notices.hooks": """[{"name": "robot", "kind": "wecom", "url": "https://127.0.0.1:9/send?key=plant-robot-12"},
        {"name": "other", "kind": "webhook", "url_env": "OUR_ROBOT", "secret_file": "SIGNED_WITH"}]""",
    "traces.headers": '{"x-tenant": "Basic plant-header-23"}',
}
IN_ENVIRONMENT = {
    "TRADEWIND_TOKEN": "plant-token-13",
    "AWS_SECRET_ACCESS_KEY": "plant-aws-14",
    "CTP_PASSWORD_A1": "plant-ctp-10",
    "CTP_AUTH_CODE_A1": "plant-auth-11",
    "OUR_ROBOT": "https://robot.example/plant-way-21",
}
ONLY_IN_LOGS = (
    "plant-elsewhere-15",
    "plant-bearer-16",
    "plant-key-17",
    "plant-link-18",
    "plant-json-19",
    "plant-url-20",
)
PLANTS = (
    *(secret for path, secret in SECRETS.items() if not path.endswith("url")),
    *("plant@monitor4", "plant%40monitor4", "plant-mongo-7", "plant-robot-12"),
    *(secret for name, secret in IN_ENVIRONMENT.items() if name != "OUR_ROBOT"),
    *("https://robot.example/plant-way-21", "plant-signed-22", "plant-header-23"),
    *ONLY_IN_LOGS,
)


def forms(secret: str) -> Iterator[str]:
    """Yield how a secret may have come to be written somewhere."""
    yield secret
    yield quote(secret, safe="")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield repr(secret)[1:-1]
    yield base64.b64encode(secret.encode()).decode().rstrip("=")


def planted(folder: Path, *, kind: str) -> dict[str, bytes]:
    """Return the files of the bundle of an installation with a secret in every place there is."""
    (folder / "signed").write_text("plant-signed-22\n", encoding="utf-8")
    tables = {path: text.replace("SIGNED_WITH", str(folder / "signed")) for path, text in IN_TABLES.items()}
    flags = [f"{path}={value}" for path, value in (SECRETS | tables).items()]
    loaded = load(
        TradewindSettings,
        flags=(f"data_dir={folder}", f"bus.kind={kind}", "bus.url=redis://127.0.0.1:9/0", "api.port=9", *flags),
    )
    (folder / "logs").mkdir(parents=True)
    known = [form for secret in PLANTS if secret not in ONLY_IN_LOGS for form in forms(secret)]
    elsewhere = (
        "connecting with password=plant-elsewhere-15&user=desk",
        "GET /metrics Authorization: Bearer plant-bearer-16",
        "-----BEGIN PRIVATE KEY-----\\nplant-key-17\\n-----END PRIVATE KEY-----",
        "http://127.0.0.1:8888/login#plant-link-18",
        '{"event": "asked", "api_key": "plant-json-19", "what": "rb2601"}',
        "redis://desk:plant-url-20@10.0.0.1:6379/0 refuses",
    )
    lines = [f'{{"timestamp": "2026-11-20T09:00:00Z", "event": "tried {form}"}}' for form in known]
    (folder / "logs" / "market.log").write_text("\n".join([*lines, *elsewhere, "the last line"]), encoding="utf-8")
    bundle = folder / "bundle.tar.gz"
    Bundle(loaded, environ=IN_ENVIRONMENT, clock=SystemClock(), lines=1_000).write(bundle)
    assert stat.S_IMODE(bundle.stat().st_mode) == 0o600
    with tarfile.open(bundle) as archive:
        members = {each.name.removeprefix(f"{FOLDER}/"): archive.extractfile(each) for each in archive}
        return {name: file.read() for name, file in members.items() if file is not None}


@pytest.fixture(scope="module", params=["local", "redis"])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, bytes]]:
    with warnings.catch_warnings(action="ignore"):
        yield planted(tmp_path_factory.mktemp("support"), kind=request.param)
        wait_until(lambda: not any(each.name.startswith("doctor.") for each in threading.enumerate()), timeout_s=20)
        gc.collect()


def test_no_secret_is_in_the_bundle_in_any_form(files: dict[str, bytes]) -> None:
    told = {
        (name, form)
        for secret in PLANTS
        for form in forms(secret)
        for name, data in files.items()
        if form.encode() in data
    }
    assert told == set()
    assert not [name for name, data in files.items() if b"plant-" in data]


def test_what_helps_is_in_the_bundle(files: dict[str, bytes]) -> None:
    assert {"README.txt", "versions.json", "settings.toml", "doctor.json", "status.json", "migrations.txt"} <= set(
        files
    )
    assert b"the last line" in files["logs/market.log"]
    assert b"rb2601" in files["logs/market.log"]
    assert b"api.port = 9" in files["settings.toml"]
    assert {"check", "level", "text"} <= set(msgspec.json.decode(files["doctor.json"])["findings"][0])
    # Nothing runs here; each part that could not be had says so in its place.
    assert b"does not answer" in files["alerts.json"]


def test_a_file_that_is_there_is_not_written_over(tmp_path: Path) -> None:
    taken = tmp_path / "bundle.tar.gz"
    taken.write_text("mine")
    bundle = Bundle(load(TradewindSettings), environ={}, clock=SystemClock(), lines=10)
    with pytest.raises(ConfigError, match="name a file that is not there yet"):
        bundle.write(taken)
    assert taken.read_text() == "mine"


@given(st.text(min_size=4, max_size=40), st.text(max_size=40), st.text(max_size=40))
def test_a_known_secret_never_passes(secret: str, before: str, after: str) -> None:
    if "*" not in secret:
        assert secret not in Sieve([secret]).sift(before + secret + after).replace("***", "")


@pytest.mark.parametrize(
    "text", ["instrument rb2601.SHFE passed 12 rules", "tradewind_identity_refusals_total 3", "token.count 4"]
)
def test_what_only_speaks_of_secrets_passes(text: str) -> None:
    assert Sieve([]).sift(text) == text
