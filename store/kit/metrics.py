"""Counters and histograms of this installation, in Prometheus's words.

Each metric is declared once, at import, by the module that counts: `counter("confirmations", …)`. Web
processes and workers count apart; when `PROMETHEUS_MULTIPROC_DIR` names their folder, `render` adds them up.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

NAMESPACE = "overprint"
CONTENT_TYPE = CONTENT_TYPE_LATEST
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
REGISTRY = CollectorRegistry()


@dataclass(frozen=True)
class Reading:
    """One gauge as it was read just now: a value for each combination of `labels`."""

    name: str
    text: str
    labels: tuple[str, ...] = ()
    values: Mapping[tuple[str, ...], float] = field(default_factory=dict)


def counter(name: str, text: str, *labels: str) -> Counter:
    """Declare a counter; count with `.labels(door="webhook").inc()`, or `.inc()` without labels."""
    return Counter(name, text, labels, namespace=NAMESPACE, registry=REGISTRY)


def histogram(name: str, text: str, *labels: str) -> Histogram:
    """Declare a histogram of seconds; `.labels(…).observe(seconds)`."""
    return Histogram(name, text, labels, namespace=NAMESPACE, buckets=SECONDS, registry=REGISTRY)


@contextmanager
def timed(measured: Histogram) -> Iterator[None]:
    """Observe how long the block took, however it ends."""
    began = time.perf_counter()
    try:
        yield
    finally:
        measured.observe(time.perf_counter() - began)


def render(readings: Iterable[Reading] = ()) -> bytes:
    """Everything counted so far and `readings`, in the text format a scraper reads."""
    return generate_latest(_counted()) + generate_latest(_read(readings))


def _counted() -> CollectorRegistry:
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    together = CollectorRegistry()
    MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return together


class _Readings(Collector):
    """Plain samples: a Gauge object would keep its value in the shared folder and be counted as well."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self.readings = list(readings)

    def collect(self) -> Iterator[GaugeMetricFamily]:
        for reading in self.readings:
            family = GaugeMetricFamily(f"{NAMESPACE}_{reading.name}", reading.text, labels=reading.labels)
            for labels, value in reading.values.items():
                family.add_metric(labels, value)
            yield family


def _read(readings: Iterable[Reading]) -> CollectorRegistry:
    registry = CollectorRegistry()
    registry.register(_Readings(readings))
    return registry
