"""The promotion code of a cart: typed, judged against what lies in it now, applied or refused in words, taken off."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, Response, post
from litestar.di import NamedDependency
from msgspec import Meta, Struct

from store.cart.controllers.page import answer, go, read_cart_token
from store.cart.queries import read_cart
from store.cart.service import apply_code, remove_code
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.limits import RateLimits
from store.promotions.queries import find_code
from store.settings import Settings

# (tries, seconds) for one address: codes are not for guessing.
GUESSES = (10, 60)
EMPTY = "Enter a promotion code."


class CodeForm(Struct, frozen=True):
    """A code as somebody typed it."""

    code: Annotated[str, Meta(min_length=1, max_length=200, extra={"label": "Promotion code", "wrong": EMPTY})]


@post("/cart/promotion", status_code=303)
async def apply_promotion(
    request: Request[Any, Any, Any], settings: NamedDependency[Settings], limits: NamedDependency[RateLimits]
) -> Response[Any]:
    """Put a code on the cart when it takes something off what lies there; else say why not."""
    await limits.take(f"codes:{limits.client(request)}", *GUESSES)
    token = read_cart_token(request, settings)
    try:
        form = await read_form(request, CodeForm)
    except InvalidForm as wrong:
        return await answer(token, code_error=wrong.message, typed_code=wrong.values.get("code", ""), status=422)
    typed = form.code.strip()
    code = await find_code(typed, token)
    if code is None:
        words = f"There is no code {typed[:40].upper()}. Check how it is written."
        return await answer(token, code_error=words, typed_code=typed, status=422)
    applied = (await read_cart(token, trying=code)).applied
    if applied is None or applied.problem:
        words = applied.problem if applied else "There is nothing in your cart that a code could be used for."
        return await answer(token, code_error=words, typed_code=typed, status=422)
    await apply_code(token, code.id)
    return go("/cart?code=applied", token, settings)


@post("/cart/promotion/remove", status_code=303)
async def remove_promotion(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Response[Any]:
    """Take the code off the cart."""
    token = read_cart_token(request, settings)
    await remove_code(token)
    return go("/cart?code=removed", token, settings)
