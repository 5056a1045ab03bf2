"""The demo's shelves: what they promise, and that loading again adds nothing."""

from collections import Counter

from store.kit.db import fetch, fetch_value
from store.seed_data.load import VENDORS, read_vendors, seed_catalogue
from tests.facts import broken
from tests.look.markup import Outline
from tests.shelves import ROOT, open_browser, read_words

TABLES = ("category", "vendor", "product", "variant", "stock_move")


async def count_rows() -> list[int]:
    return [await fetch_value(f"SELECT count(*) FROM {table}") for table in TABLES]


async def test_shop_is_stocked_as_promised_when_seeded(db: str) -> None:
    await seed_catalogue()

    kinds = Counter(
        (row["currency"], row["charge_type"], row["country"])
        for row in await fetch("SELECT currency, charge_type, country FROM vendor")
    )
    assert kinds == {
        ("USD", "destination", "US"): 3,
        ("USD", "direct", "US"): 1,
        ("EUR", "direct", "DE"): 1,
        ("JPY", "direct", "JP"): 1,
    }
    assert (await count_rows())[:3] == [6, 6, 36]
    assert await fetch_value("SELECT email FROM vendor WHERE slug = $1", VENDORS[0]) == "vera@kiln.example"
    assert await fetch_value("SELECT count(*) FROM vendor WHERE delivery_price = 0") == 1
    assert (
        await fetch_value(
            "SELECT count(*) FROM (SELECT product FROM variant GROUP BY product HAVING count(*) > 1) AS several"
        )
        == 8
    )
    assert await broken("I5") == []


async def test_one_is_sold_out_and_one_is_low_when_seeded(db: str) -> None:
    await seed_catalogue()

    async with open_browser() as browser:
        tote, vase = await browser.get("/p/canvas-tote"), await browser.get("/p/stoneware-vase")

    assert "Sold out" in read_words(tote)
    assert "Only 2 left" in read_words(vase)


async def test_nothing_is_added_when_seeded_again(db: str) -> None:
    await seed_catalogue()
    before = await count_rows()
    await fetch("UPDATE product SET title = 'Vera renamed it' WHERE slug = 'enamel-mug'")

    await seed_catalogue()

    assert await count_rows() == before
    assert await fetch_value("SELECT count(*) FROM product WHERE title = 'Vera renamed it'") == 1


async def test_nothing_can_be_bought_when_no_account_was_opened(db: str) -> None:
    await seed_catalogue()

    assert await fetch_value("SELECT count(*) FROM vendor WHERE state = 'not_started' AND account_ref IS NULL") == 6


async def test_every_product_has_a_picture_and_words_when_read() -> None:
    products = [product for vendor in read_vendors() for product in vendor["product"]]

    assert len({product["slug"] for product in products}) == 36
    for product in products:
        assert (ROOT / "static" / "art" / f"{product['slug']}.svg").is_file()
        assert product["summary"].endswith(".")
        assert product["art_text"].endswith("printed in two inks")


async def test_every_page_opens_when_seeded(db: str) -> None:
    await seed_catalogue()
    paths = ["/", "/?page=3", "/?x=1&category=paper", "/search?q=mug", "/search?q=zeppelin"]
    paths += ["/?category=lighting&seller=saltline", "/?sort=price", "/cart"]
    paths += [f"/c/{row['slug']}" for row in await fetch("SELECT slug FROM category")]
    paths += [f"/s/{slug}" for slug in VENDORS]
    paths += [f"/p/{row['slug']}" for row in await fetch("SELECT slug FROM product")]

    async with open_browser() as browser:
        pages = {path: await browser.get(path) for path in paths}

    assert {path: page.status_code for path, page in pages.items() if page.status_code != 200} == {}
    problems = {path: Outline(page.text).find_problems() for path, page in pages.items()}
    assert {path: found for path, found in problems.items() if found} == {}
