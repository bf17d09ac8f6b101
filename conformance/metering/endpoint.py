"""Where Prometheus finds the metrics of a run: an HTTP endpoint of the process that leads it.

Processes that share the work report to that one, which adds up and alone answers. The multiprocess mode of
prometheus_client is not used: its files are those of live processes and dead ones alike, have no custom collectors, and
would be one more thing to clean up.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import threading
import time
from collections.abc import Iterator
from itertools import accumulate
from types import TracebackType
from typing import Any, Final, Self

from samestate.conformance.errors import InputError
from samestate.conformance.metering import meter
from samestate.conformance.metering.catalogue import DEFINITIONS, MetricDefinition, MetricKind
from samestate.conformance.metering.tally import MetricTally

PORT_OPTION: Final = "--metrics-port"
ADDRESS_OPTION: Final = "--metrics-address"
LOCALHOST: Final = "127.0.0.1"
HIGHEST_PORT: Final = 65535


class MetricsEndpoint:
    """Serves metrics until it is closed, by itself or as a context; the meter of this process is on meanwhile.

    ``port`` 0 has the system choose one. Raises InputError: prometheus_client is not installed, or nobody can listen
    there.
    """

    def __init__(self, command: str, port: int, address: str = LOCALHOST) -> None:
        check_port(port)
        if not address:
            raise InputError(f"{ADDRESS_OPTION}: must be an address of this machine, such as {LOCALHOST} or 0.0.0.0")
        try:
            self._library: Any = importlib.import_module("prometheus_client")
            self._core: Any = importlib.import_module("prometheus_client.core")
        except ImportError as error:
            raise InputError(
                f"{PORT_OPTION}: prometheus-client is not installed: pip install 'samestate[metrics]'"
            ) from error
        self._lock = threading.Lock()
        self._tally = MetricTally()
        registry = self._core.CollectorRegistry(auto_describe=False)
        registry.register(self)
        try:
            self._server, self._thread = self._library.start_http_server(port, address, registry)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise InputError(
                f"{PORT_OPTION} {port}: nobody can listen at {address}:{port}: {reason}; "
                f"give another port, 0 for any that is free, or another {ADDRESS_OPTION}"
            ) from error
        self.url = f"http://{shown_host(address)}:{self._server.server_port}/metrics"
        meter.start()
        begun = MetricTally()
        begun.set("samestate_build_info", 1, version=importlib.metadata.version("samestate"))
        begun.set("samestate_run_info", 1, command=command)
        begun.set("samestate_run_start_time_seconds", time.time())
        self.take(begun)

    def take(self, tally: MetricTally | None) -> None:
        """Add what somebody has counted, if anything."""
        if tally is not None:
            with self._lock:
                self._tally.merge(tally)

    def collect(self) -> Iterator[Any]:
        """All metrics of the catalogue, in the library's terms, those without a value too. Called by its threads."""
        with self._lock:
            tally = self._tally.copy()
        for definition in DEFINITIONS:
            yield self._family(definition, tally)

    def close(self) -> None:
        """Answer no more."""
        meter.stop()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _family(self, definition: MetricDefinition, tally: MetricTally) -> Any:
        name, kind = definition.name, definition.kind
        if kind is MetricKind.HISTOGRAM:
            family = self._core.HistogramMetricFamily(name, definition.help, labels=definition.labels)
            bounds = [*map(repr, definition.buckets), "+Inf"]
            for (owner, labels), found in tally.distributions.items():
                if owner == name:
                    family.add_metric(labels, list(zip(bounds, accumulate(found.counts), strict=True)), found.total)
            return family
        if kind is MetricKind.COUNTER:
            family, values = (
                self._core.CounterMetricFamily(name, definition.help, labels=definition.labels),
                (tally.counters),
            )
        else:
            family, values = self._core.GaugeMetricFamily(name, definition.help, labels=definition.labels), tally.gauges
        for (owner, labels), value in values.items():
            if owner == name:
                family.add_metric(labels, value)
        return family


def check_port(port: int) -> None:
    """Raise InputError where a number is no port."""
    if not 0 <= port <= HIGHEST_PORT:
        raise InputError(f"{PORT_OPTION} {port}: must be a port, from 0 (any that is free) to {HIGHEST_PORT}")


def shown_host(address: str) -> str:
    """An address as it stands in a URL."""
    return f"[{address}]" if ":" in address else address
