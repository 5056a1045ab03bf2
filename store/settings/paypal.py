"""What an installation says about PayPal, and what follows from it: all of it, or none and there is no such button.

`PAYPAL_BASE_URL` decides everything else: live, PayPal's own sandbox, or a server on this machine. Each has its own
pages, so what a browser may load and where it may be led follows, unless a setting says otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from store.settings import values

LIVE_API = "https://api-m.paypal.com"
TEST_API = "https://api-m.sandbox.paypal.com"
SDK_URL = "https://www.paypal.com/sdk/js"
SANDBOX_CLIENT_ID = "overprint"
VERIFIERS = ("local", "call")
# What the script of PayPal loads and calls: its page on best practices lists these three, each with all its hosts.
CSP_ORIGINS = ("https://*.paypal.com", "https://*.paypalobjects.com", "https://*.venmo.com")
PAGES = {LIVE_API: "https://www.paypal.com", TEST_API: "https://www.sandbox.paypal.com"}
WANTED = {
    "PAYPAL_CLIENT_ID": "give the client id of your app at PayPal, or leave every PAYPAL_ setting out",
    "PAYPAL_CLIENT_SECRET": "give the secret of the same app, or leave every PAYPAL_ setting out",
    "PAYPAL_WEBHOOK_ID": "give the id that PayPal shows for your webhook, whose address is /webhooks/paypal",
    "PAYPAL_BASE_URL": f"give {TEST_API} or {LIVE_API} (the default), or the sandbox's http://127.0.0.1:8001",
    "PAYPAL_SDK_URL": f"leave it out for {SDK_URL}, or give the sandbox's http://127.0.0.1:8001/sdk/js",
    "PAYPAL_CA_FILE": "give the file with the sandbox's root certificate (PEM); PayPal's own needs none",
    "PAYPAL_REDIRECT_ORIGINS": "give where buyers approve, such as https://www.paypal.com, or leave it out",
    "PAYPAL_CSP_ORIGINS": "give what PayPal's script may load from, such as https://*.paypal.com, or leave it out",
    "PAYPAL_VERIFY": "give local (the default) or call (ask PayPal about each delivery)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PayPalSettings:
    """One PayPal app. URLs carry no trailing slash; origins are those of a content policy."""

    client_id: str
    client_secret: str = field(repr=False)
    webhook_id: str
    base_url: str = LIVE_API
    sdk_url: str = SDK_URL
    ca_file: Path | None = None
    redirect_origins: tuple[str, ...] = ()
    csp_origins: tuple[str, ...] = ()
    verify: str = "local"

    @property
    def livemode(self) -> bool:
        """Whether real money moves."""
        return self.base_url == LIVE_API

    def script_url(self, currency: str) -> str:
        """The address of PayPal's script for an order in `currency`: what it says must be what the order says."""
        asked = {"client-id": self.client_id, "currency": currency, "intent": "capture", "components": "buttons"}
        return f"{self.sdk_url}?{urlencode({**asked, 'commit': 'true'})}"

    @property
    def is_paypal(self) -> bool:
        """Whether it is PayPal itself, live or its own sandbox."""
        return self.base_url in PAGES


def read_paypal(read: Any, env: Mapping[str, str]) -> PayPalSettings | None:
    """The app of this environment, None where nothing names one. `read` collects what is wrong."""
    if not any(env.get(name, "").strip() for name in WANTED):
        return None
    base_url = read.optional("PAYPAL_BASE_URL", values.api_base, LIVE_API)
    sdk_url = read.optional("PAYPAL_SDK_URL", values.script_url, SDK_URL if base_url in PAGES else f"{base_url}/sdk/js")
    scripts = urlsplit(sdk_url)
    ours = tuple(dict.fromkeys((base_url, f"{scripts.scheme}://{scripts.netloc}")))
    return PayPalSettings(
        client_id=read.required("PAYPAL_CLIENT_ID", values.paypal_name),
        client_secret=read.required("PAYPAL_CLIENT_SECRET", values.paypal_name),
        webhook_id=read.required("PAYPAL_WEBHOOK_ID", values.paypal_name),
        base_url=base_url,
        sdk_url=sdk_url,
        ca_file=read.optional("PAYPAL_CA_FILE", Path, None),
        redirect_origins=read.optional(
            "PAYPAL_REDIRECT_ORIGINS", values.origins, (PAGES[base_url],) if base_url in PAGES else (base_url,)
        ),
        csp_origins=read.optional("PAYPAL_CSP_ORIGINS", values.origins, CSP_ORIGINS if base_url in PAGES else ours),
        verify=read.optional("PAYPAL_VERIFY", values.one_of(*VERIFIERS), "local"),
    )


def find_forbidden(paypal: PayPalSettings | None, *, stripe_live: bool, demo: bool) -> list[str]:
    """Combinations that look as if they work until money is involved, one sentence each."""
    if paypal is None:
        return []
    problems = []
    host = urlsplit(paypal.base_url).hostname or ""
    if paypal.livemode != stripe_live:
        problems.append(
            "PAYPAL_BASE_URL and STRIPE_SECRET_KEY differ in mode: one moves real money and the other does not; "
            f"give {LIVE_API} with live keys, {TEST_API} with test keys"
        )
    if paypal.is_paypal and paypal.client_id == SANDBOX_CLIENT_ID:
        problems.append("PAYPAL_CLIENT_ID is the sandbox's but PAYPAL_BASE_URL is PayPal's: give your own app's")
    if not paypal.is_paypal and not values.is_loopback(host):
        problems.append(
            f"PAYPAL_BASE_URL is neither PayPal's nor on this machine: give {TEST_API}, {LIVE_API} or the sandbox's"
        )
    if paypal.is_paypal and paypal.ca_file is not None:
        problems.append("PAYPAL_CA_FILE is the trust root of a sandbox but PAYPAL_BASE_URL is PayPal's: leave it out")
    if not paypal.is_paypal and paypal.ca_file is None and paypal.verify == "local":
        problems.append("PAYPAL_CA_FILE is missing: give the file with the sandbox's root certificate")
    if demo and paypal.livemode:
        problems.append("DEMO is 1 but PAYPAL_BASE_URL is live: leave DEMO out, or use PayPal's sandbox")
    return problems
