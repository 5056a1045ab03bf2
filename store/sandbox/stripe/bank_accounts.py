"""Test bank accounts: what each number does as the delayed method "Bank debit", and when (docs.stripe.com/testing);
which make a payout fail.

`us_bank_account` goes with US dollars, `sepa_debit` with euros. The provider's own numbers keep their meaning; it
has none for "after three days" (and for US accounts none for "after three minutes"): those are this sandbox's.
Invariant: a number outside the table never pays.
"""

from dataclasses import dataclass

MINUTES = 180
DAYS = 3 * 86400
CURRENCY = {"us_bank_account": "usd", "sepa_debit": "eur"}


@dataclass(frozen=True)
class BankAccount:
    """One test account; `seconds` of the sandbox's clock pass before the bank answers."""

    type: str
    number: str
    does: str
    seconds: int = 0
    fails: bool = False


BANK_ACCOUNTS = (
    BankAccount("us_bank_account", "000123456789", "Succeeds at once"),
    BankAccount("us_bank_account", "000123456797", "Succeeds after 3 minutes", MINUTES),
    BankAccount("us_bank_account", "000123456805", "Succeeds after 3 days", DAYS),
    BankAccount("us_bank_account", "000222222227", "Fails at once: insufficient funds", 0, True),
    BankAccount("us_bank_account", "000222222235", "Fails after 3 minutes: insufficient funds", MINUTES, True),
    BankAccount("us_bank_account", "000222222243", "Fails after 3 days: insufficient funds", DAYS, True),
    BankAccount("sepa_debit", "AT611904300234573201", "Succeeds at once"),
    BankAccount("sepa_debit", "AT321904300235473204", "Succeeds after 3 minutes", MINUTES),
    BankAccount("sepa_debit", "AT751904300235473206", "Succeeds after 3 days", DAYS),
    BankAccount("sepa_debit", "AT861904300235473202", "Fails at once: insufficient funds", 0, True),
    BankAccount("sepa_debit", "AT051904300235473205", "Fails after 3 minutes: insufficient funds", MINUTES, True),
    BankAccount("sepa_debit", "AT481904300235473207", "Fails after 3 days: insufficient funds", DAYS, True),
)

# External accounts to which payouts fail, with the failure's code and message (docs.stripe.com/connect/testing).
PAYOUT_FAILURES = {
    "000111111116": ("no_account", "The bank has no account of this number."),
    "000111111113": ("account_closed", "The bank account has been closed."),
    "000222222227": ("insufficient_funds", "The Stripe account has insufficient funds for the payout."),
}


def find_bank_account(type: str, typed: str) -> BankAccount | None:
    """Return the test account of this type that was typed (spaces and case do not count), or None."""
    number = "".join(typed.split()).upper()
    return next((bank for bank in BANK_ACCOUNTS if bank.type == type and bank.number == number), None)


def offered_types(allowed: list[str] | None, excluded: list[str], currency: str, *, manual: bool) -> list[str]:
    """Return the payment method types a session or an intent has; incompatible ones are dropped without a word.

    Cards are the default. A bank debit needs its currency, and cannot be captured later.
    """
    banks = [type for type, needed in CURRENCY.items() if needed == currency and not manual]
    return [type for type in ["card", *banks] if type in (allowed or ["card"]) and type not in excluded]
