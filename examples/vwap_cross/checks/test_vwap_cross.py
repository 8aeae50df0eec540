"""What the idea says, case by case, without a market."""

from vwap_cross import VwapCross

from tradewind.domain.feature import FeatureSnapshot, WindowFeatures

NOTHING = dict.fromkeys(FeatureSnapshot.__struct_fields__)


def seen(last_price: float, *, lean: float, at_s: int, vwap: float = 100.0) -> FeatureSnapshot:
    """Return what the platform would show: this price, this average, this lean of the book."""
    window = WindowFeatures(**dict.fromkeys(WindowFeatures.__struct_fields__) | {"window": "60s", "vwap": vwap})
    of = {"instrument_id": "rb2605.SHFE", "ts_event": at_s * 10**9, "last_price": last_price, "imbalance": lean}
    return FeatureSnapshot(**NOTHING | of | {"windows": (window,)})


def signals(*snapshots: FeatureSnapshot, **params: float) -> list[str]:
    """Return the sides that a fresh strategy signals, one after another."""
    strategy = VwapCross(VwapCross.Params(**params))
    return [signal.side for each in snapshots if (signal := strategy.on_features(each)) is not None]


def test_a_cross_with_the_book_behind_it_is_a_signal() -> None:
    assert signals(seen(99, lean=0.5, at_s=0), seen(101, lean=0.5, at_s=1)) == ["buy"]
    assert signals(seen(101, lean=-0.5, at_s=0), seen(99, lean=-0.5, at_s=1)) == ["sell"]


def test_a_cross_against_the_book_is_none() -> None:
    assert signals(seen(99, lean=0.5, at_s=0), seen(101, lean=-0.5, at_s=1)) == []


def test_being_above_is_no_cross() -> None:
    assert signals(seen(101, lean=0.5, at_s=0), seen(102, lean=0.5, at_s=1)) == []


def test_after_a_signal_it_keeps_quiet() -> None:
    moves = [seen(99 + 2 * (n % 2), lean=0.5 if n % 2 else -0.5, at_s=n * 50) for n in range(6)]
    assert signals(*moves, cooldown_s=120) == ["buy", "sell"]
