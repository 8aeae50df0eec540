"""What pages of roles, limits and older systems say of the program is so."""

from __future__ import annotations

import re

import pytest

from documents import DOCS
from tradewind.domain.rights import BUILT_IN_ROLES, Permission
from tradewind.kernel.settings import load, value_at
from tradewind.runtime.settings import OLDER_NAMES, TradewindSettings

ROLES = {
    "fund_manager": "fund-manager",
    "trader": "trader",
    "risk_officer": "risk-officer",
    "strategy_developer": "strategy-developer",
    "viewer": "viewer",
}
_KIB, _MIB = 1024, 1024 * 1024
_LEAST_BYTES = 64 * _KIB


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("ending", [".md", ".en.md"])
def test_the_page_of_a_role_names_its_permissions(role: str, ending: str) -> None:
    text = (DOCS / "roles" / f"{ROLES[role]}{ending}").read_text(encoding="utf-8")
    (line,) = [each for each in text.splitlines() if each.startswith(("权限：", "Permissions:"))]
    named = re.findall(r"`(\w+)`", line)
    assert named == [str(each) for each in Permission if each in BUILT_IN_ROLES[role]]


def test_every_built_in_role_has_a_page() -> None:
    assert set(BUILT_IN_ROLES) == {*ROLES, "administrator"}
    assert (DOCS / "roles" / "administrator.md").is_file()


@pytest.mark.parametrize("page", ["limits.md", "limits.en.md"])
def test_the_limits_of_the_page_are_the_defaults(page: str) -> None:
    settings = load(TradewindSettings).settings
    rows = re.findall(r"^\|[^|]*\|([^|]*)\|[^|]*\| (`[^|]*`) \|$", (DOCS / page).read_text("utf-8"), re.MULTILINE)
    told = {name: limit for limit, names in rows for name in re.findall(r"`([^`]+)`", names)}
    assert "push.max_clients" in told
    for name, limit in told.items():
        if isinstance(value := value_at(settings, name), int):
            assert _shown(value) in limit, name


def _shown(value: int) -> str:
    """Return a number as the page writes it; counts there are no whole KiB."""
    if value % _MIB == 0:
        return f"{value // _MIB} MiB"
    return f"{value // _KIB} KiB" if value >= _LEAST_BYTES and value % _KIB == 0 else f"{value:,}".replace(",", " ")


@pytest.mark.parametrize("page", ["collector.md", "collector.en.md"])
def test_each_older_variable_stands_beside_the_setting_it_means(page: str) -> None:
    rows = [line for line in (DOCS / "move" / page).read_text("utf-8").splitlines() if line.startswith("| `")]
    for older, setting in OLDER_NAMES.items():
        if older != "REDIS_URL":
            assert [row for row in rows if f"`{older}`" in row and f"`{setting}`" in row], older
