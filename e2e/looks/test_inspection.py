"""The inspection itself sees what it is there for."""

from __future__ import annotations

from pathlib import Path

import pytest

from e2e.inspection import Inspection
from e2e.pages.shop import Shop

BAD = """<!doctype html><html lang="en"><title>Bad</title>
<header class="bar"><p class="brand">Shop</p><p class="you">Sign in</p></header>
<nav style="overflow-x: auto; width: 5rem; white-space: nowrap">Another page
<a href="/" aria-current="page">Here</a></nav>
<main><h1>One</h1><h1>Two</h1>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><pre>%s</pre></main></html>"""


@pytest.mark.parametrize(
    "wrong",
    [
        "image-alt",
        "not one h1 but ['One', 'Two']",
        "hang out to the right",
        "the header stands in more than one row",
        "out of sight though current: ['Here']",
    ],
)
def test_bad_page_is_reported(shop: Shop, tmp_path: Path, wrong: str) -> None:
    look = Inspection(tmp_path)
    shop.page.set_content(BAD % ("far too wide " * 50))

    look(shop.page, "bad")

    with pytest.raises(AssertionError) as found:
        look.check()
    assert wrong in str(found.value)
