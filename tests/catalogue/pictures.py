"""Picture files for tests, made here: plain ones, ones with a place in their metadata, and ones that lie."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image

GPS = 0x8825


def make_picture(width: int = 1600, height: int = 1200, kind: str = "JPEG", **options: Any) -> bytes:
    """A picture file: red on its left half, blue on its right."""
    image = Image.new("RGB", (width, height), "red")
    image.paste("blue", (width // 2, 0, width, height))
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def make_located(**size: int) -> bytes:
    """A photograph that tells where it was taken, by whom, and that it lies on its side."""
    exif = Image.Exif()
    exif[0x010E] = "Vera's kitchen"
    exif[0x0112] = 6
    exif[GPS] = {1: "N", 2: (51.0, 31.0, 12.0), 3: "W", 4: (0.0, 5.0, 30.0)}
    return make_picture(exif=exif, **size)


def make_bomb(side: int = 60_000) -> bytes:
    """A PNG of a few hundred bytes whose header promises `side` × `side` pixels."""
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", body) + _chunk(b"IEND", b"")


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
