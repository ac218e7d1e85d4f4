"""What this process has answered, counted for whoever watches it (Prometheus' text format).

Labels are the template of the route, the method and the class of the status: few, whatever is asked. The figures of
the database (queues, letters, chains) are added when somebody looks (`app/operations`).
"""

from functools import cache

from prometheus_client import CollectorRegistry, Counter, Histogram

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REGISTRY = CollectorRegistry()
_answered = Counter("ca_requests", "Requests answered.", ["route", "method", "status"], registry=REGISTRY)
_took = Histogram(
    "ca_request_seconds", "Seconds until the last byte left.", ["route"], buckets=_SECONDS, registry=REGISTRY
)
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
UNKNOWN = "-"
"""Stands for a path that no route knows and for a method that nobody speaks: others may make up as many as they like."""


def observe(route: str, method: str, status: int, seconds: float) -> None:
    """Count one answer.

    Args:
        route: its template, `UNKNOWN` where there is none.
        method: as sent.
        status: of the answer; 0 when none left.
        seconds: from the first byte in to the last byte out.
    """
    answered, took = _counters(route, method if method in _METHODS else UNKNOWN, status // 100)
    answered.inc()
    took.observe(seconds)


@cache  # finding them by their labels costs more than counting
def _counters(route: str, method: str, hundreds: int) -> tuple[Counter, Histogram]:
    return _answered.labels(route, method, f"{hundreds}xx"), _took.labels(route)
