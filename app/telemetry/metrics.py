"""What `/metrics` shows, in Prometheus' text format (prometheus_client: 16 ms and 1.3 MB, measured 2026-11-26)."""

from collections.abc import Callable, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from app.model.conversations import Kind
from app.model.events import Event, MessageCreated

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_SPOKEN = frozenset({Kind.MESSAGE, Kind.NOTE})
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Metrics:
    """The appliance's own figures; one instance, passed to who counts."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)  # descriptors, memory, CPU time, from /proc/self
        self.requests = Counter(
            "monodesk_http_requests", "HTTP requests served.", ("route", "status"), registry=self.registry
        )
        self.request_seconds = Histogram(
            "monodesk_http_request_seconds", "Time to serve a request.", buckets=_SECONDS, registry=self.registry
        )
        self.messages = Counter(
            "monodesk_messages_stored", "Messages and notes on disk, by who wrote.", ("sender",), registry=self.registry
        )
        self.commit_seconds = Histogram(
            "monodesk_commit_seconds", "Time of one group commit.", buckets=_SECONDS, registry=self.registry
        )
        self.commit_units = Histogram(
            "monodesk_commit_units", "Writes that went into one commit.", buckets=_SIZES, registry=self.registry
        )

    def heard(self, batch: Sequence[Event]) -> None:
        """Count what was announced after its commit; a listener of the bus."""
        for event in batch:
            if isinstance(event, MessageCreated) and event.message.kind in _SPOKEN:
                self.messages.labels(event.message.sender.kind).inc()

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Show a value that its owner keeps, read at each scrape (sockets open, queue lengths, outbox lag)."""
        Gauge(f"monodesk_{name}", text, registry=self.registry).set_function(value)

    def render(self) -> bytes:
        """The page."""
        return generate_latest(self.registry)
