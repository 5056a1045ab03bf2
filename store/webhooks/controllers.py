"""The providers' side door: raw bytes, verified first, stored and committed, then answered.

Only a bad signature, time or size gets 4xx; when the database is away the answer is 5xx, so that the provider sends
again. Nothing is answered 2xx that was not stored.
"""

from __future__ import annotations

from typing import Any

import structlog
from litestar import Request, Response, post
from litestar.di import NamedDependency

from store.gateways.port import PAYPAL, BadSignature, Gateways, Unavailable
from store.kit.errors import NotFound
from store.kit.metrics import counter
from store.webhooks import service
from store.webhooks.states import PATHS, PAYPAL_PATH

DELIVERIES = counter("deliveries", "Webhook deliveries by what came of them", "provider", "endpoint", "outcome")

log = structlog.get_logger(__name__)


@post(PATHS["account"], status_code=200)
async def receive_account_event(request: Request[Any, Any, Any], gateways: NamedDependency[Gateways]) -> Response[Any]:
    """Events of the platform's own account: destination and separate charges."""
    return await _receive(request, gateways, "account")


@post(PATHS["connect"], status_code=200)
async def receive_connect_event(request: Request[Any, Any, Any], gateways: NamedDependency[Gateways]) -> Response[Any]:
    """Events of connected accounts: direct charges. Its secret is another one."""
    return await _receive(request, gateways, "connect")


@post(PAYPAL_PATH, status_code=200)
async def receive_paypal_event(request: Request[Any, Any, Any], gateways: NamedDependency[Gateways]) -> Response[Any]:
    """PayPal's events. Its certificate may have to be fetched first: when that fails, PayPal sends again."""
    body = await request.body()
    if gateways.paypal is None:
        raise NotFound("This shop takes no PayPal.")
    try:
        await gateways.paypal.verify_event(request.headers, body)
        notice = gateways.paypal.read_event(body)
    except BadSignature as bad:
        DELIVERIES.labels(PAYPAL, PAYPAL, "refused").inc()
        log.warning("delivery_refused", endpoint=PAYPAL, reason=str(bad))
        return Response({"error": str(bad)}, status_code=400)
    except Unavailable as unknown:
        DELIVERIES.labels(PAYPAL, PAYPAL, "unverified").inc()
        log.warning("delivery_unverified", endpoint=PAYPAL, reason=str(unknown))
        return Response({"error": "It could not be verified just now: send it again."}, status_code=503)
    outcome = await service.receive(gateways, PAYPAL, PAYPAL, notice, body)
    DELIVERIES.labels(PAYPAL, PAYPAL, outcome).inc()
    return Response({"received": True}, status_code=200)


async def _receive(request: Request[Any, Any, Any], gateways: Gateways, endpoint: str) -> Response[Any]:
    body = await request.body()
    try:
        gateways.stripe.verify_event(endpoint, request.headers, body)
    except BadSignature as bad:
        DELIVERIES.labels("stripe", endpoint, "refused").inc()
        log.warning("delivery_refused", endpoint=endpoint, reason=str(bad))
        return Response({"error": str(bad)}, status_code=400)
    notice = gateways.stripe.read_event(body)
    outcome = await service.receive(gateways, "stripe", endpoint, notice, body)
    DELIVERIES.labels("stripe", endpoint, outcome).inc()
    return Response({"received": True}, status_code=200)


route_handlers = [receive_account_event, receive_connect_event, receive_paypal_event]
