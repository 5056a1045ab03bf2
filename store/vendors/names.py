"""What a shop may be called: one rule for whatever form a name comes by.

Two names are the same when nobody could tell them apart by reading: NFKC and casefolded, any run of spaces as one. What
cannot be seen, or changes how its neighbours are shown, is in no name.
"""

from __future__ import annotations

import unicodedata

SHORTEST = 2
SHORT = "Enter your shop’s name, such as Kiln & Co."
UNSEEN = "The name has a character that cannot be seen. Type it anew instead of pasting it."
# Control, format (zero width, writing direction), half a character, private; line and paragraph separator.
NEVER = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
# Letters and a symbol by category, and blank all the same: fillers of Hangul, an empty braille cell; a joiner.
BLANK = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f")


def name_key(name: str) -> str:
    """Which name it is: of two shops with the same key the second has to take another."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).split())


def find_flaw(name: str) -> str:
    """Why no shop may be called this, in words; "" when one may."""
    if any(unicodedata.category(letter) in NEVER or letter in BLANK for letter in name):
        return UNSEEN
    return SHORT if len(name_key(name)) < SHORTEST else ""
