"""Where the database is, how it is shown, and who holds its journal."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import msgspec
import pytest

from tradewind.cli.main import main
from tradewind.errors import ConfigError
from tradewind.kernel.settings import load
from tradewind.runtime.settings import TradewindSettings
from tradewind.stores.settings import StoreSettings
from tradewind.stores.sql.engine import make_engine, place, shown
from tradewind.stores.sql.holder import Holder, is_known_dead, read_holder, this_process
from tradewind.stores.sql.store import SqlStore

FOLDER = Path("var")
SECRET = "hunter2/@:"  # noqa: S105 - what must never show


def test_without_an_address_it_is_a_file_in_the_data_folder() -> None:
    assert shown(place(StoreSettings(), FOLDER)) == "var/tradewind.db"


@pytest.mark.parametrize("scheme", ["mysql", "mariadb", "mysql+pymysql"])
def test_mariadb_has_one_driver_under_each_name(scheme: str) -> None:
    url = place(StoreSettings(url=f"{scheme}://tw@db:3307/desk", password=SECRET), FOLDER)
    assert (url.drivername, url.password, url.port) == ("mysql+pymysql", SECRET, 3307)
    assert shown(url) == "db:3307/desk (user tw)"


@pytest.mark.parametrize(
    "url", ["postgresql://db/desk", "mysql://db", "sqlite://", "sqlite:///:memory:", "not an address", "mysql:///desk"]
)
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(ConfigError, match=r"store.url must be sqlite:///path or mysql://user@host:3306/database"):
        place(StoreSettings(url=url), FOLDER)


def test_the_password_shows_nowhere(capsys: pytest.CaptureFixture[str]) -> None:
    from urllib.parse import quote

    settings = StoreSettings(url=f"mysql://tw:{quote(SECRET, safe='')}@db/desk", password=SECRET)
    url = place(settings, FOLDER)
    texts = [repr(settings), repr(make_engine(url, settings)), shown(url), str(url)]
    flags = ["--set", f"store.password={SECRET}", "--set", f"store.url={settings.url}", "--set", "bus.password=b1"]
    assert main(["config", "show", *flags]) == 0
    texts.append(capsys.readouterr().out)
    with pytest.raises(ConfigError) as refused:
        place(msgspec.structs.replace(settings, url=f"postgresql://tw:{quote(SECRET, safe='')}@db/desk"), FOLDER)
    texts.append(str(refused.value))
    for text in texts:
        assert "hunter2" not in text
        assert "b1" not in text


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    url = place(StoreSettings(), tmp_path / "file" / "below")
    with pytest.raises(ConfigError, match=r"cannot be made .* change data_dir"):
        make_engine(url, StoreSettings())


def test_settings_are_read_from_flags() -> None:
    loaded = load(TradewindSettings, flags=["store.chain=paper", "audit.anchor_s=5"]).settings
    assert (loaded.store.chain, loaded.audit.anchor_s) == ("paper", 5)
    with pytest.raises(ConfigError, match=r"store\.chain"):
        load(TradewindSettings, flags=["store.chain=a b"])


def test_this_process_is_known_to_live_and_one_that_ended_to_be_dead() -> None:
    me = this_process()
    assert read_holder(str(me)) == me
    assert not is_known_dead(me)
    child = subprocess.Popen(["sleep", "60"])
    their = msgspec.structs.replace(me, pid=child.pid, started="1")
    assert is_known_dead(their)  # another process has that number now
    child.kill()
    child.wait()
    assert is_known_dead(msgspec.structs.replace(me, pid=child.pid))


def test_of_a_process_elsewhere_nobody_knows() -> None:
    assert not is_known_dead(Holder("other", "boot:pid:[1]", 1, "1"))
    assert not is_known_dead(Holder("other", "", os.getpid(), "1"))
    assert read_holder("gibberish") is None
    assert read_holder("a|b|c|d") is None


def test_the_file_of_the_database_is_for_its_owner_alone(tmp_path: Path) -> None:
    store = SqlStore(StoreSettings(), tmp_path)
    store.open()
    store.close()
    assert [file.stat().st_mode & 0o077 for file in tmp_path.iterdir()] == [0] * len(list(tmp_path.iterdir()))
