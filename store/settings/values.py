"""How each setting is read: text to value.

What cannot be read raises ValueError with the rest of a sentence that begins with the setting's name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from email.utils import parseaddr
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

LOG_LEVELS = ("debug", "info", "warning", "error")
MAX_ACTIVE_SECRETS = 2
# Methods whose bank answers days later; others that Stripe has would need pages and words of their own.
DELAYED_METHODS = ("us_bank_account", "sepa_debit")


def is_loopback(host: str) -> bool:
    """Whether a host name can only mean this machine (`localhost`, `*.localhost`, 127/8, ::1)."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def _split_url(text: str, *schemes: str) -> SplitResult:
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError as wrong:
        raise ValueError("is not a URL") from wrong
    if url.scheme not in schemes:
        raise ValueError(f"does not start with {' or '.join(s + '://' for s in schemes)}")
    if port == 0 or any(c.isspace() for c in text):
        raise ValueError("is not a URL")
    return url


def _origin(text: str) -> str:
    url = _split_url(text, "https", "http")
    if not url.hostname:
        raise ValueError("has no host name")
    if url.username or url.password or url.query or url.fragment or url.path not in ("", "/"):
        raise ValueError("has more than scheme, host and port")
    if url.scheme == "http" and not is_loopback(url.hostname):
        raise ValueError("is http:// on a public host (https:// is required there)")
    return f"{url.scheme}://{url.netloc.lower()}"


base_url = _origin
api_base = _origin


def database_url(text: str) -> str:
    url = _split_url(text, "postgresql", "postgres")
    if not url.path.strip("/"):
        raise ValueError("names no database")
    return text


def secret_key(text: str) -> str:
    if len(text) < 32 or len(set(text)) < 8:
        raise ValueError("is too easy to guess")
    return text


def secret_stripe_key(text: str) -> str:
    if not re.fullmatch(r"[sr]k_(test|live)_\S+", text, re.ASCII):
        raise ValueError("is not a secret key")
    return text


def publishable_stripe_key(text: str) -> str:
    if not re.fullmatch(r"pk_(test|live)_\S+", text, re.ASCII):
        raise ValueError("is not a publishable key")
    return text


def webhook_secrets(text: str) -> tuple[str, ...]:
    secrets = tuple(part.strip() for part in text.split(",") if part.strip())
    if not secrets or not all(re.fullmatch(r"whsec_[!-+\--~]{8,}", s) for s in secrets):
        raise ValueError("is not a webhook signing secret")
    if len(secrets) > MAX_ACTIVE_SECRETS:
        raise ValueError(f"holds {len(secrets)} secrets, two at most can be active")
    return secrets


def paypal_name(text: str) -> str:
    """A client id, secret or webhook id: opaque, without spaces."""
    if not re.fullmatch(r"[!-~]{4,200}", text):
        raise ValueError("is too short or has spaces")
    return text


def script_url(text: str) -> str:
    url = _split_url(text, "https", "http")
    if not url.hostname or url.username or url.password or url.query or url.fragment or not url.path.strip("/"):
        raise ValueError("is not the address of a script")
    if url.scheme == "http" and not is_loopback(url.hostname):
        raise ValueError("is http:// on a public host (https:// is required there)")
    return text


def origins(text: str) -> tuple[str, ...]:
    """Origins as a content policy takes them, separated by commas; one wildcard label in front is allowed."""
    found = tuple(dict.fromkeys(part.strip().rstrip("/").lower() for part in text.split(",") if part.strip()))
    if not found or not all(re.fullmatch(r"https?://(\*\.)?[a-z0-9.-]+(:\d{1,5})?", one) for one in found):
        raise ValueError("is not a list of origins")
    if any(one.startswith("http://") and not is_loopback(urlsplit(one).hostname or "") for one in found):
        raise ValueError("has http:// on a public host (https:// is required there)")
    return found


def one_of(*known: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text.lower() not in known:
            raise ValueError("is unknown")
        return text.lower()

    return parse


def delayed_methods(text: str) -> tuple[str, ...]:
    methods = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
    if not set(methods) <= set(DELAYED_METHODS):
        raise ValueError("names a payment method that this shop does not take")
    return methods


def country(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z]{2}", text, re.ASCII):
        raise ValueError("is not the code of a country")
    return text.upper()


def smtp_url(text: str) -> str:
    if not _split_url(text, "smtp", "smtps").hostname:
        raise ValueError("has no host name")
    return text


def mail_from(text: str) -> str:
    address = parseaddr(text)[1]
    if "@" not in address.strip("@") or any(c in text for c in "\r\n"):
        raise ValueError("is not an e-mail address")
    return text


def flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError("is neither 1 nor 0")
    return text == "1"


def scale(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise ValueError("is not a number") from None
    if not math.isfinite(value) or not 0 < value <= 100_000:
        raise ValueError("is out of range")
    return value


def count(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit()):
            raise ValueError("is not a whole number")
        if not low <= int(text) <= high:
            raise ValueError("is out of range")
        return int(text)

    return parse


port_number = count(1, 65535)


def ip(text: str) -> str:
    try:
        return str(ip_address(text))
    except ValueError:
        raise ValueError("is not an IP address") from None


def metrics_token(text: str) -> str:
    if len(text) < 16 or any(c.isspace() for c in text):
        raise ValueError("is too short or has spaces")
    return text


def header_name(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9-]{1,64}", text):
        raise ValueError("is no header's name")
    return text


log_level = one_of(*LOG_LEVELS)
