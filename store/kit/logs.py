"""Structured logs: one line an event, JSON or for the eye, with request, order and payment ids, and masked.

Our own events and those of every library's `logging` leave through one formatter, so nothing is printed
that did not pass `masking`. Tracebacks carry no local variables: those hold what people typed.
"""

from __future__ import annotations

import logging
import sys
import threading
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor

from store.kit.masking import mask_named

# What these say at INFO repeats our own events, addresses included.
CHATTY = ("httpx", "httpcore", "stripe", "asyncio", "hpack", "mail.log", "_granian")

log = structlog.get_logger(__name__)


def configure_logs(level: str = "info", *, json: bool = True, stream: TextIO | None = None) -> None:
    """Send this process's logs, from `level` on, to `stream` (standard error) as JSON or as text."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[
            *shared[:3],
            structlog.stdlib.PositionalArgumentsFormatter(),
            *shared[4:],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    stream = stream or sys.stderr
    renderer: Processor = structlog.processors.JSONRenderer() if json else _console(stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, mask_event, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in CHATTY:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    sys.excepthook = _log_crash
    threading.excepthook = _log_thread_crash


def bound(**ids: Any) -> AbstractContextManager[Any]:
    """Put `ids` (order, payment …) on every event logged inside; None values are left out."""
    return structlog.contextvars.bound_contextvars(**{k: str(v) for k, v in ids.items() if v is not None})


def mask_event(logger: Any, method: str, event: EventDict) -> EventDict:
    """Mask every value of an event by its key and its look; the last step before it is written."""
    return {key: mask_named(key, value) for key, value in event.items()}


def _console(colors: bool) -> Processor:
    # The plain formatter: the pretty one prints local variables, unmasked.
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)


def _log_crash(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
    else:
        log.critical("the process ends with an error", exc_info=(kind, error, traceback))


def _log_thread_crash(args: threading.ExceptHookArgs) -> None:
    log.critical("a thread ended with an error", exc_info=(args.exc_type, args.exc_value, args.exc_traceback))
