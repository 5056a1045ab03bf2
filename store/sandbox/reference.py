"""What the sandbox supports, where it differs from the provider and what it refuses, as tables for `docs/sandbox.md`.

    python -m store.sandbox.reference        writes them into the page, between its two marks

Operations and parameters come from `ROUTES` and the provider's specification; only the differences are written by
hand. Invariant: the page never says more than the code does (a test compares them).
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from store.sandbox.kernel.spec import load_spec, request_node
from store.sandbox.kernel.world import API_VERSION
from store.sandbox.kernel.worlds import MOST
from store.sandbox.stripe.bank_accounts import BANK_ACCOUNTS, PAYOUT_FAILURES
from store.sandbox.stripe.browser import INTENT_FIELDS
from store.sandbox.stripe.cards import TEST_CARDS, TestCard
from store.sandbox.stripe.money import IN_USD
from store.sandbox.stripe.resources import ROUTES
from store.sandbox.stripe.routing import Route

PAGE = Path(__file__).parents[2] / "docs" / "sandbox.md"
START, END = "<!-- from here: python -m store.sandbox.reference -->", "<!-- to here -->"
# Everyday parameters of every list, told once above the table.
PAGING = frozenset({"limit", "starting_after", "ending_before", "expand", "created", "page"})
# So many names fit a line of the table; the rest is counted.
SHOWN = 10

DIFFERENCES = (
    ("Version", f"Every answer has the shape of {API_VERSION}; another `Stripe-Version` is echoed, not obeyed."),
    (
        "Keys",
        "Any `sk_test_…` works and is a platform of its own. There is no Dashboard to give a restricted key its "
        "permissions: `rk_test_X` has all, `rk_test_read_X` may only read. `pk_test_X` makes only the calls a browser "
        f"makes, and sees of an intent the {len(INTENT_FIELDS)} fields that Stripe.js declares. Live keys are refused. "
        f"At most {MOST} platforms.",
    ),
    ("Rate limits", "None, unless a fault rule plays them."),
    ("Idempotency", "Keys are kept for 24 hours of the sandbox's clock, per account."),
    ("Search", "Finds what was written a moment ago; the provider's index is up to a minute behind."),
    (
        "Money",
        "The fee is 2.9 % + 30 minor units in every currency; exchange rates are a fixed table of "
        f"{len(IN_USD)} currencies. A charge's money is available two days later by the sandbox's clock. "
        "Each account has its country's currency, and others only where a charge on somebody's behalf lands in theirs.",
    ),
    (
        "Borders",
        "A platform sends within its country, and among the US, the UK, Canada, Switzerland and the EEA. "
        "`on_behalf_of` is the destination of the charge, or stands alone; the fee is the same in every country.",
    ),
    (
        "Payouts",
        "By hand only: nothing is paid out on a schedule, whatever `settings[payouts][schedule]` says, so no payout "
        "says what went into it. Standard payouts to bank accounts; one is submitted after an hour and arrives at the "
        "second midnight (UTC) after it was made, bank holidays or not. The platform has one bank account, made with "
        "its first payout.",
    ),
    (
        "Test clocks",
        "`/v1/test_helpers/test_clocks` is refused: it moves billing, which is not built. One clock moves all that is "
        "due here, by `/clock` or `POST /_sandbox/clock`.",
    ),
    (
        "Accounts",
        "A connected account with the provider's test values is active at once; an account link leads to pages where "
        "one without is onboarded, and where a tester chooses the outcome. Debit cards are no external accounts. "
        "A platform is in the US (USD) unless its key starts `sk_test_de_` or `sk_test_jp_`.",
    ),
    (
        "Onboarding",
        "A new account is silent: events begin with its first change. Of its capabilities `card_payments` and "
        "`transfers` are played, of OAuth `/oauth/deauthorize`. Nothing verifies but the published test values. "
        "Terms are due only where the hosted pages ask for them.",
    ),
    ("Checkout", "Mode `payment` on the hosted page only; one page at this server plays `checkout.stripe.com`."),
    (
        "Webhooks",
        "Failed deliveries are tried again with growing gaps for about a day, as in live mode (three tries is what the "
        "provider's own sandbox does). Endpoints speak the pinned version only.",
    ),
    ("Files", "`/v1/files` and everything else that is not listed is refused by name (`sandbox_unsupported`)."),
)


def describe() -> str:
    """Return the generated part of the page, Markdown."""
    return "\n\n".join([_describe_routes(), _describe_differences(), _describe_tests(), _describe_refused()])


def write(page: Path = PAGE) -> None:
    """Replace what stands between the two marks of the page."""
    text = page.read_text(encoding="utf-8")
    before, rest = text.split(START)
    _, after = rest.split(END)
    page.write_text(f"{before}{START}\n\n{describe()}\n\n{END}{after}", encoding="utf-8")


def _describe_routes() -> str:
    rows = [f"| `{route.operation}` | {_taken(route)} | {_refused(route)} |" for route in sorted(ROUTES, key=_place)]
    return "\n".join(
        [
            f"### Supported: {len(ROUTES)} operations",
            "",
            "Lists also take `limit`, both cursors and, where the provider has it, `created`; all take `expand`.",
            "",
            "| Operation | Takes | Refuses by name |",
            "|---|---|---|",
            *rows,
        ]
    )


def _describe_differences() -> str:
    return "\n".join(
        ["### What differs", "", "| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in DIFFERENCES)]
    )


def _describe_tests() -> str:
    cards = [f"| `{card.number}` | {_does(card)} |" for card in TEST_CARDS]
    banks = [f"| `{bank.number}` | {bank.does} |" for bank in BANK_ACCOUNTS]
    payouts = [
        f"| `{number}` | As an external account: payouts to it fail (`{code}`) |"
        for number, (code, _) in PAYOUT_FAILURES.items()
    ]
    head = ["### Test cards and bank accounts", "", "| Number | What it does |", "|---|---|"]
    return "\n".join([*head, *cards, *banks, *payouts])


def _describe_refused() -> str:
    supported = {route.operation for route in ROUTES}
    others = [operation for operation in load_spec()["operations"] if operation not in supported]
    families = Counter(operation.split("/")[2] for operation in others)
    names = ", ".join(f"`{name}` {number}" for name, number in sorted(families.items()))
    return "\n".join(
        [
            f"### Refused: {len(others)} operations",
            "",
            "Known to the provider and not built; each is answered 400 `sandbox_unsupported` with its name. By first "
            "part of the address, with the number of operations:",
            "",
            f"{names}.",
        ]
    )


def _does(card: TestCard) -> str:
    return f"Refused by name: in life it {card.refused}" if card.refused else card.does


def _place(route: Route) -> tuple[str, str]:
    method, path = route.operation.split(" ")
    return path, method


def _taken(route: Route) -> str:
    return _list_names(sorted(_shown(path) for path in route.supported if path not in PAGING), None) or "–"


def _refused(route: Route) -> str:
    supported = {path.split(".")[0] for path in route.supported}
    return _list_names(sorted(set(request_node(route.operation)["p"]) - supported), SHOWN) or "–"


def _shown(path: str) -> str:
    first, *rest = path.split(".")
    return first + "".join(f"[{step}]" for step in rest)


def _list_names(names: list[str], most: int | None) -> str:
    shown = " ".join(f"`{name}`" for name in names[:most])
    more = len(names) - len(names[:most])
    return f"{shown} and {more} more" if more else shown


if __name__ == "__main__":
    write()
