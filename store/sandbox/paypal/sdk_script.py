"""The stand-in for PayPal's v5 browser library: its script, the frame its button lives in, and what both ask for.

`/sdk/js?client-id=…&currency=…` is our own code behind the public API of the real one; a wrong address is answered 400
with a script that throws, as there (developer.paypal.com/sdk/js/configuration). Invariant: the merchant's page needs no
inline style and no eval for it, only this origin for scripts and frames.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litestar import Request, Response, Router, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template

from store.sandbox.layout import page
from store.sandbox.paypal.app import CLIENT_ID
from store.sandbox.paypal.objects import CURRENCIES
from store.sandbox.paypal.sdk_orders import order_calls

FILES = Path(__file__).parent / "sdk"
SCRIPT_TYPE = "text/javascript"
PARTS = ("port.js", "style.js", "order.js", "buttons.js")
ASSETS = {
    "button.js": (SCRIPT_TYPE, ("port.js", "button.js")),
    "popup.js": (SCRIPT_TYPE, ("popup.js",)),
    "button.css": ("text/css", ("button.css",)),
}
INTENTS = ("capture", "authorize")
COMPONENTS = ("buttons", "funding-eligibility", "marks", "messages")
KNOWN = (
    *("client-id", "currency", "intent", "components", "commit", "vault", "merchant-id", "buyer-country", "locale"),
    *("enable-funding", "disable-funding", "debug", "integration-date"),
)
# The button's words by `style.label`; our own, and no pictures.
LABELS = {
    "paypal": "PayPal",
    "checkout": "PayPal Checkout",
    "buynow": "PayPal Buy Now",
    "pay": "Pay with PayPal",
    "installment": "PayPal instalments",
    "subscribe": "PayPal Subscribe",
    "donate": "PayPal Donate",
}
COLORS = ("gold", "blue", "silver", "white", "black")
SHAPES = ("rect", "pill", "sharp")
# Any page may load the script and show the button; neither answers with anything of anybody's.
OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
PLAIN = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-cache"}
FRAME_POLICY = {"connect-src": "'self'", "frame-ancestors": "http: https:"}
# The window stays in touch with the button that opened it from another site's page.
SHARED = {"Cross-Origin-Opener-Policy": "unsafe-none"}


@get("/js")
async def send_script(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Send the library as the address asks for it, or 400 with a script that says what is wrong with the address."""
    query = dict(request.query_params)
    wrong = find_mistake(query)
    if wrong:
        text = f"throw new Error({json.dumps(f'SDK Validation error: {wrong!r}')});\n"
        return Response(text.encode(), status_code=400, media_type=SCRIPT_TYPE, headers={**OPEN, **PLAIN})
    config = {
        "intent": query.get("intent", INTENTS[0]),
        "currency": query.get("currency", "USD"),
        "merchantIds": [one for one in query.get("merchant-id", "").split(",") if one],
        "query": {"client-id": query["client-id"]},
    }
    prelude = f"const CONFIG = {json.dumps(config)};\nconst script = document.currentScript;\n"
    body = f'(() => {{\n"use strict";\n{prelude}{_join(PARTS)}}})();\n'
    return Response(body.encode(), media_type=SCRIPT_TYPE, headers={**OPEN, **PLAIN})


def find_mistake(query: Mapping[str, str]) -> str:
    """Return what is wrong with the query of the script's address, in PayPal's words where they are known; else ""."""
    unknown = [name for name in query if name not in KNOWN]
    if unknown:
        return f"Disallowed query param: {unknown[0]}"
    if not query.get("client-id"):
        return "Expected client-id to be passed"
    if not CLIENT_ID.fullmatch(query["client-id"]):
        return f"client-id not recognized for either production or sandbox: {query['client-id']}"
    if query.get("currency", "USD") not in CURRENCIES:
        return f"Invalid query value for currency: {query['currency']}"
    if query.get("intent", INTENTS[0]) not in INTENTS:
        return f"Invalid query value for intent: {query['intent']}"
    components = query.get("components", "buttons").split(",")
    if "buttons" not in components or not set(components) <= set(COMPONENTS):
        return f"Invalid query value for components: {query['components']}"
    return ""


@get("/button")
async def show_button(request: Request[Any, Any, Any]) -> Template:
    """Show the button as its frame has it; a look that is none of ours becomes the usual one."""
    query = request.query_params
    return page(
        "paypal_button.html",
        csp=FRAME_POLICY,
        words=LABELS.get(query.get("label", ""), LABELS["paypal"]),
        color=_one_of(COLORS, query.get("color", "")),
        shape=_one_of(SHAPES, query.get("shape", "")),
    )


@get("/opening")
async def show_opening() -> Template:
    """Show what the window has while the merchant makes the order."""
    return page("paypal_opening.html", headers=SHARED)


@get("/{name:str}")
async def send_file(name: FromPath[str]) -> Response[bytes]:
    """Send one of the few files of the button and the window."""
    if name not in ASSETS:
        raise NotFoundException("There is no such file here.")
    media_type, parts = ASSETS[name]
    return Response(_join(parts).encode(), media_type=media_type, headers=PLAIN)


def _join(parts: tuple[str, ...]) -> str:
    return "\n".join((FILES / part).read_text("utf-8") for part in parts)


def _one_of(allowed: tuple[str, ...], value: str) -> str:
    return value if value in allowed else allowed[0]


sdk_files = Router("/sdk", route_handlers=[send_script, show_button, show_opening, send_file, order_calls])
