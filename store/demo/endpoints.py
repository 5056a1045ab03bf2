"""The webhook endpoints at the providers, made as any of their users makes them: through their APIs.

A secret of Stripe's is shown once, when an endpoint is made, so an endpoint whose secret we do not hold is replaced;
one whose address has changed (another PORT), or which asks for other events than we handle, is changed and keeps its
secret. PayPal's webhook has no secret: its id is part of what is signed, and can be read at any time.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

API_VERSION = "2026-10-28.endive"
PAYPAL_PATH = "/webhooks/paypal"
NO_CHANGE = "WEBHOOK_PATCH_REQUEST_NO_CHANGE"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One address of ours and the setting that holds its secret."""

    path: str
    setting: str
    connect: bool


ENDPOINTS = (
    Endpoint("/webhooks/stripe", "STRIPE_WEBHOOK_SECRET", connect=False),
    Endpoint("/webhooks/stripe/connect", "STRIPE_CONNECT_WEBHOOK_SECRET", connect=True),
)


def ensure_endpoints(
    api: str, key: str, base_url: str, known: Mapping[str, str], events: Collection[str]
) -> dict[str, str]:
    """Make or move both endpoints and return their secrets by setting name.

    `api` is the provider's address, `known` what earlier starts kept. Follows
    https://docs.stripe.com/api/webhook_endpoints. Raises httpx.HTTPError when the provider refuses.
    """
    import httpx

    headers = {"Authorization": f"Bearer {key}", "Stripe-Version": API_VERSION}
    secrets = {}
    with httpx.Client(base_url=api, headers=headers, timeout=10, trust_env=False) as client:
        existing = client.get("/v1/webhook_endpoints", params={"limit": 100}).raise_for_status().json()["data"]
        for endpoint in ENDPOINTS:
            url = base_url + endpoint.path
            ours = [found for found in existing if found["url"].endswith(endpoint.path)]
            secret = known.get(endpoint.setting, "")
            if len(ours) == 1 and secret:
                if (ours[0]["url"], sorted(ours[0]["enabled_events"])) != (url, sorted(events)):
                    changed: dict[str, str | list[str]] = {"url": url, "enabled_events[]": list(events)}
                    client.post(f"/v1/webhook_endpoints/{ours[0]['id']}", data=changed).raise_for_status()
            else:
                for stale in ours:
                    client.delete(f"/v1/webhook_endpoints/{stale['id']}").raise_for_status()
                form: dict[str, str | list[str]] = {
                    "url": url,
                    "enabled_events[]": list(events),
                    "connect": str(endpoint.connect).lower(),
                    "api_version": API_VERSION,
                    "description": "Overprint demo",
                }
                secret = client.post("/v1/webhook_endpoints", data=form).raise_for_status().json()["secret"]
            secrets[endpoint.setting] = secret
    return secrets


def ensure_paypal_webhook(api: str, client_id: str, secret: str, base_url: str) -> str:
    """Make PayPal's webhook for every event, or move it here, and return its id.

    `api` is the address under which it is told that we reach it. Follows
    https://developer.paypal.com/api/rest/webhooks. Raises httpx.HTTPError when the provider refuses.
    """
    import httpx

    url, types, path = base_url + PAYPAL_PATH, [{"name": "*"}], "/v1/notifications/webhooks"
    with httpx.Client(base_url=api, auth=(client_id, secret), timeout=10, trust_env=False) as client:
        existing = client.get(path).raise_for_status().json()["webhooks"]
        ours = [found for found in existing if found["url"].endswith(PAYPAL_PATH)]
        if len(ours) == 1:
            id = str(ours[0]["id"])
            values = {"/url": url, "/event_types": types}
            changes = [{"op": "replace", "path": at, "value": value} for at, value in values.items()]
            moved = client.patch(f"{path}/{id}", json=changes)
            if moved.status_code != 400 or moved.json().get("name") != NO_CHANGE:
                moved.raise_for_status()
            return id
        for stale in ours:
            client.delete(f"{path}/{stale['id']}").raise_for_status()
        made = client.post(path, json={"url": url, "event_types": types}).raise_for_status()
    return str(made.json()["id"])
