"""Uploaded pictures, made anew, from the database: one address is one rendition for ever.

Whatever a file claimed to be, it leaves as image/webp or image/jpeg, is not sniffed, and runs nothing.
"""

from __future__ import annotations

import re

from litestar import Response, get
from litestar.params import FromPath

from store.catalogue.queries.pictures import read_rendition
from store.kit.errors import NotFound

ADDRESS = re.compile(r"([A-Za-z0-9_-]{22})-([1-9][0-9]{0,3})\.(webp|jpg)", re.ASCII)
KINDS = {"webp": "webp", "jpg": "jpeg"}
HEADERS = {
    "Cache-Control": "public, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@get("/media/{name:str}")
async def show_picture(name: FromPath[str]) -> Response[bytes]:
    """One rendition: `<name>-<width>.webp` or `.jpg`. 404 for any other address."""
    found = ADDRESS.fullmatch(name)
    body = await read_rendition(found[1], int(found[2]), KINDS[found[3]]) if found else None
    if body is None:
        raise NotFound("There is no such picture.")
    headers = {**HEADERS, "Content-Disposition": f'inline; filename="{name}"'}
    return Response(body, headers=headers, media_type=f"image/{KINDS[name.rpartition('.')[2]]}")
