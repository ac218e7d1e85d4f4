"""Structured logs: one JSON object a line on standard error, with the request or job it belongs to."""

import asyncio
import logging
import sys
from contextlib import nullcontext
from typing import Any, ClassVar, TextIO

import orjson
import structlog

from app.core import clock

# Without local variables: they hold what people typed, passwords among them.
TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def configure(*, level: str = "INFO", human: bool = False) -> None:
    """Send our events and the libraries' own through one formatter.

    Args:
        level: the lowest level that is written.
        human: lines for a terminal instead of JSON.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    renderer: Any = (
        # The rich one shows the locals of every frame: it takes a minute over a large page, and may tell a secret.
        structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
        if human
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *([] if human else [TRACEBACKS]),
                renderer,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    Gathered.handler = None if human or root.level > logging.INFO else handler
    # Their own access lines and job payloads would repeat ours, and may hold what must not be logged.
    for noisy in ("uvicorn.access", "procrastinate", "httpx", "asyncio", "psycopg.pool"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    for name in ("uvicorn", "uvicorn.error"):
        logging.getLogger(name).handlers[:] = []
        logging.getLogger(name).propagate = True


def get(name: str) -> Any:
    """Return the logger of a module."""
    return structlog.stdlib.get_logger(name)


class Gathered:
    """Lines of an event too frequent for the logging machinery, which costs more than a hot answer does.

    They look like all others and go to the same place, several at once, `DELAY_SECONDS` late at most; a process that
    is killed loses that much. Where logs are for people, or nothing was configured, they go the usual way.

    Args:
        name: of the logger.
    """

    DELAY_SECONDS = 0.2
    handler: ClassVar["logging.StreamHandler[TextIO] | None"] = None

    def __init__(self, name: str) -> None:
        self._name = name
        self._lines: list[bytes] = []

    def info(self, event: str, **facts: Any) -> None:
        """Log an event; called inside a running event loop."""
        if self.handler is None:
            get(self._name).info(event, **facts)
            return
        told = {**facts, "event": event, "level": "info", "logger": self._name, "timestamp": clock.now()}
        self._lines.append(orjson.dumps(told, option=orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE))
        if len(self._lines) == 1:
            asyncio.get_running_loop().call_later(self.DELAY_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what has gathered."""
        lines, self._lines = self._lines, []
        if self.handler is not None and lines:
            with self.handler.lock or nullcontext():
                self.handler.stream.write(b"".join(lines).decode())
                self.handler.flush()
