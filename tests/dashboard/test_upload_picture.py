"""Vera adds a picture: made anew, described, ordered, removed with Undo; what is no picture is refused in words."""

from __future__ import annotations

import io
import re
from typing import Any

import httpx
import pytest
from PIL import Image

from store.catalogue.imaging import MOST_BYTES
from tests.catalogue.pictures import GPS, make_bomb, make_located, make_picture
from tests.dashboard.keeping import enter, follow, path_of_product
from tests.facts import one, value
from tests.look.markup import Outline
from tests.shelves import read_words
from tests.world import Browser, World, rows

ALT = "A bowl of blue pasta"


async def upload(browser: Browser, path: str, body: bytes, alt: str = ALT, **fields: Any) -> httpx.Response:
    """Send the picture's form of a product, as a browser would."""
    product = path.rpartition("/")[2]
    return await browser.client.post(
        f"/sell/uploads/{product}", files={"picture": ("IMG 1.jpg", body, "image/jpeg")}, data={"alt": alt, **fields}
    )


async def test_picture_is_on_the_shelf_without_its_place_when_added(world: World) -> None:
    vera = await enter(world)
    path = await path_of_product("pasta-bowl")
    located = make_located()
    assert Image.open(io.BytesIO(located)).getexif().get_ifd(GPS)

    page = await follow(vera, await upload(vera, path, located))

    assert "The picture is there." in page.text
    assert Outline(page.text).find_problems() == []
    name = await value("SELECT name FROM picture")
    shop = await world.browser().get("/p/pasta-bowl")
    assert f'alt="{ALT}"' in shop.text
    addresses = set(re.findall(rf"/media/{name}-\d+\.\w+", shop.text))
    assert len(addresses) == 6
    for address in addresses:
        answer = await world.browser().get(address)
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        assert dict(Image.open(io.BytesIO(answer.content)).getexif()) == {}
        assert b"Vera" not in answer.content


@pytest.mark.parametrize(
    ("body", "alt", "words"),
    [
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", ALT, "SVG drawings are not taken"),
        (make_bomb(), ALT, "more than 20 million pixels"),
        (b"MZ\x90 a program", ALT, "could not be read as a picture"),
        (make_picture(600, 400) + b"\0" * MOST_BYTES, ALT, "larger than 5 MB"),
        (b"", ALT, "Choose a picture."),
        (make_picture(600, 400), "", "Say what the picture shows"),
        (make_picture(600, 400), "x" * 201, "200 characters or fewer"),
    ],
    ids=["svg", "bomb", "program", "large", "none", "undescribed", "talkative"],
)
async def test_upload_is_refused_beside_its_field_and_the_words_stay(
    world: World, body: bytes, alt: str, words: str
) -> None:
    vera = await enter(world)

    answer = await upload(vera, await path_of_product("pasta-bowl"), body, alt)

    assert answer.status_code == 422
    assert words in read_words(answer)
    assert f'value="{alt}"' in answer.text
    assert Outline(answer.text).find_problems() == []
    assert await value("SELECT count(*) FROM picture") == 0


async def test_body_beyond_all_bounds_is_cut_off_before_it_is_read(world: World) -> None:
    vera = await enter(world)
    path = await path_of_product("pasta-bowl")

    answer = await upload(vera, path, b"\0" * 9 * 1024 * 1024)
    elsewhere = await vera.client.post(path, content=b"title=" + b"x" * 100_000)

    assert (answer.status_code, elsewhere.status_code) == (413, 413)


@pytest.mark.parametrize("fields", [{"position": "1"}, {"alt": [ALT, "twice"]}])
async def test_only_the_declared_fields_are_taken(world: World, fields: dict[str, Any]) -> None:
    vera = await enter(world)

    answer = await upload(vera, await path_of_product("pasta-bowl"), make_picture(600, 400), **fields)

    assert answer.status_code == 400


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "multipart/form-data", "text/plain"])
async def test_other_bodies_are_refused_in_words(world: World, content_type: str) -> None:
    vera = await enter(world)
    product = (await path_of_product("pasta-bowl")).rpartition("/")[2]

    answer = await vera.client.post(
        f"/sell/uploads/{product}", content=b"--x\r\nnothing", headers={"Content-Type": content_type}
    )

    assert answer.status_code in (400, 415)


async def test_words_that_no_keyboard_sends_are_refused_and_nothing_is_kept(world: World) -> None:
    vera = await enter(world)

    answer = await upload(vera, await path_of_product("pasta-bowl"), make_picture(600, 400), "A bowl\x00")

    assert answer.status_code == 400
    assert "The field alt has a character that no keyboard sends." in read_words(answer)
    assert not await rows("SELECT 1 FROM picture")


async def test_pictures_change_places_and_come_back_when_asked(world: World) -> None:
    vera = await enter(world)
    path = await path_of_product("pasta-bowl")
    for alt in ("one", "two"):
        await follow(vera, await upload(vera, path, make_picture(600, 400), alt))
    ids = {row["alt"]: row["id"] for row in await rows("SELECT id, alt FROM picture")}

    page = await follow(vera, await vera.post(f"{path}/pictures/{ids['two']}/first"))
    assert re.findall(r'<p class="meta">(one|two)', page.text) == ["two", "one"]
    page = await follow(vera, await vera.post(f"{path}/pictures/{ids['two']}/remove"))
    assert "Removed: two." in read_words(page)
    assert re.findall(r'<p class="meta">(one|two)', page.text) == ["one"]
    page = await follow(vera, await vera.post(f"{path}/pictures/{ids['two']}/restore"))

    assert "The picture is back." in page.text
    assert re.findall(r'<p class="meta">(one|two)', page.text) == ["two", "one"]


async def test_pictures_of_another_shop_are_not_there(world: World) -> None:
    vera = await enter(world)
    path, strange = await path_of_product("pasta-bowl"), await path_of_product("night-light")
    await follow(vera, await upload(vera, path, make_picture(600, 400)))
    picture = (await one("SELECT id FROM picture"))["id"]
    otto = await enter(world, "otto")

    answers = [await upload(vera, strange, make_picture(600, 400)), await upload(otto, path, make_picture(600, 400))]
    answers += [await otto.post(f"{path}/pictures/{picture}/{verb}") for verb in ("first", "remove", "restore")]

    assert {answer.status_code for answer in answers} == {404}
    assert await value("SELECT count(*) FROM picture WHERE removed_at IS NULL") == 1
