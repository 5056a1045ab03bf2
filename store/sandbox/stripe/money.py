"""Amounts: minor units, smallest charges, the provider's fee, and the fixed exchange table of the sandbox.

Invariant: integers and Decimals only, every rounding is half up, and converting never depends on the date.
Minimums: docs.stripe.com/currencies. The fee (2.9 % + 30 minor units) is the sandbox's own rule for every
currency.
"""

from decimal import ROUND_HALF_UP, Decimal

from store.sandbox.kernel.errors import refuse

ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
# The last digit must be 0.
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
# Without decimals, yet sent with two, which must be 00.
WHOLE_HUNDREDS = frozenset(["isk", "ugx"])
MAX_AMOUNT = 99_999_999
# Major units.
MINIMUM = {
    **dict.fromkeys(["usd", "eur", "aud", "cad", "chf", "brl", "nzd", "sgd", "inr"], Decimal("0.50")),
    "gbp": Decimal("0.30"),
    **dict.fromkeys(["aed", "pln", "ron", "myr"], Decimal("2.00")),
    "czk": Decimal(15),
    "dkk": Decimal("2.50"),
    "hkd": Decimal(4),
    "huf": Decimal(175),
    **dict.fromkeys(["jpy", "krw"], Decimal(50)),
    **dict.fromkeys(["mxn", "thb"], Decimal(10)),
    **dict.fromkeys(["nok", "sek"], Decimal(3)),
}
# One major unit in US dollars; a fixed table, so that every run books the same amounts.
IN_USD = {
    "usd": Decimal(1),
    "eur": Decimal("1.08"),
    "gbp": Decimal("1.27"),
    "chf": Decimal("1.12"),
    "cad": Decimal("0.73"),
    "aud": Decimal("0.66"),
    "sek": Decimal("0.095"),
    "nok": Decimal("0.094"),
    "dkk": Decimal("0.145"),
    "pln": Decimal("0.25"),
    "jpy": Decimal("0.0065"),
    "aed": Decimal("0.2723"),
    "bhd": Decimal("2.65"),
    "brl": Decimal("0.18"),
    "czk": Decimal("0.043"),
    "hkd": Decimal("0.128"),
    "huf": Decimal("0.0027"),
    "inr": Decimal("0.0117"),
    "isk": Decimal("0.0072"),
    "jod": Decimal("1.41"),
    "krw": Decimal("0.00072"),
    "kwd": Decimal("3.25"),
    "mxn": Decimal("0.053"),
    "myr": Decimal("0.23"),
    "nzd": Decimal("0.59"),
    "omr": Decimal("2.60"),
    "ron": Decimal("0.22"),
    "sgd": Decimal("0.75"),
    "thb": Decimal("0.029"),
    "tnd": Decimal("0.32"),
    "ugx": Decimal("0.00027"),
}
COUNTRY_CURRENCY = {
    **dict.fromkeys(["AT", "BE", "DE", "ES", "FI", "FR", "IE", "IT", "LU", "NL", "PT"], "eur"),
    "US": "usd",
    "GB": "gbp",
    "CH": "chf",
    "CA": "cad",
    "AU": "aud",
    "SE": "sek",
    "NO": "nok",
    "DK": "dkk",
    "PL": "pln",
    "JP": "jpy",
}


def stripe_fee(amount: int, currency: str) -> int:
    """Return the provider's fee on a charge, minor units of the settlement `currency`, in its steps."""
    return round_to_step(Decimal(amount) * Decimal("0.029") + 30, currency)


def exponent(currency: str) -> int:
    """Return how many decimals the currency has on the wire."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def convert(amount: int, source: str, target: str) -> tuple[int, Decimal | None]:
    """Return the amount in the target's minor units and the rate, which is None if nothing was converted."""
    if source == target:
        return amount, None
    rate = (IN_USD[source] / IN_USD[target]).quantize(Decimal("0.00000001"), ROUND_HALF_UP).normalize()
    return round_half_up(Decimal(amount).scaleb(exponent(target) - exponent(source)) * rate), rate


def share(part: int, whole: int, amount: int) -> int:
    """Return `amount` × part / whole, rounded half up."""
    return round_half_up(Decimal(amount) * part / whole)


def round_half_up(value: Decimal) -> int:
    """Return the nearest integer; halves go away from zero."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def round_to_step(value: Decimal, currency: str) -> int:
    """Return the nearest amount that the currency can have; halves go away from zero."""
    return round_half_up(value / step_of(currency)) * step_of(currency)


def step_of(currency: str) -> int:
    """Return what every amount of the currency is a multiple of (docs.stripe.com/currencies#special-cases)."""
    return 10 if currency in THREE_DECIMAL else 100 if currency in WHOLE_HUNDREDS else 1


def check_step(amount: int, currency: str, param: str) -> None:
    """Refuse an amount that the currency cannot have."""
    if amount % step_of(currency):
        raise refuse(
            f"Invalid amount: in {currency.upper()} it must be a multiple of {step_of(currency)} ({amount} is not).",
            param=param,
        )


def check_currency(currency: str, param: str) -> str:
    """Return the lower-case currency; refuse one the sandbox has no rate for."""
    lowered = currency.lower()
    if lowered not in IN_USD:
        raise refuse(f"Invalid currency: {currency}. The sandbox knows {', '.join(IN_USD)}.", param=param)
    return lowered


def check_amount(amount: int, currency: str, param: str) -> None:
    """Refuse a charge below the currency's minimum or of more than eight digits."""
    if amount > MAX_AMOUNT:
        raise refuse(
            f"Amount must be no more than {format_amount(MAX_AMOUNT, currency)}",
            param=param,
            code="amount_too_large",
        )
    check_step(amount, currency, param)
    smallest = smallest_amount(currency)
    if amount < smallest:
        raise refuse(
            f"The total amount due must add up to at least {format_amount(smallest, currency)}",
            param=param,
            code="amount_too_small",
        )


def smallest_amount(currency: str) -> int:
    """Return the currency's smallest charge, minor units; where none is published, what 0.50 USD is worth."""
    if currency in MINIMUM:
        return int(MINIMUM[currency].scaleb(exponent(currency)))
    step = 10 if currency in THREE_DECIMAL else 100
    return -(-convert(50, "usd", currency)[0] // step) * step


def format_amount(amount: int, currency: str) -> str:
    """Return an amount for a message: `12.50 usd`."""
    digits = exponent(currency)
    return f"{Decimal(amount).scaleb(-digits):,.{digits}f} {currency}"
