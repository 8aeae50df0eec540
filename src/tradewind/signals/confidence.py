"""How sure an opportunity is, and why: one documented formula over the signals for and against it.

    confidence = combined × agreement × freshness × disagreement

- combined: noisy-or of what each supporting strategy says, 1 − Π (1 − weight·confidence): independent witnesses.
- agreement: 1 − (1 − agreement_alone) / n for n supporting strategies: one witness alone is worth less.
- freshness: what remains of `combined` when each signal weighs half / (half + age) of itself.
- disagreement: 1 − disagreement_weight × the noisy-or of the opposite side's signals, aged the same way.

A strategy that has turned to the other side since supports nothing here any more: it stays listed with weight 0.
Only + − × ÷ on doubles and correctly rounded printing, so every machine gets the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from tradewind.domain.opportunity import Contribution
from tradewind.domain.signal import Signal
from tradewind.kernel.clock import NS_PER_S

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tradewind.signals.settings import SignalsSettings

CONFIDENCE_DIGITS = 4
STRENGTH_DIGITS = 2


class Voice(msgspec.Struct, frozen=True, gc=False):
    """The latest signal of one strategy and the line time at which it was heard."""

    signal: Signal
    heard_ns: int


class Assessment(msgspec.Struct, frozen=True, gc=False):
    """What the formula says at one moment; `supporters` counts the strategies that still stand behind it."""

    confidence: float
    strength: float
    supporters: int
    reasons: tuple[str, ...]
    contributions: tuple[Contribution, ...]


def freshness(age_ns: int, half_s: float) -> float:
    """Return what a signal of that age still weighs: 1 when new, ½ after `half_s`, falling as 1/age."""
    return half_s / (half_s + max(age_ns, 0) / NS_PER_S)


def assess(
    own: Mapping[str, Voice], opposing: Mapping[str, Voice], *, now_ns: int, settings: SignalsSettings
) -> Assessment:
    """Weigh the voices of one side against those of the other at `now_ns`."""
    half_s = settings.freshness_half_s
    doubt_fresh = doubt_aged = 1.0
    weight_sum = strength_sum = 0.0
    supporters = turned = 0
    contributions: list[Contribution] = []
    for strategy, voice in own.items():
        against = opposing.get(strategy)
        if against is not None and against.heard_ns >= voice.heard_ns:
            contributions.append(_contribution(voice.signal, 0.0))
            turned += 1
            continue
        full = settings.strategy_weights.get(strategy, settings.default_weight)
        weight = full * freshness(now_ns - voice.heard_ns, half_s)
        doubt_fresh *= 1.0 - full * voice.signal.confidence
        doubt_aged *= 1.0 - weight * voice.signal.confidence
        weight_sum += weight
        strength_sum += weight * voice.signal.strength
        supporters += 1
        contributions.append(_contribution(voice.signal, weight))
    combined = 1.0 - doubt_fresh
    aged = 1.0 - doubt_aged
    fresh = aged / combined if combined > 0.0 else 1.0
    agreement = 1.0 - (1.0 - settings.agreement_alone) / supporters if supporters else 0.0
    against_mass, opponents = _mass_against(own, opposing, now_ns=now_ns, settings=settings)
    disagreement = 1.0 - settings.disagreement_weight * against_mass
    reasons = [
        f"combined value={combined:.4g} strategies={supporters}",
        f"agreement factor={agreement:.4g}",
        f"freshness factor={fresh:.4g}",
    ]
    if opponents:
        reasons.append(f"disagreement factor={disagreement:.4g} opposing={opponents} turned={turned}")
    return Assessment(
        confidence=_clamped(combined * agreement * fresh * disagreement),
        strength=round(strength_sum / weight_sum, STRENGTH_DIGITS) if weight_sum > 0.0 else 0.0,
        supporters=supporters,
        reasons=tuple(reasons),
        contributions=tuple(contributions),
    )


def _mass_against(
    own: Mapping[str, Voice], opposing: Mapping[str, Voice], *, now_ns: int, settings: SignalsSettings
) -> tuple[float, int]:
    """Return the aged noisy-or of the other side and how many strategies still speak there."""
    doubt = 1.0
    opponents = 0
    for strategy, voice in opposing.items():
        mine = own.get(strategy)
        if mine is not None and mine.heard_ns > voice.heard_ns:
            continue
        full = settings.strategy_weights.get(strategy, settings.default_weight)
        doubt *= 1.0 - full * freshness(now_ns - voice.heard_ns, settings.freshness_half_s) * voice.signal.confidence
        opponents += 1
    return 1.0 - doubt, opponents


def _contribution(signal: Signal, weight: float) -> Contribution:
    return Contribution(
        strategy=signal.strategy,
        signal_id=signal.signal_id,
        signal_type=signal.signal_type,
        side=signal.side,
        confidence=signal.confidence,
        strength=signal.strength,
        weight=round(weight, CONFIDENCE_DIGITS),
        ts_event=signal.ts_event,
        reasons=signal.reasons,
        times=signal.times,
    )


def _clamped(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), CONFIDENCE_DIGITS)
