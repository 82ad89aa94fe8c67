"""What the server counts, in Jupyter's own ``/metrics``; no names, ids or secrets are in labels."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from jupyter_gradient_data.service.host import Host

_OPERATION = ["operation"]

_REQUESTS = Counter("gradient_requests", "Requests that were answered.", [*_OPERATION, "status"])
_SECONDS = Histogram("gradient_request_seconds", "How long requests took, with their bodies.", _OPERATION)
_BYTES_IN = Counter("gradient_request_bytes", "Bytes of bodies that came.", _OPERATION)
_BYTES_OUT = Counter("gradient_response_bytes", "Bytes of bodies that were sent.", _OPERATION)
_LATE = Histogram(
    "gradient_event_loop_delay_seconds",
    "How late the event loop was; measured only when GRADIENT_LOOP_MILLISECONDS says how often.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5),
)


def count(operation: str, status: int, seconds: float, bytes_in: int, bytes_out: int) -> None:
    """Count a request that has ended; 499 is one whose client went."""
    _REQUESTS.labels(operation, str(status)).inc()
    _SECONDS.labels(operation).observe(seconds)
    _BYTES_IN.labels(operation).inc(bytes_in)
    _BYTES_OUT.labels(operation).inc(bytes_out)


async def watch_loop(milliseconds: int) -> None:
    """Measure how late the event loop is, until cancelled; not at all for 0."""
    loop = asyncio.get_running_loop()
    while milliseconds:
        due = loop.time() + milliseconds / 1000
        await asyncio.sleep(milliseconds / 1000)
        _LATE.observe(max(0.0, loop.time() - due))


@contextmanager
def host_shown(host: Host) -> Iterator[None]:
    """Show what a host counts, as long as the context lasts."""
    collector = _HostCollector(host)
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)


class _HostCollector(Collector):
    def __init__(self, host: Host) -> None:
        self._host = host

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "gradient_tasks_running", "Tasks that this server runs.", len(self._host.tasks.running())
        )
        stats = self._host.service.stats()
        yield CounterMetricFamily("gradient_store_requests", "Requests to stores.", stats["requests"])
        moved = CounterMetricFamily("gradient_store_bytes", "Bytes to and from stores.", labels=["direction"])
        moved.add_metric(["in"], stats["bytes_in"])
        moved.add_metric(["out"], stats["bytes_out"])
        yield moved
