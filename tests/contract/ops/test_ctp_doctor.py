"""`tradewind ctp doctor` before simulated fronts, with the true child processes: each fault, and all well."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from ctp_trading import BINDING, DAY, start_fronts
from documents import REPO
from private_ports import free_port
from tradewind.cli.main import tradewind
from tradewind.ctp import locale
from tradewind.kernel.settings import Loaded, load
from tradewind.ops.findings import DoctorReport, Finding, Level
from tradewind.runtime.doctor.ctp.visit import ALL_STEPS
from tradewind.runtime.doctor.running import examine
from tradewind.runtime.doctor.table import CHECKS
from tradewind.runtime.settings import TradewindSettings
from tradewind.testing.ctp_front.front import CtpFronts
from tradewind.testing.ctp_front.settings import FrontSettings

_WRONG = "monkey-wrench-88"
_RIGHT = FrontSettings()


class Desk:
    """An installation with an account and quotes at simulated fronts."""

    def __init__(self, folder: Path, fronts: CtpFronts, environ: pytest.MonkeyPatch) -> None:
        self.folder, self.fronts, self.environ = folder, fronts, environ
        self.trading = [fronts.trading_address]
        self.market = [fronts.market_address]
        self.binding = BINDING
        environ.setenv("CTP_PASSWORD_A1", _RIGHT.users[0].password)
        environ.setenv("CTP_AUTH_CODE_A1", _RIGHT.auth_code)

    def file(self) -> Path:
        text = f"""
            data_dir = "{self.folder}"
            [ctp]
            binding = "{self.binding}"
            no_answer_s = 1.5
            [market]
            source = "ctp"
            [market.ctp]
            fronts = {self.market}
            [execution]
            broker = "ctp"
            [[execution.ctp.accounts]]
            id = "a1"
            user_id = "{_RIGHT.users[0].user_id}"
            broker_id = "{_RIGHT.broker_id}"
            app_id = "{_RIGHT.app_id}"
            fronts = {self.trading}
        """
        file = self.folder / "tradewind.toml"
        file.write_text(text, encoding="utf-8")
        return file

    def visit(self, *arguments: str) -> DoctorReport:
        """Run the command, and return what it prints; the exit code goes with it."""
        run = CliRunner().invoke(
            tradewind, ["ctp", "doctor", "--json", "--config", str(self.file()), *arguments], standalone_mode=False
        )
        assert run.exception is None, run.exception
        report = msgspec.json.decode(run.stdout, type=DoctorReport)
        assert run.return_value == report.exit_code
        for secret in (_WRONG, _RIGHT.users[0].password, _RIGHT.auth_code):
            assert secret not in run.output
        return report


@pytest.fixture(scope="module")
def open_fronts() -> Iterator[CtpFronts]:
    fronts = start_fronts(msgspec.structs.replace(_RIGHT, trading_day=DAY))
    yield fronts
    fronts.stop()


@pytest.fixture
def desk(tmp_path: Path, open_fronts: CtpFronts, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield Desk(tmp_path, open_fronts, monkeypatch)
    open_fronts.set_mood("open")
    open_fronts.investor().failures = 0


def _bad(report: DoctorReport) -> list[Finding]:
    return [each for each in report.findings if each.level is not Level.OK]


def test_all_that_is_well_is_found_well_and_nothing_is_done_in_the_account_s_name(desk: Desk) -> None:
    before = desk.fronts.state.requests.copy()

    report = desk.visit()

    assert _bad(report) == []
    assert report.exit_code == 0
    said = [(each.check, each.text) for each in report.findings]
    assert [check for check, _ in said] == [
        "settings", "locale", "library", "library", "fronts", "fronts", "login", "login", "clock", "clock",
        "limits", "limits",
    ]  # fmt: skip
    assert ("login", f"a1: let in at {desk.trading[0]}, trading day {DAY}") in said
    assert any("market, version v6.7." in text for _, text in said)
    assert any("6 orders and cancels a second (FTDPkgFreq)" in text for _, text in said)
    asked = desk.fronts.state.requests - before
    assert asked == {"ReqAuthenticate": 1, "ReqUserLogin": 2}, "one login of each, no order, no confirmation"
    assert desk.fronts.investor().confirmed == ""
    assert sorted(entry.name for entry in desk.folder.iterdir()) == ["tradewind.toml"]


def test_without_the_locale_no_child_is_started_and_the_rest_is_left_out(desk: Desk) -> None:
    desk.binding = "openctp_ctp"
    desk.environ.setattr(locale, "is_there", lambda: False)
    desk.environ.setenv("PATH", str(desk.folder))

    report = desk.visit()

    (found,) = _bad(report)
    assert (found.check, found.level, report.exit_code) == ("locale", Level.FAIL, 2)
    assert "left out: library, fronts, login, clock, limits" in found.text
    assert "localedef -i zh_CN -f GB18030" in found.remedy


def test_a_binding_that_is_none_is_told_by_the_child(desk: Desk) -> None:
    desk.binding = "email"

    report = desk.visit()

    found = _bad(report)
    assert {each.check for each in found} == {"library"}
    assert "ctp.binding 'email' is no binding of CTP" in found[0].text
    assert found[0].remedy == "look at ctp.binding"
    assert found[-1].text.endswith("left out: fronts, login, clock, limits")


def test_a_library_that_ends_its_process_ends_nothing_else(desk: Desk) -> None:
    (desk.folder / "crashing_binding.py").write_text("import os\nos.abort()\n", encoding="ascii")
    desk.environ.syspath_prepend(str(desk.folder))
    desk.binding = "crashing_binding"

    found = _bad(desk.visit("--only", "library"))

    assert [(each.check, each.level) for each in found] == [("library", Level.FAIL)] * 2
    assert all("the child process ended with signal 6" in each.text for each in found)


def test_one_front_that_refuses_is_a_warning_and_all_of_them_a_failure(desk: Desk) -> None:
    refusing = f"tcp://127.0.0.1:{free_port()}"
    desk.trading = [refusing, *desk.trading]
    desk.market = [refusing]

    report = desk.visit()

    market, trading = _bad(report)
    assert market.text.startswith(f"market: {refusing} cannot be reached")
    assert (market.level, market.text.endswith("left out: login, clock")) == (Level.FAIL, True)
    assert (trading.level, "left out" in trading.text) == (Level.WARN, False)
    assert trading.text.startswith(f"a1: {refusing} cannot be reached")
    assert any(each.check == "limits" for each in report.findings), "the next front of the list was taken"


@pytest.mark.parametrize(
    ("mood", "said"),
    [("silent", "says nothing within 1.5 s (no OnFrontConnected)"), ("closing", "does not greet: it hung up")],
)
def test_a_front_that_takes_connections_and_does_not_greet_is_told_from_one_that_refuses(
    desk: Desk, mood: str, said: str
) -> None:
    desk.fronts.set_mood(mood)  # type: ignore[arg-type]

    found = _bad(desk.visit())

    assert [(each.check, each.level) for each in found] == [("fronts", Level.FAIL)] * 2
    assert all(said in each.text and each.remedy for each in found)


def test_a_wrong_password_is_tried_once_and_told_in_the_front_s_words(desk: Desk) -> None:
    desk.environ.setenv("CTP_PASSWORD_A1", _WRONG)

    (found,) = _bad(desk.visit())

    assert found.check == "login"
    assert "不合法的登录 (CTP 3)" in found.text
    assert found.text.endswith("left out: clock, limits")
    assert "check user and password" in found.remedy
    assert desk.fronts.investor().failures == 1


def test_a_wrong_authentication_code_ends_before_the_login(desk: Desk) -> None:
    desk.environ.setenv("CTP_AUTH_CODE_A1", _WRONG)
    before = desk.fronts.state.requests["ReqUserLogin"]

    (found,) = _bad(desk.visit("--only", "login"))

    assert "refuses the authentication" in found.text
    assert "客户端认证失败 (CTP 63)" in found.text
    assert "check app_id and the authentication code" in found.remedy
    assert desk.fronts.state.requests["ReqUserLogin"] == before + 1, "the market's, which asks for no code"


def test_a_locked_account_is_for_the_broker_to_open(desk: Desk) -> None:
    desk.fronts.investor().failures = _RIGHT.max_failures

    (found,) = _bad(desk.visit())

    assert "登录被禁止 (CTP 75)" in found.text
    assert "the broker has locked the account" in found.remedy


def test_without_a_password_it_says_where_one_belongs(desk: Desk) -> None:
    desk.environ.delenv("CTP_PASSWORD_A1")

    (found,) = _bad(desk.visit())

    assert "account a1 has no password" in found.text
    assert "CTP_PASSWORD_A1" in found.remedy


@pytest.mark.parametrize("page", ["docs/how-to/ctp-account.md", "docs/how-to/ctp-account.en.md"])
def test_the_page_explains_every_step(page: str) -> None:
    text = (REPO / page).read_text(encoding="utf-8")

    assert "tradewind ctp doctor" in text
    assert [step for step in ALL_STEPS if f"| `{step}` |" not in text] == []


def test_an_account_the_platform_is_at_work_with_is_not_logged_in(desk: Desk) -> None:
    flow = desk.folder / "ctp-flow" / "trading-a1"
    flow.mkdir(parents=True)
    held = os.open(flow / "in-use", os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    before = desk.fronts.state.requests["ReqAuthenticate"]

    report = desk.visit()
    os.close(held)

    (found,) = _bad(report)
    assert (found.check, found.level, report.exit_code) == ("login", Level.WARN, 1)
    assert "the platform is at work with it" in found.text
    assert found.text.endswith("left out: clock, limits")
    assert desk.fronts.state.requests["ReqAuthenticate"] == before


def test_the_general_doctor_looks_at_library_and_ports_and_logs_nobody_in(desk: Desk) -> None:
    desk.market = [f"tcp://127.0.0.1:{free_port()}"]
    loaded: Loaded[TradewindSettings] = load(TradewindSettings, file=desk.file())
    before = desk.fronts.state.requests.copy()
    chosen = [check for check in CHECKS if check.name in {"locale", "library", "fronts"}]

    found = examine(chosen, loaded, patience_s=20)

    assert [each.level for each in found if each.check == "library"] == [Level.OK, Level.OK]
    assert [each.level for each in found if each.check == "fronts"] == [Level.WARN, Level.OK]
    assert desk.fronts.state.requests == before


@pytest.mark.parametrize("command", [["doctor"], ["ctp", "doctor"]])
def test_a_password_in_the_file_is_said_by_both_doctors_with_the_two_ways_that_are_allowed(
    tmp_path: Path, command: list[str]
) -> None:
    file = tmp_path / "tradewind.toml"
    file.write_text(f'[market.ctp]\nuser_id = "u"\npassword = "{_WRONG}"\n', encoding="utf-8")
    run = CliRunner().invoke(tradewind, [*command, "--json", "--config", str(file)], standalone_mode=False)
    (found,) = msgspec.json.decode(run.stdout, type=DoctorReport).findings
    assert (found.level, run.return_value) == (Level.FAIL, 2)
    for told in ("tradewind.toml", "market.ctp.password", "TRADEWIND_MARKET__CTP__PASSWORD", "keyring set"):
        assert told in found.text
    assert _WRONG not in run.output
