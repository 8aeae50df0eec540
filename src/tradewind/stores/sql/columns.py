"""Column types that mean the same on SQLite and on MariaDB: exact decimals, UTC seconds, hashes, payloads."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import TIMESTAMP, BigInteger, Enum, Integer, LargeBinary, Numeric, String
from sqlalchemy.dialects import mysql
from sqlalchemy.types import TypeDecorator

if TYPE_CHECKING:
    from enum import StrEnum

    from sqlalchemy.engine import Dialect
    from sqlalchemy.types import TypeEngine

_NS: Final = 1_000_000_000


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal that stays one: DECIMAL on MariaDB, text on SQLite, whose own numbers are binary fractions.

    What has more digits than the column is rounded half to even; what is too large is refused on both.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self._unit = Decimal(1).scaleb(-scale)
        self._too_large = Decimal(10) ** (precision - scale)
        self._precision = precision

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Choose the column of this database."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(self._precision + 2))
        return dialect.type_descriptor(self.impl_instance)

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:  # noqa: ANN401 - what the driver takes
        """Round to the column; refuse what does not fit."""
        if value is None:
            return None
        if not value.is_finite() or abs(value) >= self._too_large:
            message = f"a number below {self._too_large} was expected, was {value}"
            raise ValueError(message)
        exact = value.quantize(self._unit, ROUND_HALF_EVEN)
        return format(exact, "f") if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:  # noqa: ANN401, ARG002 - SQLAlchemy's signature
        """Return a decimal."""
        return None if value is None else Decimal(value)


class UtcSeconds(TypeDecorator[datetime]):
    """A moment to the second, UTC: TIMESTAMP, as the older system's tables have it."""

    impl = TIMESTAMP
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Cut to the second, in UTC."""
        return None if value is None else value.astimezone(UTC).replace(microsecond=0, tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002 - SQLAlchemy's signature
        """Say that it is UTC."""
        return None if value is None else value.replace(tzinfo=UTC)


def moment(ts: int) -> datetime:
    """Return nanoseconds since the epoch as a moment."""
    return datetime.fromtimestamp(ts // _NS, UTC)


def words(*allowed: str) -> Enum:
    """Return an ENUM of words: MariaDB's own, a checked text on SQLite."""
    return Enum(*allowed, native_enum=True, create_constraint=True, name=None, validate_strings=True)


def values_of(kind: type[StrEnum]) -> tuple[str, ...]:
    """Return the words of an enumeration."""
    return tuple(member.value for member in kind)


MONEY: Final = ExactDecimal(20, 4)
"""The older system's DECIMAL(15,2) with two digits more each way: fees by ratio have them."""
PRICE: Final = ExactDecimal(18, 6)
"""Its DECIMAL(10,2) would lose half a tick of government bond futures (0.005) and every average."""
TURNOVER: Final = ExactDecimal(30, 8)
RESULT: Final = ExactDecimal(38, 12)
"""Profits and fees as the ledger counts them, before anybody rounds to the cent."""
NS: Final = BigInteger()
HASH: Final = LargeBinary(32).with_variant(mysql.BINARY(32), "mysql", "mariadb")
PAYLOAD: Final = LargeBinary().with_variant(mysql.MEDIUMBLOB(), "mysql", "mariadb")
ROW_ID: Final = Integer()
TABLE: Final[dict[str, Any]] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "mariadb_engine": "InnoDB",
    "mariadb_charset": "utf8mb4",
    "mariadb_collate": "utf8mb4_bin",
}
"""Of every table: InnoDB, and letters compared as they are."""
