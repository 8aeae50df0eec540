"""Exact sums of a column: MariaDB adds decimals itself; SQLite adds binary fractions, so what adds is put into it."""

from __future__ import annotations

from decimal import Context, Decimal
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import FunctionElement

if TYPE_CHECKING:
    from sqlalchemy import Column

_NAME: Final = "exact_sum"
_WIDE: Final = Context(prec=60)
"""Far more digits than the widest column and the most rows could need."""


class ExactSum(FunctionElement[Any]):
    """The sum of a column of whole numbers or decimals, of its type; nothing where there is no row."""

    inherit_cache = True

    def __init__(self, column: Column[Any]) -> None:
        super().__init__(column)
        self.type = column.type


@compiles(ExactSum)
def _by_the_database(element: ExactSum, compiler: Any, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    return f"sum({compiler.process(element.clauses, **options)})"


@compiles(ExactSum, "sqlite")
def _by_us(element: ExactSum, compiler: Any, **options: Any) -> str:  # noqa: ANN401 - SQLAlchemy's signature
    return f"{_NAME}({compiler.process(element.clauses, **options)})"


class _Adder:
    """What SQLite calls for each row, and for the sum at the end."""

    def __init__(self) -> None:
        self._total: Decimal | None = None

    def step(self, value: str | int | None) -> None:
        """Add one."""
        if value is not None:
            self._total = _WIDE.add(self._total or Decimal(0), Decimal(value))

    def finalize(self) -> str | None:
        """Return the sum as the column has its values."""
        return None if self._total is None else format(self._total, "f")


def teach(connection: Any) -> None:  # noqa: ANN401 - the driver's connection
    """Let a connection of SQLite know how to add exactly."""
    connection.create_aggregate(_NAME, 1, _Adder)
