"""What the parameter tree cannot say: required in practice, ranges, and rules between fields.

One table per object; each row cites the line of the fact page (protocols/stripe.md) it follows. Invariant: a
table refuses, it never changes a request.
"""

from store.sandbox.kernel.world import API_VERSION
from store.sandbox.stripe.checks import (
    MISSING,
    Rule,
    at_most,
    bad_address,
    count,
    count_images,
    exclusive,
    expires_in,
    is_below,
    is_one_price,
    items,
    lines,
    only_when,
    read,
    required,
    table,
)
from store.sandbox.stripe.money import COUNTRY_CURRENCY

# Where the buyer goes to the provider's own page; what is absent is `hosted_page`.
HOSTED = (None, "hosted_page", "form")
NO_ELEMENTS = (*HOSTED, "embedded_page")
FEE = "payment_intent_data[application_fee_amount]"
TRANSFER = "payment_intent_data[transfer_data]"

METHOD_FILTERS = (
    exclusive(
        "allowed_payment_method_types",
        "excluded_payment_method_types",
        "§2.2 exclusive with `excluded_payment_method_types`",
    ),
    exclusive(
        "allowed_payment_method_types",
        "payment_method_configuration",
        "§2.2 exclusive with `payment_method_configuration`",
    ),
)
SESSION_CREATE = table(
    required("mode", "§2.2 `mode` payment | subscription | setup"),
    only_when("payment_intent_data", "mode", ("payment",), "§2.2 `payment_intent_data`: payment mode only"),
    only_when("customer_creation", "mode", ("payment",), "§2.2 `customer_creation`: payment mode"),
    only_when("subscription_data", "mode", ("subscription",), "§2.2 `subscription_data`: subscription mode only"),
    only_when("payment_method_collection", "mode", ("subscription",), "§2.2 `payment_method_collection`"),
    only_when("success_url", "ui_mode", HOSTED, "§2.2 `success_url`: not for embedded_page or elements"),
    only_when("cancel_url", "ui_mode", HOSTED, "§2.2 `cancel_url`: not for embedded_page or elements"),
    only_when("redirect_on_completion", "ui_mode", ("embedded_page",), "§2.2 `redirect_on_completion`"),
    only_when("after_expiration", "ui_mode", NO_ELEMENTS, "§2.2 `after_expiration`: not in `elements`"),
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
    bad_address("success_url", "§2.2 `success_url`"),
    bad_address("cancel_url", "§2.2 `cancel_url`"),
    Rule(
        "line_items",
        lambda call: not 1 <= count("line_items")(call) <= 100,
        "A session in payment mode has 1 to 100 line items.",
        "§2.2 max 100 lines (payment)",
    ),
    Rule(
        "line_items",
        lambda call: any(("price" in line) == ("price_data" in line) for line in lines(call)),
        "Each line item needs exactly one of `price` and `price_data`.",
        "§2.2 `price` or `price_data`",
    ),
    Rule(
        "line_items",
        lambda call: any(line.get("quantity") is None for line in lines(call)),
        "Quantity is required for each line item. Add `quantity` to `line_items`.",
        "§2.2 `quantity`",
        MISSING,
    ),
    Rule(
        "line_items",
        lambda call: any(not 1 <= int(str(line["quantity"])) <= 999_999 for line in lines(call)),
        "Each line item's quantity must be between 1 and 999999.",
        "§2.2 `quantity`; §1.6 integers",
    ),
    Rule(
        "expires_at",
        lambda call: (left := expires_in(call)) is not None and left < 30 * 60,
        "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
        "§2.2 `expires_at`: 30 minutes to 24 hours after creation",
    ),
    Rule(
        "expires_at",
        lambda call: (left := expires_in(call)) is not None and left > 24 * 3600,
        "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
        "§2.2 `expires_at`: 30 minutes to 24 hours after creation",
    ),
    at_most("custom_fields", 3, "§2.2 `custom_fields`≤3"),
    at_most("shipping_options", 5, "§2.2 `shipping_options`≤5"),
    at_most("discounts", 1, "§2.2 `discounts[]` (max one)"),
    Rule(
        "discounts",
        lambda call: any(("coupon" in one) == ("promotion_code" in one) for one in items(call, "discounts")),
        "Each discount needs exactly one of `coupon` and `promotion_code`.",
        "§2.2 `discounts[]`: `coupon` or `promotion_code`",
    ),
    Rule(
        "line_items",
        lambda call: any(not is_one_price(line["price_data"]) for line in lines(call) if "price_data" in line),
        "Each `price_data` needs exactly one of `product` and `product_data`, and exactly one of `unit_amount` and "
        "`unit_amount_decimal`.",
        "§2.2 `price_data{product | product_data, unit_amount | unit_amount_decimal}`",
    ),
    Rule(
        "line_items",
        lambda call: any(count_images(line) > 8 for line in lines(call)),
        "A product may have at most 8 images.",
        "§2.2 `images≤8`",
    ),
    exclusive("customer_email", "customer", "§2.2 `customer` | `customer_account` | `customer_email`"),
    exclusive("customer_account", "customer", "§2.2 `customer` | `customer_account` | `customer_email`"),
    exclusive("customer_email", "customer_account", "§2.2 `customer` | `customer_account` | `customer_email`"),
    exclusive("customer_creation", "customer", "§2.2 `customer_creation`: for sessions without a customer"),
    exclusive("allow_promotion_codes", "discounts", "§2.2 `discounts[]` xor `allow_promotion_codes`"),
    *METHOD_FILTERS,
    Rule(FEE, is_below(FEE, 1), "Invalid positive integer", "§4.4 fee ≤ amount; §1.6 integers"),
    exclusive(FEE, TRANSFER + "[amount]", "§4.4 either `application_fee_amount` or `transfer_data.amount`"),
    Rule(
        TRANSFER + "[amount]",
        is_below(TRANSFER + "[amount]", 1),
        "Invalid positive integer",
        "§4.4 transfer amount capped at the total",
    ),
)

POSITIVE_AMOUNT = table(Rule("amount", is_below("amount", 1), "Invalid positive integer", "§1.6 integers"))

# The sandbox keeps one balance per currency, whatever its money came from.
CARD_BALANCE = Rule(
    "source_type",
    lambda call: read(call, "source_type") not in (None, "card"),
    "The sandbox does not support source balances of this type; `card` is the one it has.",
    "§3.5 `source_types`",
    "sandbox_unsupported",
)

TRANSFER_CREATE = table(required("amount", "§3.5 Transfer: `amount`"), *POSITIVE_AMOUNT.rules, CARD_BALANCE)

PAYOUT_CREATE = table(
    *POSITIVE_AMOUNT.rules,
    CARD_BALANCE,
    Rule(
        "method",
        lambda call: read(call, "method") == "instant",
        "The sandbox does not support instant payouts; `standard` is the method it has.",
        "§3.5 Payout; only `standard` is built",
        "sandbox_unsupported",
    ),
    Rule(
        "statement_descriptor",
        lambda call: len(str(read(call, "statement_descriptor") or "")) > 22,
        "The statement descriptor must be at most 22 characters.",
        "§3.5 Payout: `statement_descriptor` of at most 22 characters",
    ),
)

REFUND_CREATE = table(
    Rule(
        "charge",
        lambda call: read(call, "charge") is None and read(call, "payment_intent") is None,
        "One of the following params should be provided for this request: payment_intent or charge.",
        "§3.3 `payment_intent | charge`",
        MISSING,
    ),
    exclusive("charge", "payment_intent", "§3.3 `payment_intent | charge`"),
    Rule("amount", is_below("amount", 1), "Invalid positive integer", "§3.3 partial refunds; §1.6 integers"),
)

INTENT_CREATE = table(
    Rule("amount", is_below("amount", 1), "Invalid positive integer", "§1.6 integers"),
    Rule(
        "allowed_payment_method_types",
        lambda call: isinstance(types := read(call, "allowed_payment_method_types"), list) and "card" not in types,
        "No payment method type is left: an intent takes `card` in this sandbox (bank debits are Checkout's).",
        "§2.2 `allowed_payment_method_types` is a filter",
    ),
    exclusive(
        "allowed_payment_method_types",
        "automatic_payment_methods",
        "§2.2 exclusive with `automatic_payment_methods`",
    ),
    *METHOD_FILTERS,
    exclusive(
        "application_fee_amount",
        "transfer_data[amount]",
        "§4.4 either `application_fee_amount` or `transfer_data.amount`",
    ),
)

ACCOUNT_CREATE = table(
    Rule(
        "country",
        lambda call: str(call.params.get("country", "US")).upper() not in COUNTRY_CURRENCY,
        f"This country is unknown to the sandbox; it has {', '.join(sorted(COUNTRY_CURRENCY))}.",
        "§4.1 `country`",
        "country_unsupported",
    ),
    Rule(
        "controller[losses][payments]",
        lambda call: (
            read(call, "controller[fees][payer]") in (None, "account")
            and read(call, "controller[losses][payments]") == "application"
        ),
        "With controller.fees.payer=account (the default), controller.losses.payments must be stripe.",
        "§4.1 fees.payer=account requires losses=stripe",
    ),
)

ACCOUNT_LINK = table(
    *(bad_address(name, "§4.2 http URLs only in test mode, as here") for name in ("return_url", "refresh_url")),
    exclusive("collect", "collection_options", "§4.2 `collect` is deprecated in favour of `collection_options`"),
)

ENDPOINT = table(
    bad_address("url", "§7.2 `url`"),
    Rule(
        "api_version",
        lambda call: read(call, "api_version") not in (None, API_VERSION),
        f"Invalid API version: the sandbox speaks {API_VERSION} only.",
        "§7.2 pin `api_version`",
    ),
)

EVENTS_LIST = table(
    exclusive("type", "types", "§7.2 `type` or `types`"),
    Rule("types", lambda call: count("types")(call) > 20, "You may list at most 20 types.", "§7.2 `types` ≤ 20"),
)

METHOD_CREATE = table(
    Rule(
        "type",
        lambda call: read(call, "type") != "card",
        "The sandbox does not support payment methods of this type; `card` is the one it has.",
        "§8.1 test cards; no other method is built",
        "sandbox_unsupported",
    ),
    *(
        required(f"card[{name}]", "§8.1 a card has a number and an expiry")
        for name in ("number", "exp_month", "exp_year")
    ),
)

METHOD_ATTACH = table(required("customer", "§10 payment_methods (+attach)"))

PRICE_CREATE = table(
    required("unit_amount", "§6 `unit_amount` xor `unit_amount_decimal`"),
    exclusive("product", "product_data", "§6 `product` | `product_data`"),
    Rule(
        "product",
        lambda call: read(call, "product") is None and read(call, "product_data") is None,
        "Missing required param: product.",
        "§6 `product` | `product_data`",
        MISSING,
    ),
)

PRICE_LIST = table(
    Rule(
        "type",
        lambda call: read(call, "type") == "recurring",
        "The sandbox does not support recurring prices.",
        "§6 `recurring` is not built",
        "sandbox_unsupported",
    ),
)

# Gone from writes at this version (§0, §2.2): operation → parameter → code and what to do.
REMOVED = {
    "payment_method_types": (
        "payment_method_types_no_longer_supported",
        "The parameter payment_method_types is no longer supported; use allowed_payment_method_types.",
    ),
}
