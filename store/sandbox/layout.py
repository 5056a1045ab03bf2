"""The sandbox's page frame: templates, assets, and the headers every page carries.

The policy allows nothing that is not named; a page that posts and is then redirected to the merchant must
list the merchant's origin under `form-action`, because Chromium checks redirects after a POST against it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template import TemplateConfig

from store.sandbox.kernel.world import World

PAGES = Path(__file__).parent / "pages"
HTML_TYPE = "text/html"
ASSETS = {
    "sandbox.css": "text/css",
    "pay.js": "text/javascript",
    "favicon.svg": "image/svg+xml",
}
POLICY = {
    "default-src": "'none'",
    "style-src": "'self'",
    "script-src": "'self'",
    "img-src": "'self' data:",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def template_config() -> TemplateConfig[JinjaTemplateEngine]:
    """Return the template engine over `pages/`: autoescape on, an unknown name is an error."""
    environment = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return TemplateConfig(instance=JinjaTemplateEngine.from_environment(environment))


def page(
    name: str,
    *,
    status: int = 200,
    csp: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Template:
    """Return a page with the sandbox's headers; `csp` replaces or adds directives, `headers` headers."""
    policy = "; ".join(f"{key} {value}" for key, value in {**POLICY, **(csp or {})}.items())
    return Template(
        name,
        context=context,
        status_code=status,
        media_type=HTML_TYPE,
        headers={**HEADERS, **(headers or {}), "Content-Security-Policy": policy},
    )


def origin_of(url: str | None) -> str:
    """Return `scheme://host[:port]` of an http(s) URL, or an empty string: what `form-action` may list."""
    parts = urlsplit(url or "")
    safe = all(char.isalnum() or char in ".:-[]" for char in parts.netloc)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in ("http", "https") and parts.netloc and safe else ""


def find_shop(world: World) -> str:
    """Return the shop's origin as its newest webhook endpoint has it, or an empty string while there is none."""
    endpoints = world.find_owned(None, "webhook_endpoint") or world.find_owned(None, "paypal_webhook")
    return origin_of(endpoints[0][1]["url"]) if endpoints else ""


@get("/assets/{name:str}")
async def send_asset(name: FromPath[str]) -> Response[bytes]:
    """Send one of the sandbox's few own files."""
    if name not in ASSETS:
        raise NotFoundException("There is no such file here.")
    return Response(
        (PAGES / name).read_bytes(),
        media_type=ASSETS[name],
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"},
    )


@get("/favicon.ico")
async def send_favicon() -> Response[bytes]:
    """Send the icon to browsers that ask for it by its old name (pages of JSON carry no link)."""
    return Response((PAGES / "favicon.svg").read_bytes(), media_type=ASSETS["favicon.svg"])
