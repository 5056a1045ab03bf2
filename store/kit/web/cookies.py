"""Cookies under one policy: HttpOnly, SameSite=Lax, Path=/, and over https the `__Host-` prefix.

The prefix makes the browser refuse the cookie unless it is Secure, without Domain, for the whole host: no
sibling host can plant one. SameSite=Strict would lose the session on the way back from a provider.
"""

from __future__ import annotations

from typing import Any

from litestar import Request, Response
from litestar.datastructures import Cookie


def cookie_name(name: str, secure: bool) -> str:
    """The name on the wire: `__Host-<name>` over https, `<name>` else."""
    return f"__Host-{name}" if secure else name


def set_cookie(response: Response[Any], name: str, value: str, *, secure: bool, max_age: int | None) -> None:
    """Set a cookie for `max_age` seconds of wall time, None for as long as the browser is open."""
    response.set_cookie(make_cookie(name, value, secure=secure, max_age=max_age))


def delete_cookie(response: Response[Any], name: str, *, secure: bool) -> None:
    """Take a cookie back; Litestar's own delete forgets Secure, so browsers would keep a `__Host-` cookie."""
    response.set_cookie(make_cookie(name, "", secure=secure, max_age=0))


def read_cookie(request: Request[Any, Any, Any], name: str, secure: bool) -> str | None:
    """The cookie's value, or None when it is missing or empty."""
    return request.cookies.get(cookie_name(name, secure)) or None


def make_cookie(name: str, value: str, *, secure: bool, max_age: int | None) -> Cookie:
    """The cookie as Litestar's value, for whoever writes headers himself."""
    return Cookie(
        key=cookie_name(name, secure),
        value=value,
        path="/",
        max_age=max_age,
        secure=secure,
        httponly=True,
        samesite="lax",
    )
