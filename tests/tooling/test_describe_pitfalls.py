"""Each of PayPal's known pitfalls has a test that is named after its number, and the number is one of the list's."""

from __future__ import annotations

import ast
import re
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).parents[2]
KNOWN = 21
# What a page does in a browser has to be seen in one.
IN_A_BROWSER = {12, 13, 16}


def list_pitfalls(folder: str) -> Counter[int]:
    """How many tests below a folder carry each number."""
    found: Counter[int] = Counter()
    for path in sorted((ROOT / folder).rglob("test_*.py")):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_paypal_pitfall"):
                found.update(int(number) for number in re.findall(r"pitfall_(\d\d)_", node.name))
    return found


def test_every_pitfall_of_paypal_has_its_test() -> None:
    found = list_pitfalls("tests")

    assert sorted(found) == list(range(1, KNOWN + 1))


def test_every_pitfall_is_tried_on_the_shop_and_those_of_a_browser_in_one() -> None:
    sandbox, browser = list_pitfalls("tests/sandbox"), list_pitfalls("tests/sandbox/paypal/browser")

    # The pages of the browser's tests run the shop's own script under the shop's own headers.
    of_the_shop = list_pitfalls("tests") - sandbox
    assert set(range(1, KNOWN + 1)) - of_the_shop.keys() <= browser.keys()
    assert browser.keys() >= IN_A_BROWSER
