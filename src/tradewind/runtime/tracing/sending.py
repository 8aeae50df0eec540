"""Hands spans to OpenTelemetry's own sender, which batches them and posts them from a thread of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from tradewind import __version__
from tradewind.errors import ConfigError

try:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope
    from opentelemetry.trace import SpanContext, TraceFlags
    from opentelemetry.trace.status import Status, StatusCode
except ImportError as error:
    _MISSING = "traces.endpoint is set, and OpenTelemetry is not installed; pip install 'tradewind[traces]'"
    raise ConfigError(_MISSING) from error

if TYPE_CHECKING:
    from tradewind.runtime.tracing.chains import Span
    from tradewind.runtime.tracing.settings import TraceSettings

_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_SCOPE: Final = InstrumentationScope("tradewind", __version__)
_MOST_AT_ONCE: Final = 512


class Sender:
    """Takes spans; never waits, never raises: what does not fit while the endpoint is away is dropped."""

    def __init__(self, settings: TraceSettings, *, service: str) -> None:
        self._resource = Resource({"service.name": "tradewind", "service.instance.id": service})
        exporter = OTLPSpanExporter(
            endpoint=settings.endpoint, headers=dict(settings.headers), timeout=settings.timeout_s
        )
        self._sender = BatchSpanProcessor(
            exporter, max_queue_size=settings.max_waiting, max_export_batch_size=_MOST_AT_ONCE
        )

    def send(self, span: Span) -> None:
        """Take a span."""
        self._sender.on_end(
            ReadableSpan(
                name=span.name,
                context=_context(span.trace_id, span.span_id),
                parent=_context(span.trace_id, span.parent_id) if span.parent_id else None,
                resource=self._resource,
                attributes={name: value for name, value in span.facts.items() if value != ""},
                events=[Event(step.name, timestamp=step.ts) for step in span.steps],
                status=Status(StatusCode.ERROR, span.error) if span.error else Status(),
                start_time=span.begun,
                end_time=max(span.begun, span.ended),
                instrumentation_scope=_SCOPE,
            )
        )

    def close(self) -> None:
        """Send what is left, and stop."""
        self._sender.shutdown()  # type: ignore[no-untyped-call]


def _context(trace_id: int, span_id: int) -> SpanContext:
    return SpanContext(trace_id, span_id, is_remote=False, trace_flags=_SAMPLED)
