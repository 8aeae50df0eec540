"""Takes a statement's text, from a broker's front or from a person's file: keeps it, reads it, has it compared.

Each text is kept as it came, under its digest: what was confirmed can be shown for ever.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

import msgspec

from tradewind.ctp.statement import read_statement
from tradewind.domain.statement import MalformedLine
from tradewind.domain.statement_review import StatementReview
from tradewind.errors import InputError, TransientError
from tradewind.kernel.log import get_log

if TYPE_CHECKING:
    from pathlib import Path

    from tradewind.portfolio.service import PortfolioService

_LOG = get_log("statements")
_DIGEST_LENGTH: Final = 32
_SHOWN_LINES: Final = 20
_FILE_NAME: Final = re.compile(r"[^A-Za-z0-9_.-]")


class TakenStatement(msgspec.Struct, frozen=True):
    """What came of a text: the review, `None` while its day has not ended here, and first lines nobody could read."""

    account_id: str
    trading_day: int
    digest: str
    review: StatementReview | None
    malformed: tuple[MalformedLine, ...]


class StatementDesk:
    """Between texts and the portfolio."""

    def __init__(self, portfolio: PortfolioService, folder: Path) -> None:
        """Keep texts in `folder`, one folder below it for each account."""
        self._portfolio = portfolio
        self._folder = folder

    def take(self, account_id: str, text: str) -> TakenStatement:
        """Compare a statement, and keep its text.

        Raises: InputError: it is none, or none that can be compared. TransientError: it cannot be kept now.
        """
        statement = read_statement(text)
        if not statement.sections:
            message = "this is no statement: none of its sections (资金状况, 成交记录, 持仓汇总 …) was found"
            raise InputError(message)
        digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST_LENGTH]
        review = self._portfolio.take_statement(account_id, statement, digest)
        self._keep(account_id, statement.day, digest, text)
        _LOG.info(
            "statement_taken",
            account_id=account_id,
            trading_day=statement.day,
            unexplained=None if review is None else review.unexplained_count,
            malformed=len(statement.malformed),
        )
        return TakenStatement(account_id, statement.day, digest, review, statement.malformed[:_SHOWN_LINES])

    def _keep(self, account_id: str, trading_day: int, digest: str, text: str) -> None:
        folder = self._folder / _FILE_NAME.sub("_", account_id)
        file = folder / f"{trading_day}-{digest[:12]}.txt"
        try:
            if not file.exists():
                folder.mkdir(parents=True, exist_ok=True)
                beside = file.with_suffix(".part")
                beside.write_text(text, encoding="utf-8", newline="")
                beside.replace(file)
        except OSError as error:
            message = f"the statement of {trading_day} cannot be kept: {error}; free the disk and take it again"
            raise TransientError(message) from error
