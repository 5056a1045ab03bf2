"""What the parameter tree cannot say: required in practice, ranges, and rules between fields.

One table per object; each row cites the line of the fact page (protocols/stripe.md) it follows. Invariant: a
broken rule is a 400 that names the parameter, before anything has happened.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from store.sandbox.kernel.errors import refuse
from store.sandbox.stripe.routing import Call, Check

MISSING = "parameter_missing"
EXCLUSIVE = "You may only specify one of these parameters: {}."


@dataclass(frozen=True)
class Rule:
    """One row: the parameter, when it is broken, what the caller reads, and where that is written."""

    param: str
    broken: Callable[[Call], bool]
    message: str
    fact: str
    code: str | None = None


def table(*rules: Rule) -> Check:
    """Return a check that refuses the first broken rule."""

    def check(call: Call) -> None:
        for rule in rules:
            if rule.broken(call):
                raise refuse(rule.message, param=rule.param, code=rule.code)

    return check


def required(param: str, fact: str) -> Rule:
    """Return the row for a parameter that the tree calls optional and the API demands."""
    return Rule(param, lambda call: read(call, param) is None, f"Missing required param: {param}.", fact, MISSING)


def exclusive(first: str, second: str, fact: str) -> Rule:
    """Return the row for two parameters of which one may be given."""
    return Rule(
        first,
        lambda call: read(call, first) is not None and read(call, second) is not None,
        EXCLUSIVE.format(f"{first}, {second}"),
        fact,
    )


def read(call: Call, param: str) -> object:
    """Return the value at `a[b][c]`, or None."""
    value: object = call.params
    for name in param.replace("]", "").split("["):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def is_web_address(value: object) -> bool:
    """Tell whether the text is an http or https URL with a host."""
    try:
        parts = urlsplit(str(value))
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)


def _is_below(param: str, lowest: int) -> Callable[[Call], bool]:
    return lambda call: isinstance(value := read(call, param), int) and value < lowest


def _count(param: str) -> Callable[[Call], int]:
    return lambda call: len(value) if isinstance(value := read(call, param), list) else 0


def _expires_in(call: Call) -> int | None:
    value = read(call, "expires_at")
    return value - call.now if isinstance(value, int) else None


def _bad_address(param: str) -> Rule:
    return Rule(
        param,
        lambda call: read(call, param) is not None and not is_web_address(read(call, param)),
        "Not a valid URL",
        "§2.2 `success_url`, `cancel_url`",
        "url_invalid",
    )


def _lines(call: Call) -> list[dict[str, object]]:
    value = read(call, "line_items")
    return value if isinstance(value, list) else []


FEE = "payment_intent_data[application_fee_amount]"
TRANSFER = "payment_intent_data[transfer_data]"

SESSION_CREATE = table(
    required("mode", "§2.2 `mode` payment | subscription | setup"),
    Rule(
        "mode",
        lambda call: read(call, "mode") != "payment",
        "The sandbox does not support checkout sessions of this mode; `payment` is the one it has.",
        "§2.2 `mode`; only payment mode is built",
        "sandbox_unsupported",
    ),
    Rule(
        "ui_mode",
        lambda call: read(call, "ui_mode") not in (None, "hosted_page"),
        "The sandbox does not support this ui_mode; `hosted_page` is the one it has.",
        "§2.2 `ui_mode` values; only the hosted page is built",
        "sandbox_unsupported",
    ),
    required("line_items", "§2.2 `line_items[]`"),
    required("success_url", "§2.2 `success_url` (hosted_page)"),
    _bad_address("success_url"),
    _bad_address("cancel_url"),
    Rule(
        "line_items",
        lambda call: not 1 <= _count("line_items")(call) <= 100,
        "A session in payment mode has 1 to 100 line items.",
        "§2.2 max 100 lines (payment)",
    ),
    Rule(
        "line_items",
        lambda call: any(("price" in line) == ("price_data" in line) for line in _lines(call)),
        "Each line item needs exactly one of `price` and `price_data`.",
        "§2.2 `price` or `price_data`",
    ),
    Rule(
        "line_items",
        lambda call: any(line.get("quantity") is None for line in _lines(call)),
        "Quantity is required for each line item. Add `quantity` to `line_items`.",
        "§2.2 `quantity`",
        MISSING,
    ),
    Rule(
        "line_items",
        lambda call: any(not 1 <= int(str(line["quantity"])) <= 999_999 for line in _lines(call)),
        "Each line item's quantity must be between 1 and 999999.",
        "§2.2 `quantity`; §1.6 integers",
    ),
    Rule(
        "expires_at",
        lambda call: (left := _expires_in(call)) is not None and left < 30 * 60,
        "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
        "§2.2 `expires_at`: 30 minutes to 24 hours after creation",
    ),
    Rule(
        "expires_at",
        lambda call: (left := _expires_in(call)) is not None and left > 24 * 3600,
        "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
        "§2.2 `expires_at`: 30 minutes to 24 hours after creation",
    ),
    exclusive("customer_email", "customer", "§2.2 `customer` | `customer_account` | `customer_email`"),
    exclusive("customer_creation", "customer", "§2.2 `customer_creation`: for sessions without a customer"),
    Rule(
        "allowed_payment_method_types",
        lambda call: isinstance(types := read(call, "allowed_payment_method_types"), list) and "card" not in types,
        "No payment method type of this sandbox is left: it has `card` only, add it to the list.",
        "§2.2 `allowed_payment_method_types` is a filter",
    ),
    Rule(FEE, _is_below(FEE, 1), "Invalid positive integer", "§4.4 fee ≤ amount; §1.6 integers"),
    exclusive(FEE, TRANSFER + "[amount]", "§4.4 either `application_fee_amount` or `transfer_data.amount`"),
    Rule(
        TRANSFER + "[amount]",
        _is_below(TRANSFER + "[amount]", 1),
        "Invalid positive integer",
        "§4.4 transfer amount capped at the total",
    ),
    Rule(
        "payment_intent_data[capture_method]",
        lambda call: read(call, "payment_intent_data[capture_method]") == "manual",
        "The sandbox does not support capture_method `manual`; use `automatic_async` or `automatic`.",
        "§3.1 `capture_method`; capturing later is not built",
        "sandbox_unsupported",
    ),
)

POSITIVE_AMOUNT = table(Rule("amount", _is_below("amount", 1), "Invalid positive integer", "§1.6 integers"))

REFUND_CREATE = table(
    Rule(
        "charge",
        lambda call: read(call, "charge") is None and read(call, "payment_intent") is None,
        "One of the following params should be provided for this request: payment_intent or charge.",
        "§3.3 `payment_intent | charge`",
        MISSING,
    ),
    exclusive("charge", "payment_intent", "§3.3 `payment_intent | charge`"),
    Rule("amount", _is_below("amount", 1), "Invalid positive integer", "§3.3 partial refunds; §1.6 integers"),
)

INTENT_CREATE = table(
    required("amount", "§3.1; §1.6 amounts"),
    required("currency", "§3.1; §1.6 amounts"),
    Rule("amount", _is_below("amount", 1), "Invalid positive integer", "§1.6 integers"),
    Rule(
        "capture_method",
        lambda call: read(call, "capture_method") == "manual",
        "The sandbox does not support capture_method `manual`; use `automatic_async` or `automatic`.",
        "§3.1 `capture_method`; capturing later is not built",
        "sandbox_unsupported",
    ),
    Rule(
        "allowed_payment_method_types",
        lambda call: isinstance(types := read(call, "allowed_payment_method_types"), list) and "card" not in types,
        "No payment method type of this sandbox is left: it has `card` only, add it to the list.",
        "§2.2 `allowed_payment_method_types` is a filter",
    ),
    exclusive(
        "allowed_payment_method_types",
        "automatic_payment_methods",
        "§2.2 exclusive with `automatic_payment_methods`",
    ),
    exclusive(
        "application_fee_amount",
        "transfer_data[amount]",
        "§4.4 either `application_fee_amount` or `transfer_data.amount`",
    ),
)

# Gone from writes at this version (§0, §2.2): operation → parameter → code and what to do.
REMOVED = {
    "payment_method_types": (
        "payment_method_types_no_longer_supported",
        "The parameter payment_method_types is no longer supported; use allowed_payment_method_types.",
    ),
}
