"""The only place where a Location header is made.

Inside the shop a redirect is a path; to a provider it is an address whose origin is on the list that settings
made. Nothing a visitor typed becomes an address here without passing `is_inside`.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import urlsplit

from litestar import Response

# One slash, never two or a backslash (browsers read both as another host), no spaces or control characters.
INSIDE = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def see_other(path: str) -> Response[None]:
    """Answer a POST with 303 to `path` of this shop. Raises ValueError for anything else."""
    if not is_inside(path):
        raise ValueError(f"not a path of this shop: {path!r}")
    return _redirect(path)


def away(url: str, allowed_origins: Collection[str]) -> Response[None]:
    """Answer with 303 to a provider's page. Raises ValueError unless its origin is in `allowed_origins`."""
    if origin_of(url) not in allowed_origins:
        raise ValueError("a provider gave an address outside the allowed origins")
    return _redirect(url)


def is_inside(path: str) -> bool:
    """Whether `path` can only lead to a page of this shop (ASCII, percent-encoded where needed)."""
    if not INSIDE.fullmatch(path):
        return False
    parts = urlsplit(path)
    return not parts.scheme and not parts.netloc


def inside_or(path: str, fallback: str) -> str:
    """`path` when it is a path of this shop, else `fallback`: for a `next` that came with a form."""
    return path if is_inside(path) else fallback


def origin_of(url: str) -> str:
    """scheme://host[:port] of `url`, lower case; "" for what is no plain http(s) address."""
    if not url.isascii() or not url.isprintable() or any(c in url for c in " \\"):
        return ""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    default = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != default else "")


def _redirect(location: str) -> Response[None]:
    return Response(None, status_code=303, headers={"Location": location}, media_type="text/plain")
