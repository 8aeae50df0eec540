"""The text of a CTP statement (结算单): its pieces joined, its sections read into `domain.statement`.

The form is the brokers': columns stand in any order and width and are found by their names, Chinese, English or both.
"""

from tradewind.ctp.statement.pieces import StatementPieces, join_pieces
from tradewind.ctp.statement.reading import read_statement

__all__ = ["StatementPieces", "join_pieces", "read_statement"]
