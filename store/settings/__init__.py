"""What this installation is told from outside: one frozen record, read once from the environment.

Every wrong value is refused at start, by name and with what to do, all of them in one message, so that nobody
restarts five times to find five mistakes. Three combinations are refused as well, because each looks like it
works until money or people are involved: live keys with another address than Stripe's own, demo mode on a
public host name, and a missing webhook secret. Secrets never show in `repr`, hence in no log or traceback.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from store.kit import crash
from store.settings import paypal, values
from store.settings.paypal import PayPalSettings as PayPalSettings

STRIPE_API = "https://api.stripe.com"
STRIPE_CHECKOUT = "https://checkout.stripe.com"
STRIPE_CONNECT = "https://connect.stripe.com"
SANDBOX_SECRET_KEY = "sk_test_overprint"  # noqa: S105 - the sandbox's published key, not a secret
SANDBOX_PUBLISHABLE_KEY = "pk_test_overprint"


class SettingsError(Exception):
    """The environment does not make a shop; `problems` holds one sentence per wrong value."""

    def __init__(self, problems: list[str]) -> None:
        self.problems = problems
        many = [f"{len(problems)} settings are wrong; .env.example explains each:", *(f"  {one}" for one in problems)]
        super().__init__(problems[0] if len(problems) == 1 else "\n".join(many))


@dataclass(frozen=True, slots=True)
class Shown:
    """All that a template may know of an installation."""

    demo: bool
    stripe_api_base: str
    paypal: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """One installation. URLs carry no trailing slash; scales are factors (1.0 = as in production)."""

    database_url: str = field(repr=False)
    base_url: str
    secret_key: str = field(repr=False)
    stripe_secret_key: str = field(repr=False)
    stripe_publishable_key: str
    stripe_webhook_secrets: tuple[str, ...] = field(repr=False)
    stripe_connect_webhook_secrets: tuple[str, ...] = field(repr=False)
    smtp_url: str = field(repr=False)
    mail_from: str
    stripe_api_base: str = STRIPE_API
    stripe_delayed_methods: tuple[str, ...] = ()
    platform_country: str = "US"
    paypal: PayPalSettings | None = None
    demo: bool = False
    poll_scale: float = 1.0
    rate_scale: float = 1.0
    metrics_token: str | None = field(default=None, repr=False)
    client_address_header: str | None = None
    host: str = "127.0.0.1"
    port: int = 8000
    web_workers: int = 1
    sandbox_port: int = 8001
    data: Path = Path(".data")
    db_pool: int = 10
    log_level: str = "info"

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Settings:
        """Read the settings from an environment mapping (empty values count as absent).

        Raises SettingsError naming every missing, malformed or forbidden value at once.
        """
        read = _Reader(env)
        demo = read.optional("DEMO", values.flag, False)
        port = read.optional("PORT", values.port_number, 8000)
        base_url = read.required("BASE_URL", values.base_url)
        settings: dict[str, Any] = {
            "database_url": read.required("DATABASE_URL", values.database_url),
            "base_url": base_url,
            "secret_key": read.required("SECRET_KEY", values.secret_key),
            "stripe_secret_key": read.required("STRIPE_SECRET_KEY", values.secret_stripe_key),
            "stripe_publishable_key": read.required("STRIPE_PUBLISHABLE_KEY", values.publishable_stripe_key),
            "stripe_webhook_secrets": read.required("STRIPE_WEBHOOK_SECRET", values.webhook_secrets),
            "stripe_connect_webhook_secrets": read.required("STRIPE_CONNECT_WEBHOOK_SECRET", values.webhook_secrets),
            "smtp_url": read.required("SMTP_URL", values.smtp_url),
            "mail_from": read.optional("MAIL_FROM", values.mail_from, _default_sender(base_url)),
            "stripe_api_base": read.optional("STRIPE_API_BASE", values.api_base, STRIPE_API),
            "stripe_delayed_methods": read.optional("STRIPE_DELAYED_METHODS", values.delayed_methods, ()),
            "platform_country": read.optional("PLATFORM_COUNTRY", values.country, "US"),
            "paypal": paypal.read_paypal(read, env),
            "demo": demo,
            "poll_scale": read.optional("POLL_SCALE", values.scale, 1.0),
            "rate_scale": read.optional("RATE_SCALE", values.scale, 1.0),
            "client_address_header": read.optional("CLIENT_ADDRESS_HEADER", values.header_name, None),
            "metrics_token": read.optional("METRICS_TOKEN", values.metrics_token, None),
            "host": read.optional("LISTEN_HOST", values.ip, "127.0.0.1"),
            "port": port,
            "web_workers": read.optional("WEB_WORKERS", values.count(1, 64), 1),
            "sandbox_port": read.optional("SANDBOX_PORT", values.port_number, 8001),
            "data": read.optional("DATA", Path, Path(".data")),
            "db_pool": read.optional("DB_POOL", values.count(2, 200), 10),
            "log_level": read.optional("LOG_LEVEL", values.log_level, "info"),
        }
        live = _is_live(str(settings["stripe_secret_key"] or ""))
        problems = [*read.problems, *_forbidden_combinations(settings), *crash.find_misuse(env)]
        if not any("PAYPAL_" in problem for problem in read.problems):
            problems += paypal.find_forbidden(settings["paypal"], stripe_live=live, demo=demo)
        if problems:
            raise SettingsError(problems)
        return cls(**settings)

    @property
    def livemode(self) -> bool:
        """Whether the Stripe key moves real money."""
        return _is_live(self.stripe_secret_key)

    @property
    def shown(self) -> Shown:
        """What templates see: no secret is among it."""
        return Shown(self.demo, self.stripe_api_base, self.paypal is not None)

    @property
    def https(self) -> bool:
        """Whether visitors reach the shop by https (then cookies carry the `__Host-` prefix)."""
        return self.base_url.startswith("https://")

    @property
    def checkout_origin(self) -> str:
        """Origin of the hosted payment page, for CSP `form-action` and the redirect check."""
        return STRIPE_CHECKOUT if self.stripe_api_base == STRIPE_API else self.stripe_api_base

    @property
    def connect_origin(self) -> str:
        """Origin of the provider's form for vendors, for CSP `form-action` and the redirect check."""
        return STRIPE_CONNECT if self.stripe_api_base == STRIPE_API else self.stripe_api_base

    @property
    def form_origins(self) -> tuple[str, ...]:
        """Every origin to which a posted form of ours may lead, each once."""
        return tuple(dict.fromkeys((self.checkout_origin, self.connect_origin, *self.paypal_origins)))

    @property
    def paypal_origins(self) -> tuple[str, ...]:
        """Where a buyer approves at PayPal."""
        return self.paypal.redirect_origins if self.paypal else ()

    @property
    def clock_file(self) -> Path | None:
        """The sandbox's clock offset (seconds, text); None outside demo mode: real shops have real time."""
        return self.data / "clock" if self.demo else None


def read_database_url(env: Mapping[str, str]) -> str:
    """Return DATABASE_URL alone, for what needs nothing else (migrations). Raises SettingsError."""
    read = _Reader(env)
    url: str = read.required("DATABASE_URL", values.database_url)
    if problems := [*read.problems, *crash.find_misuse(env)]:
        raise SettingsError(problems)
    return url


class _Reader:
    """Collects problems instead of stopping at the first one."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.problems: list[str] = []

    def required(self, name: str, parse: Callable[[str], object]) -> Any:
        if not self._env.get(name, "").strip():
            self.problems.append(f"{name} is missing: {_WANTED[name]}")
            return None
        return self.optional(name, parse, None)

    def optional(self, name: str, parse: Callable[[str], object], default: object) -> Any:
        text = self._env.get(name, "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except ValueError as wrong:
            self.problems.append(f"{name} {wrong}: {_WANTED[name]}")
            return default


# What to do, by name: the second half of every message.
_WANTED = {
    **paypal.WANTED,
    "DATABASE_URL": "give postgresql://user:password@host:5432/database, or run `make demo`",
    "BASE_URL": "give the address visitors use, such as https://shop.example.com or http://localhost:8000",
    "SECRET_KEY": "give at least 32 random characters, such as `openssl rand -base64 48` prints",
    "STRIPE_SECRET_KEY": "give the key that starts with sk_test_ or sk_live_ (rk_ for a restricted one)",
    "STRIPE_PUBLISHABLE_KEY": "give the key that starts with pk_test_ or pk_live_",
    "STRIPE_API_BASE": "leave it out for Stripe itself, or give the sandbox's http://127.0.0.1:8001",
    "STRIPE_DELAYED_METHODS": f"give one or more of {', '.join(values.DELAYED_METHODS)} (separated by commas), or "
    "leave it out to take cards only",
    "PLATFORM_COUNTRY": "give the two letters of the country of your own Stripe account, such as US or DE",
    "STRIPE_WEBHOOK_SECRET": "give the whsec_ secret of the account's endpoint, /webhooks/stripe "
    "(two, separated by a comma, while rotating)",
    "STRIPE_CONNECT_WEBHOOK_SECRET": "give the whsec_ secret of the endpoint for connected accounts, "
    "/webhooks/stripe/connect (two, separated by a comma, while rotating)",
    "SMTP_URL": "give smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465",
    "MAIL_FROM": "give a sender such as Overprint <orders@shop.example.com>",
    "DEMO": "give 1 for the demo or leave it out",
    "POLL_SCALE": "give a number above 0, up to 100000; 1 is normal, 0.1 polls ten times as often",
    "RATE_SCALE": "give a number above 0, up to 100000; 1 is normal, 1000 allows a thousand times as much",
    "METRICS_TOKEN": "give 16 characters or more without spaces, or leave it out (/metrics on loopback only)",
    "CLIENT_ADDRESS_HEADER": "give the header in which your own proxy writes the visitor's address, such as "
    "X-Forwarded-For, or leave it out when there is no proxy",
    "LISTEN_HOST": "give the IP address to listen on, such as 127.0.0.1 or 0.0.0.0",
    "PORT": "give a port number from 1 to 65535",
    "SANDBOX_PORT": "give a port number from 1 to 65535, another than PORT",
    "WEB_WORKERS": "give a number of processes from 1 to 64",
    "DB_POOL": "give a number of connections per process from 2 to 200",
    "LOG_LEVEL": f"give one of {', '.join(values.LOG_LEVELS)}",
    "DATA": "give a folder",
}


def _forbidden_combinations(settings: Mapping[str, Any]) -> list[str]:
    problems = []
    secret = str(settings["stripe_secret_key"] or "")
    publishable = str(settings["stripe_publishable_key"] or "")
    api_base, base_url = str(settings["stripe_api_base"]), str(settings["base_url"] or "")
    live = _is_live(secret) or _is_live(publishable)
    if live and api_base != STRIPE_API:
        problems.append(
            "STRIPE_API_BASE is not Stripe's but the keys are live: a live key must never reach a sandbox; "
            "leave STRIPE_API_BASE out, or use test keys"
        )
    if secret and publishable and _is_live(secret) != _is_live(publishable):
        problems.append(
            "STRIPE_PUBLISHABLE_KEY and STRIPE_SECRET_KEY differ in mode: give two test keys or two live keys"
        )
    if api_base == STRIPE_API and SANDBOX_SECRET_KEY in (secret, publishable.replace("pk_", "sk_")):
        problems.append(
            "STRIPE_SECRET_KEY is the sandbox's but STRIPE_API_BASE is Stripe's: give your own key, "
            "or the sandbox's address"
        )
    if settings["demo"]:
        if base_url and not values.is_loopback(urlsplit(base_url).hostname or ""):
            problems.append(
                "DEMO is 1 but BASE_URL has a public host name: demo mode has a movable clock and known "
                "keys; leave DEMO out, or use http://localhost"
            )
        if live:
            problems.append("DEMO is 1 but the Stripe keys are live: leave DEMO out, or use test keys")
        if settings["port"] == settings["sandbox_port"]:
            problems.append("SANDBOX_PORT is the same as PORT: they are two servers; give another number")
    return problems


def _is_live(key: str) -> bool:
    return key.startswith(("sk_live_", "rk_live_", "pk_live_"))


def _default_sender(base_url: object) -> str:
    host = urlsplit(str(base_url)).hostname if base_url else None
    return f"Overprint <orders@{host or 'localhost'}>"
