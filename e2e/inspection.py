"""What no page may have: violations of WCAG 2.2 AA or good practice (axe-core), a second first heading, a part that
hangs out of a telephone, a header in two rows, a current page that its list hides. Each look leaves a picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
RUN = "(tags) => axe.run(document, {runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']})"
# A page that was come to by a click may be read before its stylesheet is there; false when it does not come.
DRESSED = """() => {
  const late = [...document.querySelectorAll("link[rel=stylesheet]")].filter((link) => !link.sheet);
  const all = Promise.all(late.map((link) => new Promise((go) => (link.onload = link.onerror = go))));
  return Promise.race([all.then(() => true), new Promise((go) => setTimeout(() => go(false), 5000))]);
}"""
MEASURE = """() => ({
  hangsOut: document.documentElement.scrollWidth - document.documentElement.clientWidth,
  headings: [...document.querySelectorAll("h1")].map((heading) => heading.textContent.trim()),
  rows: [...document.querySelectorAll(".bar .brand, .bar .you, .bar #cart-link")].map((part) => {
    const { top, bottom } = part.getBoundingClientRect();
    return Math.round((top + bottom) / 20);
  }),
  unseen: [...document.querySelectorAll("[aria-current]")].filter((current) => {
    const { left, right } = current.getBoundingClientRect();
    let list = current.parentElement;
    while (list && !["auto", "scroll"].includes(getComputedStyle(list).overflowX)) list = list.parentElement;
    const frame = list?.getBoundingClientRect() ?? { left: 0, right: innerWidth };
    return right - left > 0 && (left < frame.left - 1 || right > frame.right + 1);
  }).map((current) => current.textContent.trim()),
})"""


class Inspection:
    """Looks at pages as they stand and remembers what is wrong with them."""

    def __init__(self, pictures: Path) -> None:
        self._pictures = pictures
        self._problems: list[str] = []

    def __call__(self, page: Page, state: str) -> None:
        """Inspect the page in both sizes under the name of its state; the window keeps its size."""
        if not page.evaluate(DRESSED):
            self._problems.append(f"{state}: its stylesheet has not come")
        before = page.viewport_size
        for size, (width, height) in SIZES.items():
            page.set_viewport_size({"width": width, "height": height})
            self._measure(page, f"{state}, {size}")
            self._run_axe(page, f"{state}, {size}")
            page.screenshot(path=self._pictures / f"{state}.{size}.png", full_page=True)
        if before:
            page.set_viewport_size(before)

    def check(self) -> None:
        """Fail with everything that was found."""
        assert not self._problems, "\n".join(self._problems)

    def _measure(self, page: Page, where: str) -> None:
        found = page.evaluate(MEASURE)
        if found["hangsOut"] > 0:
            self._problems.append(f"{where}: {found['hangsOut']} px hang out to the right")
        if len(found["headings"]) != 1:
            self._problems.append(f"{where}: not one h1 but {found['headings']}")
        if len(set(found["rows"])) > 1:
            self._problems.append(f"{where}: the header stands in more than one row")
        if found["unseen"]:
            self._problems.append(f"{where}: out of sight though current: {found['unseen']}")

    def _run_axe(self, page: Page, where: str) -> None:
        page.evaluate(AXE)  # evaluated by the debugger: the page's policy stays as it is
        for violation in page.evaluate(RUN, TAGS)["violations"]:
            self._problems.append(f"{where}: {_describe(violation)}")


def _describe(violation: Mapping[str, Any]) -> str:
    nodes = "".join(f"\n    {node['html'][:160]}\n      {node['failureSummary']}" for node in violation["nodes"][:3])
    return f"{violation['id']} ({violation['help']}), {len(violation['nodes'])} times{nodes}"
