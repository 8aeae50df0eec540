"""Reads the text of a statement: its head, the amounts of the summary, each section's table, and what it has besides.

Nothing stops the reading: a line that cannot be read is named with its number and its reason, a section that nobody
knows is kept with its title.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from tradewind.ctp.statement.tables import Table, cells_of, day_of, number_of
from tradewind.ctp.statement.words import FUNDS, lookup, section_of
from tradewind.domain.statement import MalformedLine, OtherSection, Statement, StatementFunds

if TYPE_CHECKING:
    from collections.abc import Callable

    from tradewind.domain.statement import Counting

_RULE: Final = re.compile(r"[\s\-=—─_+*|]+")
_PAIR: Final = re.compile(r"\s*(?P<name>[^：:]+?)\s*[：:]+[ \t]*(?P<value>[^\s：:]*)(?=\s|$)")
_LONGEST_TEXT: Final = 200
_MOST_MALFORMED: Final = 1_000
_CURRENCIES: Final = {"人民币": "CNY", "美元": "USD", "港币": "HKD", "港元": "HKD", "欧元": "EUR"}
_HUNDRED: Final = Decimal(100)
_HEAD: Final = {
    "client_id": ("客户号", "客户代码", "资金账号", "Client ID"),
    "client_name": ("客户名称", "客户姓名", "Client Name"),
    "day": ("日期", "交易日期", "结算日期", "Date"),
    "month": ("月份", "结算月份", "Month"),
    "first_day": ("起始日期", "开始日期", "Start Date"),
    "last_day": ("结束日期", "截止日期", "终止日期", "End Date"),
}
_MONTHLY: Final = re.compile(r"月结算|结算月|月结|月报|monthly", re.IGNORECASE)
_TITLE: Final = re.compile(r"结算单|结算月|settlement statement", re.IGNORECASE)


def read_statement(text: str) -> Statement:
    """Return what a statement says.

    What cannot be read stands in `malformed`: a text that is no statement at all has no `client_id` and no sections.
    """
    reading = _Reading()
    lines = text.splitlines()
    for number, line in enumerate(lines, start=1):
        reading.take(number, line, lines)
    return reading.statement()


class _Reading:
    """A statement while it is read."""

    def __init__(self) -> None:
        self._section = ""
        self._head: dict[str, str] = {}
        self._currency = "CNY"
        self._counting: Counting = "by_day"
        self._is_monthly = False
        self._funds: dict[str, Decimal] = {}
        self._other_funds: dict[str, Decimal] = {}
        self._tables: dict[str, Table] = {}
        self._sections: list[str] = []
        self._others: list[tuple[str, int, list[tuple[str, ...]]]] = []
        self._malformed: list[MalformedLine] = []

    def take(self, number: int, line: str, lines: list[str]) -> None:
        """Read one line."""
        if _RULE.fullmatch(line) or not line.strip():
            return
        if line.lstrip().startswith("|"):
            self._take_row(number, line)
            return
        section = section_of(line)
        if section is not None:
            self._begin(section, line)
        elif _is_before_table(number, lines):
            self._section = "other"
            self._others.append((line.strip()[:_LONGEST_TEXT], number, []))
        else:
            self._take_text(number, line)

    def statement(self) -> Statement:
        """Return it."""
        funds = StatementFunds(**self._funds, other=self._other_funds)
        rows: dict[str, tuple[Any, ...]] = {name: tuple(table.rows) for name, table in self._tables.items()}
        day, period = self._period()
        return Statement(
            client_id=self._head.get("client_id", ""),
            client_name=self._head.get("client_name", ""),
            day=day,
            period=period,
            is_monthly=self._is_monthly,
            currency=self._currency,
            counting=self._counting,
            funds=funds,
            **rows,
            sections=tuple(self._sections),
            others=tuple(OtherSection(title, line, tuple(found)) for title, line, found in self._others),
            malformed=tuple(self._malformed),
        )

    def _period(self) -> tuple[int, str]:
        """Return the day, or 0 and the month."""
        said = self._head.get("month") or self._head.get("day", "")
        digits = "".join(filter(str.isdigit, said))
        ends = [self._head.get(name, "") for name in ("first_day", "last_day")]
        if len(digits) == 2 * len("YYYYMMDD"):
            ends = [digits[: len("YYYYMMDD")], digits[len("YYYYMMDD") :]]
        if len(digits) == len("YYYYMM") or (all(ends) and ends[0] != ends[1]):
            self._is_monthly = True
        last = "".join(filter(str.isdigit, ends[1])) or digits
        if self._is_monthly:
            return 0, last[: len("YYYYMM")]
        try:
            return day_of(last), ""
        except ValueError:
            return 0, ""

    def _begin(self, section: str, line: str) -> None:
        self._section = section
        if section not in self._sections:
            self._sections.append(section)
        if section == "funds":
            for word, currency in _CURRENCIES.items():
                if word in line:
                    self._currency = currency
        elif section not in self._tables:
            self._tables[section] = Table(section)

    def _take_row(self, number: int, line: str) -> None:
        if self._section in self._tables:
            table = self._tables[self._section]
            is_first = not table.rows and not table.is_given_up
            self._try(number, line, partial(_take, table, line, is_first=is_first))
        elif self._section == "other" and self._others:
            self._others[-1][2].append(cells_of(line))
        else:
            self._section = "other"
            self._others.append(("", number, [cells_of(line)]))

    def _take_text(self, number: int, line: str) -> None:
        if _TITLE.search(line) and "：" not in line.split("(", maxsplit=1)[0]:
            self._is_monthly = self._is_monthly or bool(_MONTHLY.search(line))
            if "逐笔" in line or "trade by trade" in line.lower():
                self._counting = "by_trade"
            return
        pairs = [(match["name"].strip(), match["value"]) for match in _PAIR.finditer(line)]
        for name, value in pairs:
            if self._section == "funds":
                self._try(number, line, partial(self._take_amount, name, value))
            elif not self._section:
                known = lookup(_HEAD, name.split("  ")[-1])
                if known is not None and value:
                    self._head.setdefault(known, value)

    def _take_amount(self, name: str, value: str) -> None:
        field = lookup(FUNDS, name)
        is_part = value.endswith("%")
        amount = number_of(value.removesuffix("%"))
        if is_part:
            amount /= _HUNDRED
        if field is None:
            self._other_funds[name] = amount
        else:
            self._funds.setdefault(field, amount)

    def _try(self, number: int, line: str, read: Callable[[], None]) -> None:
        try:
            read()
        except ValueError as error:
            if len(self._malformed) < _MOST_MALFORMED:
                text = " ".join(line.split())[:_LONGEST_TEXT]
                self._malformed.append(MalformedLine(number, self._section, str(error), text))


def _take(table: Table, line: str, *, is_first: bool) -> None:
    """Give a row to its table; before the first that counts, look whether the header will do.

    Raises: ValueError: it cannot be read; says why.
    """
    if not line.rstrip().endswith("|"):
        # Cut off within its last cell it would read as another trade.
        message = "the line ends before its last bar"
        raise ValueError(message)
    cells = cells_of(line)
    is_data = any(letter.isdigit() for cell in cells for letter in cell)
    if is_first and is_data:
        table.check()
    table.take(cells)


def _is_before_table(number: int, lines: list[str]) -> bool:
    """Say whether the next line that says anything belongs to a table."""
    for line in lines[number:]:
        if line.lstrip().startswith("|") and not _RULE.fullmatch(line):
            return True
        if line.strip() and not _RULE.fullmatch(line):
            return False
    return False
