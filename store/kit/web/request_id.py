"""One id per request, ours alone: a client cannot choose it, so logs can trust it."""

from __future__ import annotations

from contextvars import ContextVar

from store.kit.ids import new_token

_current: ContextVar[str] = ContextVar("request_id", default="")


def new_request_id() -> str:
    """Start a request: make its id and keep it for this task and the tasks it starts."""
    value = new_token()
    _current.set(value)
    return value


def request_id() -> str:
    """The id of the request being answered, "" outside one."""
    return _current.get()
