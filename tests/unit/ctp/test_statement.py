"""The broker's statement: whatever was written is read back, and what cannot be read is named."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from tradewind.ctp.statement import join_pieces, read_statement
from tradewind.domain.account import Direction
from tradewind.domain.order import Offset, Side
from tradewind.domain.statement import (
    OtherSection,
    Statement,
    StatementCash,
    StatementClose,
    StatementFunds,
    StatementLot,
    StatementPosition,
    StatementTrade,
)
from tradewind.errors import InputError
from tradewind.testing.statement_text import statement_pieces, statement_text

ALL = ("funds", "cash", "trades", "closes", "lots", "positions")
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=2)
prices = st.decimals(min_value=Decimal("0.001"), max_value=10**6, places=3)
lots = st.integers(min_value=0, max_value=10**6)
days = st.dates(min_value=date(2015, 1, 1)).map(lambda day: int(day.strftime("%Y%m%d")))
exchanges = st.sampled_from(["SHFE", "INE", "DCE", "CZCE", "CFFEX", "GFEX"])
symbols = st.sampled_from(["au2604", "IF2603", "SR605", "m2605", "m2605-C-3000", "SPD MA609&MA601"])
names = st.sampled_from(["", "张三", "测试资产管理有限公司㐂", "Li Lei"])
texts = st.sampled_from(["", "银期转账", "手续费返还𠮷", "投机"])


of = st.builds

statements = of(
    Statement,
    client_id=st.from_regex(r"\A[0-9]{1,12}\Z"),
    client_name=names.filter(lambda name: " " not in name),
    day=days,
    currency=st.sampled_from(["CNY", "USD", "HKD"]),
    counting=st.sampled_from(["by_day", "by_trade"]),
    funds=of(
        StatementFunds,
        **{
            name: st.none() | amounts
            for name in StatementFunds.__struct_fields__
            if name not in {"other", "risk_degree"}
        },
        risk_degree=st.none() | st.decimals(min_value=0, max_value=9, places=4),
        other=st.dictionaries(st.sampled_from(["质押金", "行权手续费 Exercise Fee"]), amounts),
    ),
    cash=st.lists(
        of(StatementCash, day=days, kind=texts, deposit=amounts, withdraw=amounts, note=texts), max_size=3
    ).map(tuple),
    trades=st.lists(
        of(
            StatementTrade,
            day=days,
            exchange=exchanges,
            symbol=symbols,
            side=st.sampled_from(Side),
            offset=st.sampled_from(Offset),
            price=prices,
            quantity=lots,
            turnover=amounts,
            commission=amounts,
            close_pnl=st.none() | amounts,
            fill_id=st.from_regex(r"\A[0-9]{1,20}\Z"),
            hedge=texts,
            premium=st.none() | amounts,
        ),
        max_size=4,
    ).map(tuple),
    closes=st.lists(
        of(
            StatementClose,
            day=days,
            exchange=exchanges,
            symbol=symbols,
            open_day=st.none() | days,
            side=st.sampled_from(Side),
            quantity=lots,
            open_price=prices,
            pre_settlement=st.none() | prices,
            price=prices,
            close_pnl=amounts,
        ),
        max_size=3,
    ).map(tuple),
    lots=st.lists(
        of(
            StatementLot,
            exchange=exchanges,
            symbol=symbols,
            open_day=days,
            direction=st.sampled_from(Direction),
            quantity=lots,
            open_price=prices,
            pre_settlement=st.none() | prices,
            settlement_price=prices,
            floating_pnl=st.none() | amounts,
            position_pnl=st.none() | amounts,
            margin=st.none() | amounts,
            hedge=texts,
        ),
        max_size=3,
    ).map(tuple),
    positions=st.lists(
        of(
            StatementPosition,
            exchange=st.just(""),
            symbol=symbols,
            long=lots,
            long_price=st.none() | prices,
            short=lots,
            short_price=st.none() | prices,
            pre_settlement=st.none() | prices,
            settlement_price=prices,
            position_pnl=st.none() | amounts,
            margin=st.none() | amounts,
            hedge=texts,
        ),
        max_size=3,
    ).map(tuple),
    sections=st.just(ALL),
)


@given(statements, st.booleans(), st.integers(min_value=0, max_value=6), st.integers(min_value=1, max_value=500))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_back_whatever_the_widths_and_wherever_it_was_cut(
    statement: Statement,
    is_bilingual: bool,  # noqa: FBT001 - drawn
    room: int,
    size: int,
) -> None:
    text = statement_text(statement, is_bilingual=is_bilingual, room=room)
    pieces = statement_pieces(text, trading_day=statement.day, size=size)
    joined = join_pieces(reversed(pieces))
    assert joined is not None
    assert joined.text == text
    assert read_statement(joined.text) == statement


SAMPLE = """\
                                              测试期货股份有限公司
                                                          制表时间 Creation Date：20260106
----------------------------------------------------------------------------------------------------
                             交易结算单(盯市) Settlement Statement(MTM)
客户号 Client ID：  880001          客户名称 Client Name：甲乙投资
日期 Date：20260105

                   资金状况  币种：人民币  Account Summary  Currency：CNY
----------------------------------------------------------------------------------------------------
期初结存 Balance b/f：                 1,000,000.00  基础保证金 Initial Margin：                  0.00
出 入 金 Deposit/Withdrawal：               5000.00  期末结存 Balance c/f：                  1006485.50
平仓盈亏 Realized P/L：                      500.00  质 押 金 Pledge Amount：                      0.00
持仓盯市盈亏 MTM P/L：                      1000.00  客户权益 Client Equity：：              1006485.50
手 续 费 Commission：                         14.50  保证金占用 Margin Occupied：             95000.00
货币质押变化金额 Chg in FX Pledge:             0.00  风 险 度 Risk Degree：                      9.44%
应追加资金 Margin Call：                         --  可用资金 Fund Avail.：                  911485.50

                                         出入金明细 Deposit/Withdrawal
-----------------------------------------------------
|发生日期|   出入金类型   |   入金   |   出金   |  说明  |
|  Date  |      Type      | Deposit  |Withdrawal|  Note  |
-----------------------------------------------------
|20260105|银期转账        |   5000.00|      0.00|        |
-----------------------------------------------------
|共   1条|                |   5000.00|      0.00|        |
-----------------------------------------------------
出入金---Deposit/Withdrawal     银期转账---Bank-Futures Transfer

                                            成交记录 Transaction Record
-----------------------------------------------------------------------------------------------
|成交日期| 手数 | 交易所 |  品种  |  合约  |买/卖| 投/保 | 成交价 |  成交额  | 开平 |手续费|平仓盈亏| 成交序号 |
|  Date  | Lots |Exchange|Product|Instrument| B/S | S/H | Price |Turnover|O/C| Fee |Realized P/L|Trans.No.|
-----------------------------------------------------------------------------------------------
|20260105|    1 |上期所  |黄金    |au2604  |买   |投     |  950.00| 950000.00|开    | 10.00|       0|     12345|
|20260105|    3 |大商所  |豆粕    |m2605   | 卖  |投     |    2900|  87000.00|平今  |  4.50|  500.00|     777  |
|20260105|    x |大商所  |豆粕    |m2605   | 卖  |投     |    2900|  87000.00|平    |  4.50|  500.00|     778  |
|20260105|    1 |大商所  |豆粕    |m2605   | 卖  |
-----------------------------------------------------------------------------------------------
|共   4条|    4 |        |        |        |     |       |        |1037000.00|      | 14.50|  500.00|          |
-----------------------------------------------------------------------------------------------
上期所---SHFE  大商所---DCE
买---Buy   卖---Sell
投---Speculation  开---Open 平---Close 平今---Close Today

                                   期权行权明细 Exercise Statement
----------------------------------------
|行权日期|合约    |手数|
|Date|Instrument|Lots|
----------------------------------------
|20260105|m2601-C-3000|   2|
----------------------------------------

                                        持仓汇总 Positions
-----------------------------------------------------------------------------------------------
| 品种 | 合约 |买持|买均价|卖持|卖均价|昨结算|今结算|持仓盯市盈亏|保证金占用| 投/保 |
|Product|Instrument|Long Pos.|Avg Buy Price|Short Pos.|Avg Sell Price|Prev. Sttl|Sttl Today|MTM P/L|Margin Occupied|S/H|
-----------------------------------------------------------------------------------------------
|黄金  |au2604|   1|950.000|   0| 0.000|948.000|951.000|     1000.00|  95000.00|投     |
-----------------------------------------------------------------------------------------------
|共 1条|      |   1|       |   0|      |       |       |     1000.00|  95000.00|       |
-----------------------------------------------------------------------------------------------
"""


def test_a_broker_s_bilingual_page_is_read_by_the_names_of_its_columns() -> None:
    read = read_statement(SAMPLE)
    assert (read.client_id, read.client_name, read.day, read.currency) == ("880001", "甲乙投资", 20260105, "CNY")
    assert read.sections == ("funds", "cash", "trades", "positions")
    assert read.funds.pre_balance == Decimal(1_000_000)
    assert read.funds.equity == Decimal("1006485.50")
    assert read.funds.risk_degree == Decimal("0.0944")
    assert read.funds.other["质 押 金 Pledge Amount"] == 0
    assert read.cash == (StatementCash(day=20260105, kind="银期转账", deposit=Decimal(5000), withdraw=Decimal(0)),)
    bought, sold = read.trades
    assert (bought.exchange, bought.symbol, bought.side, bought.offset) == ("SHFE", "au2604", Side.BUY, Offset.OPEN)
    assert (sold.offset, sold.quantity, sold.close_pnl, sold.fill_id) == (
        Offset.CLOSE_TODAY, 3, Decimal(500), "777",
    )  # fmt: skip
    (held,) = read.positions
    assert (held.symbol, held.long, held.short, held.settlement_price) == ("au2604", 1, 0, Decimal(951))


def test_a_line_that_cannot_be_read_is_named_with_its_number_and_its_reason() -> None:
    lines = SAMPLE.splitlines()
    told = {(each.line, each.section): each.why for each in read_statement(SAMPLE).malformed}
    wrong = next(number for number, line in enumerate(lines, start=1) if "|    x |" in line)
    assert told[wrong, "trades"] == "手数: 'x' is no number"
    assert told[wrong + 1, "trades"] == "6 cells under a header of 13"
    assert next(why for (_, section), why in told.items() if section == "funds") == "'--' is no number"
    assert len(told) == 3


def test_a_line_cut_within_its_last_cell_is_no_trade() -> None:
    read = read_statement(SAMPLE.replace("     12345|", "     12"))
    assert [trade.fill_id for trade in read.trades] == ["777"]
    assert "the line ends before its last bar" in [each.why for each in read.malformed]


def test_a_section_nobody_knows_is_kept_and_named() -> None:
    (other,) = read_statement(SAMPLE).others
    assert other == OtherSection(
        "期权行权明细 Exercise Statement",
        SAMPLE.splitlines().index(" " * 35 + "期权行权明细 Exercise Statement") + 1,
        (("行权日期", "合约", "手数"), ("Date", "Instrument", "Lots"), ("20260105", "m2601-C-3000", "2")),
    )


def test_a_table_without_a_column_that_is_needed_says_which_once() -> None:
    text = SAMPLE.replace("| 成交序号 |", "| 某某序号 |").replace("|Trans.No.|", "|Some No.|")
    why = [each.why for each in read_statement(text).malformed if each.section == "trades"]
    assert why == ["the header has no column for fill_id (成交序号)"]
    assert read_statement(text).trades == ()


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("交易结算单(盯市)", "交易结算月报(盯市)"),
        ("日期 Date：20260105", "月份 Month：202601"),
        ("日期 Date：20260105", "起始日期：20260101  结束日期：20260131"),
        ("日期 Date：20260105", "日期 Date：20260101-20260131"),
        ("日期 Date：20260105", "日期 Date：202601"),
    ],
)
def test_a_statement_of_a_month_is_recognised(was: str, becomes: str) -> None:
    read = read_statement(SAMPLE.replace(was, becomes))
    assert (read.is_monthly, read.day, read.period) == (True, 0, "202601")


def test_a_statement_by_trade_says_so() -> None:
    assert read_statement(SAMPLE.replace("(盯市)", "(逐笔对冲)")).counting == "by_trade"


@pytest.mark.parametrize("text", ["", "\x00\ufffd", "|a|b|\n|1|2|", "资金状况\n|||\n|1|", "成交记录\n||\n|20260105|"])
def test_a_text_that_is_no_statement_claims_nothing(text: str) -> None:
    read = read_statement(text)
    assert (read.client_id, read.trades, read.funds) == ("", (), StatementFunds())


@given(st.text(max_size=400))
@settings(max_examples=100, deadline=None)
def test_no_text_stops_the_reader(text: str) -> None:
    assert read_statement("成交记录\n" + text).client_id == ""


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_statement_never_reads_as_another_one(data: st.DataObject) -> None:
    lines = SAMPLE.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    cut = data.draw(st.integers(0, len(lines[at])))
    whole, read = read_statement(SAMPLE), read_statement("\n".join([*lines[:at], lines[at][:cut], *lines[at + 1 :]]))
    assert set(read.trades) <= set(whole.trades)


def test_pieces_are_joined_in_their_order_and_repetitions_count_once() -> None:
    pieces = statement_pieces(SAMPLE, trading_day=20260105, size=7)
    joined = join_pieces([*pieces[3:], *pieces, pieces[0]])
    assert joined is not None
    assert (joined.trading_day, joined.settlement_id, joined.text) == (20260105, 1, SAMPLE)


def test_pieces_decoded_one_by_one_are_mended_where_their_halves_were_kept() -> None:
    pieces = statement_pieces("资金状况，持仓汇总", trading_day=20260105, size=3)
    for piece in pieces:
        piece["Content"] = piece["Content"].decode("gb18030", errors="surrogateescape")
    joined = join_pieces(pieces)
    assert joined is not None
    assert joined.text == "资金状况，持仓汇总"


def test_of_several_days_the_newest_statement_counts() -> None:
    old, new = (statement_pieces(text, trading_day=day) for text, day in (("old", 20260105), ("new", 20260106)))
    joined = join_pieces([*new, *old])
    assert joined is not None
    assert (joined.trading_day, joined.text) == (20260106, "new")


def test_no_statement_is_no_error() -> None:
    assert join_pieces([]) is None
    assert join_pieces([{"TradingDay": "", "SettlementID": 0, "SequenceNo": 0, "Content": ""}]) is None


def test_a_missing_piece_is_named() -> None:
    pieces = statement_pieces(SAMPLE, trading_day=20260105, size=400)
    del pieces[1]
    with pytest.raises(InputError, match=r"of \d+ pieces these did not come: 2; query it again"):
        join_pieces(pieces)


def test_two_different_pieces_of_one_number_are_refused() -> None:
    pieces = statement_pieces(SAMPLE, trading_day=20260105)
    with pytest.raises(InputError, match="piece 1 came twice with different text"):
        join_pieces([*pieces, {**pieces[0], "Content": b"other"}])
