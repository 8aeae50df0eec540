"""Files of variables as the modules of system 002 have them (C-002-5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tradewind.errors import ConfigError
from tradewind.kernel.env_file import read_env_files
from tradewind.kernel.settings import load
from tradewind.runtime.settings import OLDER_NAMES, TradewindSettings

NAMES = (*OLDER_NAMES, "SERVER_IP", "SERVER_PORT", "HEARTBEAT_INTERVAL")
OF_THE_SEED = """\
# 服务器
SERVER_IP=10.0.0.5
SERVER_PORT=10080
export HEARTBEAT_INTERVAL=15
MONGODB_HOST='mongodb+srv://user:p#a=ss@cluster.example/?retryWrites=true'  # the whole address
MONGODB_DB_NAME="forecast_platform"
MONGODB_COLLECTION_NAME=older
MONGODB_REALTIME_COLLECTION_NAME=realtime_trades
MONGODB_CLOSE_COLLECTION_NAME =  day_end
INFOWAY_API_KEY=k-1
EDITOR=vi
"""


def written(folder: Path, text: str | bytes, name: str = ".env") -> Path:
    file = folder / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    file.chmod(0o600)
    return file


def test_every_name_of_the_older_module_is_read(tmp_path: Path) -> None:
    found = read_env_files([written(tmp_path, OF_THE_SEED)], NAMES)
    assert found.remarks == ()
    assert found.values == {
        "SERVER_IP": "10.0.0.5",
        "SERVER_PORT": "10080",
        "HEARTBEAT_INTERVAL": "15",
        "MONGODB_HOST": "mongodb+srv://user:p#a=ss@cluster.example/?retryWrites=true",
        "MONGODB_DB_NAME": "forecast_platform",
        "MONGODB_COLLECTION_NAME": "older",
        "MONGODB_REALTIME_COLLECTION_NAME": "realtime_trades",
        "MONGODB_CLOSE_COLLECTION_NAME": "day_end",
        "INFOWAY_API_KEY": "k-1",
    }


def test_the_environment_wins_over_the_file_and_the_later_file_over_the_earlier(tmp_path: Path) -> None:
    first = written(tmp_path, "MONGODB_DB_NAME=one\nINFOWAY_API_KEY=one\nMONGODB_CLOSE_COLLECTION_NAME=one\n", "first")
    second = written(tmp_path, "\ufeffMONGODB_DB_NAME=two\nINFOWAY_API_KEY=two\nTRADEWIND_INFOWAY__PLAN=basic\n")
    variables = read_env_files([first, second, tmp_path / "none"], NAMES).under({"INFOWAY_API_KEY": "shell"}.items())
    settings = load(TradewindSettings, environ=variables, older_names=OLDER_NAMES).settings
    assert (settings.documents.close, settings.documents.database) == ("one", "two")
    assert (settings.infoway.api_key, settings.infoway.plan) == ("shell", "basic")


def test_one_value_may_name_another(tmp_path: Path) -> None:
    file = written(tmp_path, "MONGO_PASSWORD=s3\nMONGODB_HOST=mongodb://u:${MONGO_PASSWORD}@h\n")
    assert read_env_files([file], NAMES).values == {"MONGODB_HOST": "mongodb://u:s3@h"}


@pytest.mark.parametrize(
    ("line", "number"), [("INFOWAY_API_KEY", 1), ("\n\nINFOWAY_API_KEY='s3cret", 3), ("SERVER IP = s3cret", 1)]
)
def test_a_line_that_is_no_variable_is_refused_by_its_place_and_without_its_value(
    tmp_path: Path, line: str, number: int
) -> None:
    with pytest.raises(ConfigError, match=rf"\.env, line {number}: must be NAME=value") as caught:
        read_env_files([written(tmp_path, line)], NAMES)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(("content", "told"), [(b"A=\xff", "not UTF-8"), (b"#" * 70_000, "at most 65536 bytes")])
def test_what_is_no_file_of_variables_is_refused(tmp_path: Path, content: bytes, told: str) -> None:
    with pytest.raises(ConfigError, match=told):
        read_env_files([written(tmp_path, content)], NAMES)


def test_a_name_that_is_nearly_one_of_ours_is_remarked_on(tmp_path: Path) -> None:
    found = read_env_files([written(tmp_path, "MONGODB_HOSTS=mongodb://u:s3cret@h\nPATH=/bin\n")], NAMES)
    assert found.values == {}
    (remark,) = found.remarks
    assert "MONGODB_HOSTS means nothing here; was MONGODB_HOST meant?" in remark
    assert "s3cret" not in remark


def test_a_file_that_others_can_read_is_remarked_on(tmp_path: Path) -> None:
    file = written(tmp_path, "INFOWAY_API_KEY=s3cret\n")
    file.chmod(0o644)
    found = read_env_files([file], NAMES)
    (remark,) = found.remarks
    assert "chmod 600" in remark
    assert "s3cret" not in f"{remark} {found!r}"
