"""A posted form with one file in it: only the fields that the page declares, each once, and the file as bytes.

How large the whole may be is the business of `BodyCaps`, before anything is parsed.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from msgspec import Struct

from store.kit.web.forms import BadForm, clean_text

MULTIPART = "multipart/form-data"
DAMAGED = "The form is damaged. Please go back, reload the page and try again."


class Upload(Struct, frozen=True):
    """What came: the file's bytes ("" when none was chosen) and the other fields as they were typed."""

    body: bytes
    fields: dict[str, str]


async def read_upload(request: Request[Any, Any, Any], file: str, fields: Collection[str]) -> Upload:
    """The posted multipart form. Raises BadForm (400, 415) for anything that our page does not send."""
    if request.content_type[0] != MULTIPART:
        error = BadForm("This page takes a file. Please go back, reload the page and try again.")
        error.status = 415
        raise error
    try:
        form = await request.form()
    except (HTTPException, ValueError):  # a broken boundary, part or encoding
        raise BadForm(DAMAGED) from None
    body, typed = b"", dict.fromkeys(fields, "")
    names: list[str] = [name for name, _ in form.multi_items()]
    if len(names) != len(set(names)) or not set(names) <= {file, *fields}:
        raise BadForm(DAMAGED)
    for name, value in form.multi_items():
        if name == file:
            body = await value.read() if isinstance(value, UploadFile) else b""
        elif isinstance(value, str):
            typed[name] = clean_text(name, value)
        else:
            raise BadForm(DAMAGED)
    return Upload(body, typed)
