"""What may not reach a log is masked by the name it stands under and by what it looks like.

Masked are secrets and keys, tokens and cookies, signatures, card numbers (Luhn) and e-mail addresses; ids of
rows and of provider objects stay, since a log is read for them. The canary test tries every door.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"
SECRET_WORDS = frozenset(
    {"secret", "password", "passwd", "pwd", "token", "authorization", "cookie", "cookies", "signature"}
    | {"apikey", "credential", "credentials", "sid", "pan", "cvc", "cvv"}
)
SECRET_NAMES = frozenset({"api_key", "card_number", "secret_key", "database_url", "smtp_url", "dsn"})
PERSON_NAMES = frozenset(
    {"full_name", "address", "address_line1", "address_line2", "postcode", "phone", "name_on_card"}
    | {"customer_details", "shipping"}
)
MOST_DEPTH = 8

# Repetitions are bounded: a long line must not take quadratic time.
PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?:sk|rk)_(?:test|live)_[A-Za-z0-9]+"), MASK),
    (re.compile(r"whsec_[!-+\--~]+?(?=[\s\"'\\,]|$)"), MASK),
    (re.compile(r"_secret_[A-Za-z0-9]+"), f"_secret_{MASK}"),
    (re.compile(r"\b(Bearer|Basic)\s+[^\s\"',]+", re.IGNORECASE), rf"\1 {MASK}"),
    (re.compile(r"\b(v[01])=[0-9a-f]{16,}"), rf"\1={MASK}"),
    (re.compile(r"((?:__Host-[\w-]+|\bsid|\bcart|\bsession)=)[^\s;\"',]+"), rf"\1{MASK}"),
    (re.compile(r"(\w{1,20}://[^:/\s\"']*:)[^@/\s\"']+@"), rf"\1{MASK}@"),
    (re.compile(r"[A-Za-z0-9._%+'-]{1,64}@([A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+)"), rf"{MASK}@\1"),
    # Tokens of 128 and 256 bits as kit.ids and sessions make them: as a path segment, or by their mixture.
    (re.compile(r"(?<=/)(?:[\w-]{43}|[\w-]{22})(?=[/?#\s\"'\\),]|$)"), MASK),
    (
        re.compile(r"(?<![\w-])(?=[\w-]*[A-Z])(?=[\w-]*[a-z])(?=[\w-]*[\d_-])(?:[\w-]{43}|[\w-]{22})(?![\w-])"),
        MASK,
    ),
)
DIGITS = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,18}(?!\d)")


def mask(value: Any, depth: int = 0) -> Any:
    """`value` with everything masked, as plain text, numbers, lists and mappings."""
    if value is None or isinstance(value, (bool, float)):
        return value
    if isinstance(value, int):
        return MASK if _is_card(str(value)) else value
    if isinstance(value, Mapping) and depth < MOST_DEPTH:
        return {mask_text(str(key)): mask_named(str(key), item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)) and depth < MOST_DEPTH:
        return [mask(item, depth + 1) for item in value]
    if isinstance(value, bytes):
        return mask_text(value.decode("utf-8", "replace"))
    return mask_text(value if isinstance(value, str) else repr(value))


def mask_named(name: str, value: Any, depth: int = 0) -> Any:
    """`value` as it may be logged under `name`."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    secret = plain in SECRET_NAMES or plain in PERSON_NAMES or not SECRET_WORDS.isdisjoint(plain.split("_"))
    return MASK if secret and value not in (None, "", (), []) else mask(value, depth)


def mask_text(text: str) -> str:
    """`text` without what looks like a secret, a card number or an e-mail address."""
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return DIGITS.sub(lambda found: MASK if _is_card(found[0]) else found[0], text)


def _is_card(text: str) -> bool:
    digits = [int(c) for c in text if c.isdigit()]
    if not 13 <= len(digits) <= 19:
        return False
    doubled = [d if n % 2 == 0 else d * 2 - 9 * (d > 4) for n, d in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0
