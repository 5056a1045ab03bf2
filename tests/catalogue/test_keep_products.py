"""Products as rows: a draft, saved at the version that was seen, published when nothing is missing, archived."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from store.catalogue.queries.product import read_product
from store.catalogue.service.products import (
    Goods,
    NotReady,
    Stale,
    Words,
    archive_product,
    close_shelf,
    create_product,
    hide_product,
    open_shelf,
    publish_product,
    restore_product,
    save_product,
    save_variants,
)
from store.kit.db import fetch, fetch_value, transaction
from store.kit.errors import NotFound, ShopError
from tests.guards import unguarded
from tests.shelves import make_category, make_product, make_vendor
from tests.world import rows


async def make_words(title: str = "Crème brûlée dish", **changes: Any) -> Words:
    return Words(**{
        "title": title, "summary": "A dish.", "description": "Shallow.", "category": await make_category(), **changes,
    })  # fmt: skip


async def create(vendor: UUID, words: Words, first: Goods | None) -> UUID:
    product = uuid4()
    await create_product(vendor, product, words, first)
    return product


def goods(price: int = 2400, stock: int = 0, **changes: Any) -> Goods:
    return Goods(**{"id": None, "label": "", "price": price, "stock_change": stock, **changes})


async def read_row(product: UUID) -> dict[str, Any]:
    [row] = await rows("SELECT * FROM product WHERE id = $1", product)
    return row


async def read_stock(product: UUID) -> list[int]:
    found = await rows("SELECT on_hand FROM variant WHERE product = $1 ORDER BY position", product)
    return [row["on_hand"] for row in found]


async def test_draft_has_an_address_a_price_and_stock_when_created(db: str) -> None:
    vera = await make_vendor(currency="JPY")

    product = await create(vera, await make_words(), goods(2400, 7))

    row = await read_row(product)
    assert (row["slug"], row["currency"], row["price"], row["published"]) == ("creme-brulee-dish", "JPY", 2400, False)
    assert await read_stock(product) == [7]
    assert await read_product(row["slug"]) is None


async def test_one_draft_is_made_when_its_form_is_sent_twice(db: str) -> None:
    vera, otto = await make_vendor(), await make_vendor("otto")
    product = await create(vera, await make_words("Mug"), goods(2400, 7))

    await create_product(vera, product, await make_words("Mug"), goods(2400, 7))
    with pytest.raises(NotFound):
        await create_product(otto, product, await make_words("Mine"), goods())

    assert len(await rows("SELECT id FROM product")) == 1
    assert await read_stock(product) == [7]


async def test_second_product_of_a_name_gets_an_address_of_its_own(db: str) -> None:
    vera = await make_vendor()

    first, second = [await create(vera, await make_words("Mug"), goods()) for _ in range(2)]

    assert (await read_row(first))["slug"] == "mug"
    assert (await read_row(second))["slug"].startswith("mug-")


async def test_words_price_and_stock_change_when_saved_at_the_version_that_was_seen(db: str) -> None:
    vera = await make_vendor()
    product = await create(vera, await make_words(), goods(2400, 7))
    variant = await fetch_value("SELECT id FROM variant")

    await save_product(vera, product, 1, await make_words("Dish", summary=""), goods(2600, -2, id=variant))

    row = await read_row(product)
    assert (row["title"], row["summary"], row["price"], row["version"]) == ("Dish", "", 2600, 2)
    assert await read_stock(product) == [5]
    assert row["slug"] == "creme-brulee-dish"


async def test_nothing_is_written_when_somebody_saved_meanwhile(db: str) -> None:
    vera = await make_vendor()
    product = await create(vera, await make_words(), goods(2400, 7))
    variant = await fetch_value("SELECT id FROM variant")
    await save_product(vera, product, 1, await make_words("Hers"), None)

    with pytest.raises(Stale):
        await save_product(vera, product, 1, await make_words("His"), goods(1, 50, id=variant))
    with pytest.raises(Stale):
        await save_variants(vera, product, 1, [goods(1, id=variant)])

    row = await read_row(product)
    assert (row["title"], row["price"], row["version"]) == ("Hers", 2400, 2)
    assert await read_stock(product) == [7]


async def test_nothing_happens_when_the_product_is_somebody_elses(db: str) -> None:
    vera, otto = await make_vendor(), await make_vendor("otto")
    product = await create(vera, await make_words(), goods())
    variant = await fetch_value("SELECT id FROM variant")
    before = await read_row(product)

    attempts: list[Any] = [
        save_product(otto, product, 1, await make_words("Mine"), None),
        save_variants(otto, product, 1, [goods(id=variant)]),
        publish_product(otto, product),
        hide_product(otto, product),
        archive_product(otto, product),
        restore_product(otto, product),
        publish_product(otto, uuid4()),
    ]
    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt

    assert await read_row(product) == before


async def test_variant_of_another_product_is_not_taken_over(db: str) -> None:
    vera = await make_vendor()
    (strange,) = await make_product(await make_vendor("otto"))
    product = await create(vera, await make_words(), goods())

    with pytest.raises(NotFound):
        await save_variants(vera, product, 1, [goods(1, id=strange)])

    assert await fetch_value("SELECT price FROM variant WHERE id = $1", strange) == 2400


async def test_more_than_is_free_cannot_be_taken_away(db: str) -> None:
    vera = await make_vendor()
    product = await create(vera, await make_words(), goods(2400, 3))
    variant = await fetch_value("SELECT id FROM variant")

    with pytest.raises(ShopError, match="Only 3 are free"):
        await save_product(vera, product, 1, await make_words("New"), goods(2400, -4, id=variant))

    assert (await read_row(product))["title"] == "Crème brûlée dish"


async def test_variants_are_added_renamed_and_taken_off_sale(db: str) -> None:
    vera = await make_vendor()
    product = await create(vera, await make_words(), goods(2400, 1))
    first = await fetch_value("SELECT id FROM variant")

    await save_variants(
        vera, product, 1, [goods(2400, 0, id=first, label="Small", published=False), goods(2900, 4, label="Large")]
    )

    row = await read_row(product)
    assert row["price"] == 2900
    assert await read_stock(product) == [1, 4]
    await publish_product(vera, product)
    shown = await read_product(row["slug"])
    assert shown is not None
    assert [choice.label for choice in shown.choices] == ["Large"]


@pytest.mark.parametrize(
    ("changes", "priced", "words"),
    [
        ({"description": ""}, True, "Enter a description"),
        ({}, False, "Enter a price."),
        ({"description": ""}, False, "Enter a price."),
    ],
)
async def test_publishing_is_refused_in_words_while_something_is_missing(
    db: str, changes: dict[str, str], priced: bool, words: str
) -> None:
    vera = await make_vendor()
    product = await create(vera, await make_words(**changes), goods() if priced else None)

    with pytest.raises(NotReady, match=words):
        await publish_product(vera, product)

    assert not (await read_row(product))["published"]


async def test_publishing_is_refused_when_two_variants_have_no_name(db: str) -> None:
    vera = await make_vendor()
    product = await create(vera, await make_words(), None)
    await save_variants(vera, product, 1, [goods(1000, label="Small"), goods(1200)])

    with pytest.raises(NotReady, match="Give every variant a name"):
        await publish_product(vera, product)


async def test_product_comes_and_goes_when_published_hidden_archived_and_restored(db: str) -> None:
    vera = await make_vendor()
    product = await create(vera, await make_words(), goods())

    seen = []
    for verb in (publish_product, hide_product, publish_product, archive_product, restore_product):
        await verb(vera, product)
        row = await read_row(product)
        seen.append((row["published"], row["archived_at"] is not None))

    assert seen == [(True, False), (False, False), (True, False), (False, True), (False, False)]


async def test_shelf_comes_back_as_it_was_when_a_shop_closes_and_opens(db: str) -> None:
    vera, otto = await make_vendor(), await make_vendor("otto")
    await make_product(vera, "mug")
    await make_product(vera, "draft", published=False)
    await make_product(otto, "towel")

    async with transaction():
        assert await close_shelf(vera) == 1
    assert [row["slug"] for row in await rows("SELECT slug FROM product WHERE published")] == ["towel"]
    async with transaction():
        assert await open_shelf(vera) == 1

    assert [row["slug"] for row in await rows("SELECT slug FROM product WHERE published ORDER BY slug")] == [
        "mug",
        "towel",
    ]


async def test_nothing_is_published_while_its_shop_is_closed(db: str) -> None:
    vera = await make_vendor()
    product = await create(vera, await make_words(), goods())
    await fetch("UPDATE vendor SET paused = true, closed_at = now() WHERE id = $1", vera)

    with pytest.raises(NotReady, match="Open your shop again"):
        await publish_product(vera, product)


async def test_database_refuses_an_archived_product_on_the_shelf_and_the_check_is_needed(db: str) -> None:
    await make_product(await make_vendor())

    with pytest.raises(asyncpg.CheckViolationError):
        await fetch("UPDATE product SET archived_at = now()")
    async with unguarded("ALTER TABLE product DROP CONSTRAINT product_archived"):
        await fetch("UPDATE product SET archived_at = now()")
