"""Errors with a meaning for the person who meets them.

Each carries `message` (what happened and what to do, in words a buyer may read) and the HTTP status that fits it;
`kit.web` turns them into a page, a fragment or problem+json.
"""

from __future__ import annotations


class ShopError(Exception):
    """Something a person can be told about."""

    status = 400
    title = "That did not work"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class NotFound(ShopError):
    """The thing does not exist, or is not yours: never told apart."""

    status = 404
    title = "Page not found"


class Conflict(ShopError):
    """What you saw has changed meanwhile."""

    status = 409
    title = "Something changed"


class TooMany(ShopError):
    """A rate limit was reached; `retry_after` is in whole seconds of wall time."""

    status = 429
    title = "Too many tries"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TryLater(ShopError):
    """A part we need (database, provider) does not answer; nothing was lost."""

    status = 503
    title = "Please try again in a moment"
