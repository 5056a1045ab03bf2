"""A picture somebody uploaded becomes pictures of our own: decoded, turned upright, made anew without metadata.

What arrives is never kept or served. Decoding is bounded three ways: bytes, pixels (known from the header, before
anything is decoded) and how many at once; it runs in a thread, because a large one takes a second.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import anyio.to_thread
from anyio import CapacityLimiter
from msgspec import Struct
from PIL import Image, ImageCms, ImageOps

from store.kit.errors import ShopError

MOST_BYTES = 5 * 1024 * 1024
MOST_PIXELS = 20_000_000
# WebP takes no side beyond 16,383 pixels; ten times the largest width stays below it.
MOST_TIMES = 10
WIDTHS = (400, 800, 1200)
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")
# Kind → Pillow's name and how it is written.
KINDS: dict[str, tuple[str, dict[str, int | bool]]] = {
    "webp": ("WEBP", {"quality": 80, "method": 4}),
    "jpeg": ("JPEG", {"quality": 82, "optimize": True, "progressive": True}),
}
# Of 20 million pixels one takes 80 MB while it is decoded.
AT_ONCE = 2
TOO_LARGE = "This picture is larger than 5 MB. Save it smaller, for instance 1600 pixels wide, and try again."
NOT_READABLE = "This file could not be read as a picture. Choose a JPEG, PNG, WebP or AVIF file."
NO_DRAWINGS = "SVG drawings are not taken, because they can carry programs. Save it as PNG and try again."
TOO_MANY_PIXELS = "This picture has more than 20 million pixels. Save it smaller, for instance 1600 pixels wide."
TOO_LONG = "One side of this picture is more than ten times as long as the other. Cut it to what should be seen."

# Pillow itself refuses twice as many, and warns in between: a second fence behind ours.
Image.MAX_IMAGE_PIXELS = MOST_PIXELS
_limiter = CapacityLimiter(AT_ONCE)


class Unusable(ShopError):
    """This upload is no picture we take; the words say what to do."""

    status = 422
    title = "This picture cannot be used"


class Encoded(Struct, frozen=True):
    """One rendition: `kind` webp or jpeg, `width` in pixels."""

    kind: str
    width: int
    body: bytes


class Prepared(Struct, frozen=True):
    """A picture made anew; `width` and `height` are those of its largest renditions, in pixels."""

    width: int
    height: int
    renditions: tuple[Encoded, ...]


def encode(body: bytes) -> Prepared:
    """Every rendition of `body`: WebP and JPEG in up to three widths, none wider than it came. Raises Unusable."""
    if len(body) > MOST_BYTES:
        raise Unusable(TOO_LARGE)
    if _is_svg(body):
        raise Unusable(NO_DRAWINGS)
    try:
        with Image.open(io.BytesIO(body), formats=FORMATS) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise Unusable(TOO_MANY_PIXELS)
            if max(opened.size) > MOST_TIMES * min(opened.size):
                raise Unusable(TOO_LONG)
            upright = _flatten(ImageOps.exif_transpose(opened))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Unusable(TOO_MANY_PIXELS) from None
    except Unusable:
        raise
    except Exception as broken:  # Pillow's readers raise what they like for a damaged file
        raise Unusable(NOT_READABLE) from broken
    widths = _choose_widths(upright.width)
    sizes = {width: max(1, round(upright.height * width / upright.width)) for width in widths}
    renditions = []
    for width in widths:
        scaled = upright.resize((width, sizes[width]), Image.Resampling.LANCZOS)
        renditions += [Encoded(kind, width, _write(scaled, kind)) for kind in KINDS]
    return Prepared(widths[-1], sizes[widths[-1]], tuple(renditions))


async def prepare_picture(body: bytes, work: Callable[[bytes], Prepared] = encode) -> Prepared:
    """`encode` in a thread, two at once at most. Raises Unusable in words."""
    return await anyio.to_thread.run_sync(work, body, limiter=_limiter)


def _is_svg(body: bytes) -> bool:
    start = body[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return start.startswith((b"<svg", b"<?xml", b"<!doctype svg", b"<!--")) or b"<svg" in start


def _choose_widths(source: int) -> Sequence[int]:
    return [width for width in WIDTHS if width <= source] if source >= WIDTHS[0] else [source]


def _flatten(image: Image.Image) -> Image.Image:
    """Plain sRGB on white: what all browsers show alike, and nothing beside the pixels."""
    profile = image.info.get("icc_profile")
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        rgba = image.convert("RGBA")
        flat = Image.new("RGB", rgba.size, "white")
        flat.paste(rgba, mask=rgba.getchannel("A"))
    elif profile and image.mode in ("RGB", "CMYK"):
        flat = _to_srgb(image, profile)
    else:
        flat = image.convert("RGB")
    bare = Image.new("RGB", flat.size)
    bare.paste(flat)
    return bare


def _to_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        converted = ImageCms.profileToProfile(image, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return image.convert("RGB")
    return converted or image.convert("RGB")


def _write(image: Image.Image, kind: str) -> bytes:
    name, options = KINDS[kind]
    out = io.BytesIO()
    image.save(out, name, **options)
    return out.getvalue()
