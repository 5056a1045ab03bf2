"""Who may command the sandbox: this machine, under a name that a stranger's page cannot own, and no other site's page.

The control API and the forms for people keep the same rule, so that neither is a way around the other. Peers are
loopback; host names are loopback, without a dot or under `.localhost` and `.test` (a rebound name has a dot and is
none of these); a browser says by `Sec-Fetch-Site`, an old one by `Origin`, which page sends.
"""

from __future__ import annotations

import ipaddress
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.exceptions import PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler

SAFE = ("GET", "HEAD", "OPTIONS")


def guard_loopback(connection: ASGIConnection[Any, Any, Any, Any], _: BaseRouteHandler) -> None:
    """Refuse peers that are not this machine, host names open to rebinding, and pages of other sites."""
    peer = connection.client.host if connection.client else ""
    if not _is_loopback(peer):
        raise PermissionDeniedException("The control API answers this machine (loopback) only.")
    authority = connection.headers.get("host", "")
    host = authority.rsplit(":", 1)[0].strip("[]")
    if not (_is_loopback(host) or "." not in host or host.endswith((".localhost", ".test"))):
        raise PermissionDeniedException(f"The control API does not answer under the host name {host!r}.")
    if connection.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise PermissionDeniedException("The control API does not answer pages of other sites.")
    origin = connection.headers.get("origin")
    if "sec-fetch-site" not in connection.headers and origin is not None and urlsplit(origin).netloc != authority:
        raise PermissionDeniedException("The control API does not answer pages of other sites.")


def guard_forms(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Let whoever can reach the sandbox look (the shop links here), and command only as `guard_loopback`."""
    if connection.scope.get("method") not in SAFE:
        guard_loopback(connection, handler)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
