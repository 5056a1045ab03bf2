"""Health as checks: each names what is wrong, in which row, and what to do next."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta

import httpx

from store.doctor.books import COMPARISONS, read_books
from store.doctor.check import Check
from store.doctor.invariants import INVARIANTS, Invariant, find_violations
from store.doctor.paid_out import check_payouts
from store.doctor.passing_on import check_reversals, check_transfers
from store.doctor.paypal import check_paypal, check_paypal_webhook
from store.gateways.port import GatewayBug, GatewayError, Gateways
from store.health import find_missing_migrations, read_migration_names
from store.kit import clock
from store.kit.db import fetch, fetch_row, fetch_value
from store.settings import Settings
from store.webhooks.service import find_disabled
from store.webhooks.states import PATHS

OLD = timedelta(minutes=5)
UNKNOWN = timedelta(hours=2)
# What is younger may still be on its way from the provider to us.
UNHEARD = timedelta(minutes=2)
SHOWN = 3
QUEUES = {
    "inbox": ("inbox_event", "type || ' ' || event_id"),
    "outbox": ("operation", "kind || ' ' || key"),
    "mail": ("mail_message", "kind || ' ' || cause"),
}
WORKER = "see that a worker runs (`python -m store work`) and read its log"


async def check_settings(settings: Settings) -> Check:
    """They were read, or we would not be here; say what they mean."""
    mode = "live: real money moves" if settings.livemode else "test keys"
    return Check("settings", True, f"{settings.base_url}, {mode}, provider at {settings.stripe_api_base}")


async def check_database() -> Check:
    """The database answers."""
    version = await fetch_value("SHOW server_version")
    return Check("database", True, f"PostgreSQL {version}")


async def check_migrations() -> Check:
    """Every migration has run."""
    missing = await find_missing_migrations(read_migration_names())
    if missing:
        return Check("migrations", False, f"{missing[0]} has not run; next: python -m store migrate")
    return Check("migrations", True, "all have run")


async def check_provider(gateways: Gateways) -> Check:
    """The provider answers our key."""
    try:
        await gateways.stripe.ping()
    except GatewayError as error:
        return Check("provider", False, f"{error}; next: check STRIPE_SECRET_KEY, STRIPE_API_BASE and the network")
    return Check("provider", True, "Stripe answers this key")


async def check_country(settings: Settings, gateways: Gateways) -> Check:
    """Our account is where we say: vendors elsewhere settle their own destination charges."""
    try:
        theirs = await gateways.stripe.fetch_country()
    except GatewayBug:
        return Check("country", True, "this key may not read its account; see PLATFORM_COUNTRY yourself")
    except GatewayError as error:
        return Check("country", False, f"{error}; next: ask again when the provider answers")
    if theirs != settings.platform_country:
        why = f"PLATFORM_COUNTRY is {settings.platform_country}, the account of this key is in {theirs}"
        return Check("country", False, f"{why}; next: set PLATFORM_COUNTRY={theirs} and start shop and worker again")
    return Check("country", True, f"our account is in {theirs}")


async def check_webhooks(
    settings: Settings,
    gateways: Gateways,
    endpoint: str,
    path: str,
    to_shop: httpx.AsyncBaseTransport | None = None,
) -> Check:
    """A delivery signed with our secret goes all the way: through the running shop into the inbox."""
    name = f"webhook {path}"
    event_id, headers, body = gateways.stripe.sign_probe(endpoint)
    try:
        async with httpx.AsyncClient(timeout=10, trust_env=False, transport=to_shop) as client:
            answer = await client.post(settings.base_url + path, content=body, headers=headers)
    except httpx.HTTPError as error:
        why = f"{settings.base_url} does not answer ({type(error).__name__})"
        return Check(name, False, f"{why}; next: start the shop (`python -m store serve`)")
    stored = await fetch_value("SELECT count(*) FROM inbox_event WHERE event_id = $1", event_id)
    if answer.status_code != 200 or not stored:
        why = f"the shop answered {answer.status_code} and stored {stored} rows for {event_id}"
        return Check(name, False, f"{why}; next: start it again with the secrets of this environment")
    return Check(name, True, "signed, received and stored")


async def check_endpoints(settings: Settings, gateways: Gateways) -> Check:
    """The provider delivers to every address of ours that it knows."""
    try:
        off = await find_disabled(gateways, settings.base_url)
    except GatewayBug:
        return Check("endpoints", True, "this key may not list them; silence is noticed by the worker")
    except GatewayError as error:
        return Check("endpoints", False, f"{error}; next: ask again when the provider answers")
    if off:
        where = " and ".join(settings.base_url + PATHS[endpoint] for endpoint in off)
        why = f"{where} disabled at Stripe: nothing is delivered there"
        return Check("endpoints", False, f"{why}; next: enable it there; the worker fetches what was missed")
    return Check("endpoints", True, "none of ours is disabled at Stripe")


async def check_queue(name: str) -> Check:
    """Nothing has waited long, nothing was given up."""
    table, words = QUEUES[name]
    parked = await fetch_row(
        f"SELECT {words} AS words, last_error, (SELECT count(*) FROM {table} WHERE state = 'parked') AS rows"  # noqa: S608
        f" FROM {table} WHERE state = 'parked' ORDER BY run_at LIMIT 1"
    )
    if parked is not None:
        why = f"{parked['rows']} parked, first {parked['words']}: {parked['last_error']}"
        again = f"UPDATE {table} SET state = 'waiting', attempt = 0 WHERE state = 'parked'"  # noqa: S608
        return Check(name, False, f"{why}; next: mend the cause, then {again}")
    oldest = await fetch_row(
        f"SELECT {words} AS words, run_at, last_error FROM {table} WHERE state = 'waiting' ORDER BY run_at LIMIT 1"  # noqa: S608
    )
    if oldest is not None and oldest["run_at"] < clock.wall() - OLD:
        return Check(name, False, f"{oldest['words']} waits since {oldest['run_at']:%H:%M:%S}; next: {WORKER}")
    return Check(name, True, f"oldest waiting: {oldest['words']}" if oldest is not None else "nothing waits")


async def check_reviews() -> Check:
    """No payment waits for a person."""
    rows = await fetch(
        "SELECT number, review_reason, payment_state FROM orders"
        " WHERE payment_state = 'needs_review' OR review_reason <> '' ORDER BY placed_at"
    )
    if rows:
        first = rows[0]
        why = f"{len(rows)} in needs_review, first {first['number']}: {first['review_reason']}"
        # What is paid stays paid: the words are all that waits for a person.
        forget = f"UPDATE orders SET review_reason = '' WHERE number = '{first['number']}'"  # noqa: S608
        done = f", then {forget}" if first["payment_state"] == "paid" else ""
        return Check("reviews", False, f"{why}; next: compare it with the provider's dashboard{done}")
    return Check("reviews", True, "no order needs a look")


async def check_attempts() -> Check:
    """No attempt is open at the provider long after its end."""
    row = await fetch_row(
        "SELECT payment.id, orders.number, payment.status, payment.expires_at FROM payment"
        ' JOIN orders ON orders.id = payment."order"'
        " WHERE payment.status IN ('created', 'pending', 'capturing') AND payment.expires_at < $1"
        " ORDER BY payment.expires_at",
        clock.now() - UNKNOWN,
    )
    if row is not None:
        why = f"{row['number']}: attempt {row['id']} is {row['status']} since its end at {row['expires_at']:%H:%M:%S}"
        return Check("attempts", False, f"{why}; next: {WORKER}")
    return Check("attempts", True, "none is unknown after its end")


async def check_events() -> Check:
    """No event came with two different contents."""
    row = await fetch_row("SELECT provider, event_id FROM inbox_variant WHERE alarming ORDER BY id LIMIT 1")
    if row is not None:
        why = f"{row['event_id']} came with another type, account, resource or mode"
        return Check("events", False, f"{why}; next: ask {row['provider']} about it; it was not applied")
    return Check("events", True, "no event contradicts itself")


async def check_invariant(invariant: Invariant) -> Check:
    """One invariant holds."""
    found = await find_violations(invariant, clock.now())
    return _judge(invariant.name, invariant.text, found, invariant.next_step)


async def check_books(settings: Settings, to_sandbox: httpx.AsyncBaseTransport | None = None) -> list[Check]:
    """In a demo, our rows against the sandbox's own books, one answer per invariant; elsewhere none."""
    if not settings.demo:
        return []
    base = settings.stripe_api_base
    try:
        async with httpx.AsyncClient(base_url=base, timeout=30, trust_env=False, transport=to_sandbox) as client:
            books = await read_books(client, settings.stripe_secret_key)
    except (httpx.HTTPError, ValueError, KeyError) as error:
        why = f"{base} does not show its books ({type(error).__name__})"
        return [Check("books", False, f"{why}; next: start the sandbox (`python -m store sandbox`)")]
    before = clock.now() - UNHEARD
    return [
        _judge(f"{one.name} at the provider", one.text, await one.find(books, before), one.next_step)
        for one in COMPARISONS
    ]


def list_checks(
    settings: Settings, gateways: Gateways, to_shop: httpx.AsyncBaseTransport | None = None
) -> list[Callable[[], Awaitable[Check]]]:
    """Every check, in the order in which a person would look; queues before the probes that we put into one."""
    return [
        lambda: check_settings(settings),
        check_database,
        check_migrations,
        lambda: check_provider(gateways),
        lambda: check_country(settings, gateways),
        lambda: check_paypal(gateways),
        *(lambda name=name: check_queue(name) for name in QUEUES),
        lambda: check_webhooks(settings, gateways, "account", "/webhooks/stripe", to_shop),
        lambda: check_webhooks(settings, gateways, "connect", "/webhooks/stripe/connect", to_shop),
        lambda: check_endpoints(settings, gateways),
        lambda: check_paypal_webhook(settings, gateways),
        check_reviews,
        check_attempts,
        check_transfers,
        check_reversals,
        check_payouts,
        check_events,
        *(lambda one=one: check_invariant(one) for one in INVARIANTS),
    ]


def _judge(name: str, text: str, found: list[tuple[str, str]], next_step: str) -> Check:
    if not found:
        return Check(name, True, text)
    rows = "; ".join(f"{row}: {words}" for row, words in found[:SHOWN])
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return Check(name, False, f"{rows}{more}; next: {next_step}")
