"""`tradewind feed`: a recording or the simulated market, published over ZeroMQ in any form of the `ctpmarket` wire."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

import click
import msgspec

from tradewind.cli.options import load_settings, settings_options

if TYPE_CHECKING:
    from tradewind.feeder.service import FeedReport, Framing

_FORMATS: Final = (
    *("protobuf", "protobuf-batch", "csv", "json", "json-ctp", "json-camel", "json-vnpy", "json-tqsdk", "json-short"),
    *("json-rtn", "json-data", "json-rtn-data", "json-array", "msgpack", "struct", "words"),
)
"""The names in `feeder.formats.FORMATS`, written out because `--help` must not import them."""


class _Speed(click.ParamType):  # type: ignore[type-arg]  # generic only in click's newest stubs
    """A factor on recorded time, or `max`."""

    name = "speed"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> object:
        """Return `max` or a number above 0."""
        if value == "max":
            return value
        try:
            speed = float(str(value))
        except ValueError:
            speed = 0.0
        if not 0 < speed <= 1e6:  # noqa: PLR2004 - as the replay's speed
            self.fail(f"must be `max` or a number above 0 and at most 1e6, was {value!r}", param, ctx)
        return speed


@click.command()
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--simulate", is_flag=True, help="Publish the simulated market instead of a recording.")
@click.option("--bind", default="tcp://127.0.0.1:9999", show_default=True, help="Where to publish; * is every address.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default="protobuf", show_default=True)
@click.option(
    "--framing",
    type=click.Choice(["topic+body", "body", "joined"]),
    default="topic+body",
    show_default=True,
    help="Two frames, one without topic, or `topic body` in one.",
)
@click.option("--topic", help="Instead of the format's usual one; {symbol} and {exchange} stand for the quote's.")
@click.option("--speed", type=_Speed(), default="1", show_default=True, help="Factor on recorded time, or `max`.")
@click.option("--instrument", help="Contract as symbol.EXCHANGE, for files that do not say it.")
@click.option("--limit", type=click.IntRange(min=1), help="Publish so many quotes at most.")
@click.option(
    "--wait-for",
    "subscribers",
    type=click.IntRange(min=0),
    default=0,
    help="Subscriptions to wait for before the first.",
)
@click.option(
    "--when-full",
    type=click.Choice(["wait", "drop"]),
    help="What a slow subscriber does to the feed; by default a recording waits and the simulated market drops.",
)
@click.option("--marks", is_flag=True, help="Add a third frame with a running number, so that losses are seen.")
@click.option("--json", "as_json", is_flag=True, help="Print the report as one JSON object.")
@settings_options
def feed(
    file: Path | None,
    *,
    simulate: bool,
    bind: str,
    form: str,
    framing: str,
    topic: str | None,
    speed: float | str,
    instrument: str | None,
    limit: int | None,
    subscribers: int,
    when_full: str | None,
    marks: bool,
    as_json: bool,
    config_file: Path | None,
    flags: tuple[str, ...],
) -> None:
    """Publish the recording FILE, or the simulated market, for a bridge or a program of your own to subscribe to."""
    if (file is None) is not simulate:
        message = "give either a recording or --simulate"
        raise click.UsageError(message)
    extra = ["market.source=simulator"] if simulate else ["market.source=replay", f"market.replay.path={file}"]
    if instrument:
        extra.append(f"market.replay.instrument={instrument}")
    settings = load_settings(config_file, [*extra, *flags]).settings
    from tradewind.feeder.service import FeedPlan  # noqa: PLC0415 - heavy, only for this verb
    from tradewind.kernel.log import configure_logs  # noqa: PLC0415 - as above
    from tradewind.runtime.feed import FeedAddress, publish_feed  # noqa: PLC0415 - as above

    configure_logs(level="warning", stream=sys.stderr)
    plan = FeedPlan(
        form=form,
        topic=topic,
        framing=cast("Framing", framing),
        speed=cast("float", speed),
        has_marks=marks,
        subscribers=subscribers,
        is_lossless=(when_full or ("drop" if simulate else "wait")) == "wait",
        limit=limit,
        longest_gap_s=settings.market.replay.skip_gaps_s,
        tail_s=settings.market.replay.tail_s,
    )
    report = publish_feed(settings, plan, FeedAddress(bind=bind), announce=lambda address: _announce(address, form))
    click.echo(msgspec.json.encode(report) if as_json else as_text(report))


def as_text(report: FeedReport) -> str:
    """Return the report for a person."""
    rows = [
        ("published", f"{report.published:,} quotes as {report.format} on {report.address}"),
        ("unsendable", f"{report.unsendable:,}"),
        ("dropped", f"{report.dropped:,}"),
        ("elapsed", f"{report.elapsed_s:.3f} s"),
        ("end", "reached" if report.is_complete else "stopped before it"),
    ]
    return "\n".join(f"{name:12} {value}" for name, value in rows)


def _announce(address: str, form: str) -> None:
    click.echo(f"tradewind feed: {form} on {address}; Ctrl-C ends it", err=True)
