"""The inspection itself sees what it is there for."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Route

from e2e.inspection import Inspection
from e2e.pages.shop import Shop

BAD = """<!doctype html><html lang="en"><title>Bad</title>
<header class="bar"><p class="brand">Shop</p><p class="you">Sign in</p></header>
<nav style="overflow-x: auto; width: 5rem; white-space: nowrap">Another page
<a href="/" aria-current="page">Here</a></nav>
<main><h1>One</h1><h1>Two</h1>
<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw="><pre>%s</pre></main></html>"""

# Says when somebody waits for the stylesheet; the script goes before it, or it would wait too.
DRESSED_LATE = """<!doctype html><html lang="en"><title>Late</title><script>
Object.defineProperty(HTMLLinkElement.prototype, "onload", {
  set(go) { this.addEventListener("load", go); console.info("waits"); } });
</script><link rel="stylesheet" href="http://localhost/late.css"><main><h1>One</h1><pre>%s</pre></main></html>"""


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


def test_page_is_looked_at_when_its_stylesheet_has_come(shop: Shop, tmp_path: Path) -> None:
    held: list[Route] = []
    shop.page.route("**/late.css", lambda route: held.append(route))
    shop.page.on("console", lambda _: held.pop().fulfill(content_type="text/css", body="pre { display: none }"))
    look = Inspection(tmp_path)
    with shop.page.expect_request("**/late.css"):
        shop.page.set_content(DRESSED_LATE % ("far too wide " * 50), wait_until="commit")

    look(shop.page, "late")

    look.check()
