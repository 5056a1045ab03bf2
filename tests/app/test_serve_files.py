"""Of the folder `static` only what a page asks for is served; what makes those files stays at home."""

from __future__ import annotations

import pytest

from store.app import ROOT, SERVED
from tests.world import World

STATIC = ROOT / "static"


@pytest.mark.parametrize("kind", SERVED)
async def test_file_is_served_when_a_page_may_ask_for_it(world: World, kind: str) -> None:
    file = next(path for path in sorted(STATIC.rglob("*")) if path.name.endswith(kind))

    answer = await world.browser().get(f"/static/{file.relative_to(STATIC)}")

    assert answer.status_code == 200
    assert answer.content == file.read_bytes()


async def test_nothing_else_is_served_when_it_lies_beside_them(world: World) -> None:
    client = world.browser()
    others = [path for path in STATIC.rglob("*") if path.is_file() and not path.name.endswith(SERVED)]

    answers = {path.name: (await client.get(f"/static/{path.relative_to(STATIC)}")).status_code for path in others}

    assert {"draw.py", "shapes.py", "fetch.py", "vendor.toml"} <= answers.keys()
    assert set(answers.values()) == {404}


@pytest.mark.parametrize(
    "path", ["art/draw.py?x=.svg", "art/draw%2Epy", "art/", "../pyproject.toml", "art/../art/draw.py"]
)
async def test_nothing_else_is_served_when_the_address_is_disguised(world: World, path: str) -> None:
    assert (await world.browser().get(f"/static/{path}")).status_code == 404
