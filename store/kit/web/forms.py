"""A posted form becomes a frozen msgspec struct, or an `InvalidForm` that says per field what to do.

Only fields of the struct are accepted (nobody can set a price by adding a field), each at most once unless
the field is a tuple. Words for a field stand beside it: `Annotated[str, Meta(min_length=1, extra={"label":
"Full name", "wrong": "Enter …"})]`; without them the field's own name is used.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec
from litestar import Request

from store.kit.errors import ShopError

MAX_FIELDS = 200
WHOLE_NUMBER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
FORM_TYPE = "application/x-www-form-urlencoded"

Form = TypeVar("Form", bound=msgspec.Struct)


class BadForm(ShopError):
    """The request is not what our form sends: nothing a person could correct in it."""

    status = 400
    title = "This form could not be read"


class InvalidForm(ShopError):
    """A person can correct this: `errors` by field in words, `values` as they were typed."""

    status = 422
    title = "There is a problem"

    def __init__(self, errors: Mapping[str, str], values: Mapping[str, str]) -> None:
        super().__init__(" ".join(errors.values()))
        self.errors = dict(errors)
        self.values = dict(values)


async def read_form(request: Request[Any, Any, Any], model: type[Form]) -> Form:
    """The posted form as `model`. Raises InvalidForm (422, words per field) or BadForm (400, 415)."""
    if request.content_type[0] != FORM_TYPE:
        error = BadForm("The shop reads forms only. Please go back, reload the page and try again.")
        error.status = 415
        raise error
    return parse_form(await request.body(), model)


def parse_form(body: bytes, model: type[Form]) -> Form:
    """`read_form` without the request: `body` is urlencoded UTF-8."""
    posted = _collect(body)
    fields = msgspec.structs.fields(model)
    unknown = sorted(posted.keys() - {field.encode_name for field in fields})
    if unknown:
        raise BadForm(f"The form has a field that this page does not have: {unknown[0][:40]}.")
    hints = get_type_hints(model, include_extras=True)
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for field in fields:
        name, hint = field.encode_name, hints[field.name]
        texts = posted.get(name, [])
        many = get_origin(_bare(hint)) is tuple
        if len(texts) > 1 and not many:
            raise BadForm(f"The form has the field {name} twice.")
        if not many and not any(texts) and not field.required:
            continue
        try:
            values[field.name] = _convert(texts if many else texts[0] if texts else "", hint)
        except msgspec.ValidationError:
            errors[name] = _words(name, hint, "" if many or not texts else texts[0])
    if errors:
        raise InvalidForm(errors, {name: texts[0] if texts else "" for name, texts in posted.items()})
    return model(**values)


def _collect(body: bytes) -> dict[str, list[str]]:
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_FIELDS)
    except ValueError:  # also UnicodeDecodeError
        raise BadForm("The form is damaged. Please go back, reload the page and try again.") from None
    posted: dict[str, list[str]] = {}
    for name, text in pairs:
        posted.setdefault(name, []).append(clean_text(name, text))
    return posted


def clean_text(name: str, text: str) -> str:
    """What was typed into a field: NFC, one kind of line end, trimmed. Raises BadForm for control characters."""
    clean = unicodedata.normalize("NFC", text.replace("\r\n", "\n")).strip()
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in clean):
        raise BadForm(f"The field {name[:40]} has a character that no keyboard sends.")
    return clean


def _convert(value: Any, hint: Any) -> Any:
    # msgspec reads "1e3" and "3.0" as whole numbers; a quantity box never sends those.
    if _bare(hint) is int and not WHOLE_NUMBER.fullmatch(value):
        raise msgspec.ValidationError("not a whole number")
    if _bare(hint) is bool:
        return value not in ("", "0", "false", "off")
    return msgspec.convert(value, hint, strict=False)


def _words(name: str, hint: Any, text: str) -> str:
    meta = [m for m in get_args(hint) if isinstance(m, msgspec.Meta)] if get_origin(hint) is Annotated else []
    extra = {key: value for m in meta for key, value in (m.extra or {}).items()}
    label = str(extra.get("label") or name.replace("_", " ").capitalize())
    longest = next((m.max_length for m in meta if m.max_length), None)
    if longest and len(text) > longest:
        return f"{label} must be {longest} characters or fewer."
    if "wrong" in extra:
        return str(extra["wrong"])
    low, high = next((m.ge for m in meta if m.ge is not None), None), next((m.le for m in meta if m.le), None)
    if low is not None and high is not None:
        return f"{label} must be a whole number from {low} to {high}."
    return f"{label} is not valid." if text else f"Enter {label[:1].lower()}{label[1:]}."


def _bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is Annotated else hint
