"""Pictures on the shop's pages and at their own address."""

from __future__ import annotations

import io
import re
from typing import Any
from uuid import UUID

import pytest
from PIL import Image

from store.cart.service import add_line
from store.catalogue.imaging import encode
from store.catalogue.service.pictures import add_picture, remove_picture
from store.kit.db import fetch_value
from tests.catalogue.pictures import make_picture
from tests.shelves import make_product, make_vendor, open_browser


async def show_a_mug(width: int = 1600, height: int = 1200) -> tuple[UUID, UUID, str]:
    """Vera's mug with a picture; returns vendor, picture and its random name."""
    vendor = await make_vendor()
    await make_product(vendor)
    picture = await add_picture(
        vendor, await fetch_value("SELECT id FROM product"), encode(make_picture(width, height)), 'A "blue" mug'
    )
    return vendor, picture, await fetch_value("SELECT name FROM picture")


async def get(path: str) -> Any:
    async with open_browser() as browser:
        return await browser.get(path)


@pytest.mark.parametrize(
    ("ending", "kind", "width"),
    [("webp", "webp", 400), ("webp", "webp", 800), ("jpg", "jpeg", 800), ("jpg", "jpeg", 1200)],
)
async def test_rendition_is_served_for_ever_and_runs_nothing(db: str, ending: str, kind: str, width: int) -> None:
    _, _, name = await show_a_mug()

    answer = await get(f"/media/{name}-{width}.{ending}")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == f"image/{kind}"
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-disposition"] == f'inline; filename="{name}-{width}.{ending}"'
    assert answer.headers["content-security-policy"].endswith("; sandbox")
    assert Image.open(io.BytesIO(answer.content)).size[0] == width


@pytest.mark.parametrize("end", ["-801.webp", "-800.png", "-800.svg", "", "-0800.webp", "-800.webp%00", "-800.webp/.."])
async def test_nothing_is_at_any_other_address(db: str, end: str) -> None:
    _, _, name = await show_a_mug()

    assert (await get(f"/media/{name}{end}")).status_code == 404


async def test_product_page_and_card_show_the_picture_in_its_widths(db: str) -> None:
    _, _, name = await show_a_mug()

    page, shelf = await get("/p/enamel-mug"), await get("/")

    wide = ", ".join(f"/media/{name}-{width}.webp {width}w" for width in (400, 800, 1200))
    for text in (page.text, shelf.text):
        assert f'<source type="image/webp" srcset="{wide}" sizes="' in text
        assert f'src="/media/{name}-800.jpg"' in text
        assert 'width="1200" height="900"' in text
    assert 'alt="A &#34;blue&#34; mug"' in page.text
    # On a card the title stands beside it.
    assert re.search(r'-1200\.jpg 1200w"[^>]*alt=""', shelf.text)


async def test_drawing_is_shown_again_when_the_picture_is_removed(db: str) -> None:
    vendor, picture, name = await show_a_mug()

    await remove_picture(vendor, picture)

    for path in ("/", "/p/enamel-mug"):
        text = (await get(path)).text
        assert name not in text
        assert "/static/art/enamel-mug.svg" in text


async def test_cart_shows_the_small_one(db: str) -> None:
    _, _, name = await show_a_mug(300, 300)
    token = await add_line(None, await fetch_value("SELECT id FROM variant"), 1)

    async with open_browser() as browser:
        browser.cookies.set("cart", token)
        page = await browser.get("/cart")

    assert f'src="/media/{name}-300.webp"' in page.text
