"""What `/metrics` shows, in Prometheus' text format (prometheus_client: 16 ms and 1.3 MB, measured 2026-11-26)."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import GaugeMetricFamily
from prometheus_client.registry import Collector

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

        self.shed = Counter("monodesk_shed", "What was left out to save memory.", ("what",), registry=self.registry)

    def heard(self, batch: Sequence[Event]) -> None:
        """Count what was announced after its commit; a listener of the bus."""
        for event in batch:
            if isinstance(event, MessageCreated) and event.message.kind in _SPOKEN:
                self.messages.labels(event.message.sender.kind).inc()

    def watch(self, name: str, text: str, value: Callable[[], float]) -> None:
        """Show a value that its owner keeps, read at each scrape (sockets open, queue lengths, outbox lag)."""
        Gauge(f"monodesk_{name}", text, registry=self.registry).set_function(value)

    def watch_each(self, name: str, text: str, label: str, values: Callable[[], Iterable[tuple[str, float]]]) -> None:
        """As `watch`, of several owners that come and go: each value with what `label` says of whose it is."""
        self.registry.register(_Each(f"monodesk_{name}", text, label, values))

    def value(self, name: str) -> float | None:
        """A value that is shown, as the page would have it; None where nobody shows it."""
        return self.registry.get_sample_value(f"monodesk_{name}")

    def render(self) -> bytes:
        """The page."""
        return generate_latest(self.registry)


class _Each(Collector):
    """A value of each of several owners, asked for at the scrape."""

    def __init__(self, name: str, text: str, label: str, values: Callable[[], Iterable[tuple[str, float]]]) -> None:
        self._name = name
        self._text = text
        self._label = label
        self._values = values

    def describe(self) -> Iterator[GaugeMetricFamily]:
        """Its name alone: nobody is to be asked before there is a scrape."""
        yield GaugeMetricFamily(self._name, self._text, labels=[self._label])

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(self._name, self._text, labels=[self._label])
        for whose, value in self._values():
            family.add_metric([whose], value)
        yield family
