"""Uploads become pictures of our own: upright, small, without metadata; what is no picture is refused in words."""

from __future__ import annotations

import asyncio
import io
import threading

import pytest
from PIL import Image

from store.catalogue.imaging import AT_ONCE, MOST_BYTES, WIDTHS, Prepared, Unusable, encode, prepare_picture
from tests.catalogue.pictures import GPS, make_bomb, make_located, make_picture


def open_body(body: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_three_widths_of_two_kinds_are_made_when_the_picture_is_large(kind: str) -> None:
    prepared = encode(make_picture(kind=kind))

    assert [(one.kind, one.width) for one in prepared.renditions] == [(k, w) for w in WIDTHS for k in ("webp", "jpeg")]
    assert (prepared.width, prepared.height) == (1200, 900)
    for one in prepared.renditions:
        assert (open_body(one.body).format or "").lower() == one.kind
        assert open_body(one.body).size == (one.width, one.width * 3 // 4)


@pytest.mark.parametrize(("width", "widths"), [(100, [100]), (399, [399]), (400, [400]), (900, [400, 800])])
def test_nothing_is_blown_up_when_the_picture_is_small(width: int, widths: list[int]) -> None:
    prepared = encode(make_picture(width, 300))

    assert sorted({one.width for one in prepared.renditions}) == widths
    assert prepared.width == widths[-1]


@pytest.mark.parametrize(("width", "height"), [(1200, 12_000), (1250, 12_500), (40, 400), (400, 40)])
def test_picture_is_made_when_it_is_as_long_as_we_take(width: int, height: int) -> None:
    prepared = encode(make_picture(width, height, "PNG"))

    assert prepared.width <= WIDTHS[-1]
    assert max(max(open_body(one.body).size) for one in prepared.renditions) <= 12_000


def test_place_and_words_are_gone_when_the_photograph_had_them() -> None:
    source = make_located(width=1000, height=600)
    assert open_body(source).getexif().get_ifd(GPS)

    prepared = encode(source)

    for one in prepared.renditions:
        assert dict(open_body(one.body).getexif()) == {}
        assert not {"exif", "icc_profile", "xmp", "comment"} & open_body(one.body).info.keys()
        assert b"Vera" not in one.body


def test_picture_stands_upright_when_its_metadata_said_that_it_lies() -> None:
    prepared = encode(make_located(width=1000, height=600))

    # Orientation 6: the left side, red, is the top.
    image = open_body(prepared.renditions[-1].body).convert("RGB")
    assert (prepared.width, prepared.height) == (400, 667)
    top, bottom = image.getpixel((200, 20)), image.getpixel((200, 640))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] > 200 > 60 > top[2]
    assert bottom[2] > 200 > 60 > bottom[0]


def test_see_through_parts_become_white() -> None:
    image = Image.new("RGBA", (500, 500), (0, 0, 0, 0))
    out = io.BytesIO()
    image.save(out, "PNG")

    for one in encode(out.getvalue()).renditions:
        assert open_body(one.body).convert("RGB").getpixel((10, 10)) == (255, 255, 255)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "SVG drawings are not taken"),
        (b'\xef\xbb\xbf  <?xml version="1.0"?><svg/>', "SVG drawings are not taken"),
        (make_bomb(), "more than 20 million pixels"),
        (make_bomb(5000), "more than 20 million pixels"),
        (make_picture(400, 17_000, "PNG"), "more than ten times as long"),
        (make_picture(1, 60_000, "PNG"), "more than ten times as long"),
        (make_picture(60_000, 1, "PNG"), "more than ten times as long"),
        (b"GIF89a" + b"\0" * 40, "could not be read"),
        (b"", "could not be read"),
        (make_picture()[:600], "could not be read"),
        (b"\xff\xd8\xff\xe0 not a photograph", "could not be read"),
        (make_picture() + b"\0" * MOST_BYTES, "larger than 5 MB"),
    ],
    ids=["svg", "svg-xml", "bomb", "just-too-many", "tall", "thread", "wide", "gif", "empty", "cut", "liar", "large"],
)
def test_file_is_refused_in_words_when_it_is_no_picture_we_take(body: bytes, words: str) -> None:
    with pytest.raises(Unusable) as refused:
        encode(body)

    assert words in refused.value.message


async def test_no_more_than_two_are_decoded_at_once_and_never_on_the_loop() -> None:
    at_work: list[int] = []
    most: list[int] = []
    threads: set[int] = set()
    full, go_on = threading.Event(), threading.Event()

    def decode(body: bytes) -> Prepared:
        at_work.append(1)
        most.append(len(at_work))
        threads.add(threading.get_ident())
        if len(at_work) == AT_ONCE:
            full.set()
        assert go_on.wait(10)
        at_work.pop()
        return Prepared(1, 1, ())

    uploads = [asyncio.create_task(prepare_picture(b"", decode)) for _ in range(6)]

    assert await asyncio.to_thread(full.wait, 10)
    go_on.set()
    await asyncio.gather(*uploads)

    assert max(most) == AT_ONCE
    assert threading.get_ident() not in threads
