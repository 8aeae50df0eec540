"""Accounts at CTP brokers as an operator names them; secrets from the environment or the keyring alone."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from tradewind.ctp.secrets import market_password
from tradewind.errors import ConfigError
from tradewind.execution.brokers.ctp.credentials import read_secrets
from tradewind.execution.brokers.ctp.settings import PRESETS, CtpAccountSettings, CtpBrokerSettings, secret_name
from tradewind.kernel.settings import load
from tradewind.runtime.settings import TradewindSettings


class Keyring(ModuleType):
    """A machine's keyring, with what is in it."""

    def __init__(self, kept: dict[tuple[str, str], str]) -> None:
        super().__init__("keyring")
        self.get_password = lambda service, name: kept.get((service, name))


ACCOUNT = CtpAccountSettings(id="main-1", user_id="u1", preset="simnow")
WORD = "correct horse"


def no_keyring(_service: str, _name: str) -> None:
    """There is nothing in it."""


def test_a_password_in_the_file_is_refused_with_the_remedy_and_not_repeated(tmp_path: Path) -> None:
    file = tmp_path / "tradewind.toml"
    file.write_text(
        f'[[execution.ctp.accounts]]\nid = "main-1"\nuser_id = "u1"\npreset = "simnow"\npassword = "{WORD}"\n'
    )
    told = (
        r"^tradewind\.toml: execution\.ctp\.accounts, main-1: password"
        r".*CTP_PASSWORD_MAIN_1.*set tradewind-ctp main-1\.password"
    )
    with pytest.raises(ConfigError, match=told) as refused:
        load(TradewindSettings, file=file)
    assert WORD not in str(refused.value)


def test_the_market_fronts_password_in_the_file_is_refused_with_both_other_ways(tmp_path: Path) -> None:
    file = tmp_path / "tradewind.toml"
    file.write_text(f'[market.ctp]\nuser_id = "u1"\npassword = "{WORD}"\n')
    told = (
        r"market\.ctp\.password .*tradewind\.toml; "
        r".*TRADEWIND_MARKET__CTP__PASSWORD.*set tradewind-ctp market\.password"
    )
    with pytest.raises(ConfigError, match=told) as refused:
        load(TradewindSettings, file=file)
    assert WORD not in str(refused.value)


def test_market_fronts_get_the_keyrings_password_where_somebody_signs_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", Keyring({("tradewind-ctp", "market.password"): WORD}))
    assert market_password("", "u1") == WORD
    assert market_password("set", "u1") == "set"
    assert market_password("", "") == ""


def test_an_authentication_code_in_the_file_is_refused_too() -> None:
    with pytest.raises(ConfigError, match="CTP_AUTH_CODE_A1"):
        CtpAccountSettings(id="a1", user_id="u1", preset="simnow", auth_code=WORD)


def test_the_environment_wins_over_the_keyring() -> None:
    environ = {secret_name("main-1", "password"): WORD, secret_name("main-1", "auth_code"): "code"}
    secrets = read_secrets(ACCOUNT, environ, lambda _service, _name: "other")
    assert (secrets.password, secrets.auth_code) == (WORD, "code")


def test_the_keyring_is_asked_for_the_accounts_own_secrets() -> None:
    kept = {("tradewind-ctp", "main-1.password"): WORD}
    secrets = read_secrets(ACCOUNT, {}, lambda service, name: kept.get((service, name)))
    assert secrets.password == WORD


def test_without_a_password_the_message_says_where_to_put_it() -> None:
    with pytest.raises(ConfigError, match="CTP_PASSWORD_MAIN_1"):
        read_secrets(ACCOUNT, {}, no_keyring)


def test_a_public_place_brings_its_own_code_and_a_program_of_ones_own_does_not() -> None:
    environ = {secret_name("main-1", "password"): WORD}
    assert read_secrets(ACCOUNT, environ, no_keyring).auth_code == PRESETS["simnow"].auth_code
    own = CtpAccountSettings(id="main-1", user_id="u1", preset="simnow", app_id="mine_1")
    assert read_secrets(own, environ, no_keyring).auth_code == ""


def test_secrets_show_nothing() -> None:
    secrets = read_secrets(ACCOUNT, {secret_name("main-1", "password"): WORD}, no_keyring)
    assert WORD not in repr(secrets)


@pytest.mark.parametrize("missing", ["fronts", "broker_id"])
def test_an_account_says_where_its_broker_is(missing: str) -> None:
    place = {"fronts": ("tcp://127.0.0.1:1",), "broker_id": "9999"}
    del place[missing]
    with pytest.raises(ConfigError, match=missing):
        CtpAccountSettings(id="a1", user_id="u1", **place)  # type: ignore[arg-type]


def test_two_accounts_never_speak_for_one_user() -> None:
    with pytest.raises(ConfigError, match="its own broker_id and user_id"):
        CtpBrokerSettings(accounts=(ACCOUNT, CtpAccountSettings(id="b", user_id="u1", preset="simnow")))


def test_a_front_is_an_address_with_a_port(tmp_path: Path) -> None:
    file = tmp_path / "tradewind.toml"
    file.write_text('[[execution.ctp.accounts]]\nid = "a"\nuser_id = "u"\nbroker_id = "9"\nfronts = ["http://x"]\n')
    with pytest.raises(ConfigError, match=r"execution\.ctp\.accounts"):
        load(TradewindSettings, file=file)
