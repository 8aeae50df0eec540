"""Which grants would let their holder write."""

from __future__ import annotations

import pytest

from tradewind.stores.sql.grants import writing_grants

USAGE = "GRANT USAGE ON *.* TO `reader`@`%` IDENTIFIED BY PASSWORD '*ABC'"


@pytest.mark.parametrize(
    "line",
    [
        USAGE,
        "GRANT SELECT ON `pms_monitor`.* TO `reader`@`%`",
        "GRANT SELECT, SHOW VIEW ON `pms_monitor`.`quote` TO `reader`@`%`",
        "GRANT SELECT (`a`, `b`) ON `pms_monitor`.`quote` TO `reader`@`%`",
        "GRANT `readers` TO `reader`@`%`",
        "SET DEFAULT ROLE `readers` FOR `reader`@`%`",
    ],
)
def test_reading_is_no_writing(line: str) -> None:
    assert writing_grants([line]) == []


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("GRANT ALL PRIVILEGES ON *.* TO `root`@`%`", ["ALL PRIVILEGES on *.*"]),
        ("GRANT SELECT, INSERT, DROP ON `a`.* TO `u`@`%`", ["DROP on `a`.*", "INSERT on `a`.*"]),
        ("GRANT SELECT (`a`), UPDATE (`a`, `b`) ON `a`.`t` TO `u`@`%`", ["UPDATE on `a`.`t`"]),
        ("GRANT SELECT ON `a`.* TO `u`@`%` WITH GRANT OPTION", ["GRANT OPTION on `a`.*"]),
        ("GRANT EXECUTE ON PROCEDURE `a`.`p` TO `u`@`%`", ["EXECUTE on PROCEDURE `a`.`p`"]),
        ("GRANT FILE ON *.* TO `u`@`%`", ["FILE on *.*"]),
    ],
)
def test_what_goes_beyond_reading_is_named(line: str, found: list[str]) -> None:
    assert writing_grants([USAGE, line]) == found


def test_a_line_nobody_understands_is_not_trusted_and_shows_no_password() -> None:
    assert writing_grants(["ALLOW everything IDENTIFIED BY PASSWORD '*ABC'"]) == ["ALLOW everything"]
