"""Writing to a seller about an order. The token in the path opens it, as it opens the order."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery
from msgspec import Meta, Struct

from store.accounts.controllers import flash
from store.kit.db import transaction
from store.kit.errors import NotFound
from store.kit.ids import new_token
from store.kit.web.forms import InvalidForm, read_form
from store.kit.web.limits import RateLimits
from store.kit.web.redirects import see_other
from store.kit.web.templates import page
from store.orders.controllers.page import NO_ORDER, PAGE_HEADERS, PAGES_PER_MINUTE
from store.orders.queries import AskPage, read_ask_page
from store.orders.service import ask_seller
from store.orders.states import MessageKind
from store.orders.words import REASONS

# (tries, seconds) for one address: each is a mail to a person.
MESSAGES = (10, 3600)
LONGEST = 2000
REASON_WORDS = "Choose why you want your money back."


class AskForm(Struct, frozen=True, forbid_unknown_fields=True):
    """What the page posts; `seller` is the seller's part of the order."""

    form_id: Annotated[str, Meta(min_length=8, max_length=64)]
    seller: Annotated[UUID, Meta(extra={"label": "Seller", "wrong": "Choose whom to write to."})]
    about: Annotated[
        str, Meta(pattern=f"^({'|'.join(MessageKind)})$", extra={"wrong": "Choose what you are writing about."})
    ]
    message: Annotated[
        str, Meta(min_length=1, max_length=LONGEST, extra={"label": "Message", "wrong": "Write your message."})
    ]
    reason: Annotated[str, Meta(pattern=f"^({'|'.join(REASONS)})?$", extra={"wrong": REASON_WORDS})] = ""


class AskView(Struct, frozen=True):
    """The page with its form as it was typed."""

    ask: AskPage
    form: dict[str, str]
    errors: dict[str, str]
    reasons: tuple[tuple[str, str], ...] = (("", "Choose"), *REASONS.items())


@get("/orders/{token:str}/ask")
async def show_ask(
    token: FromPath[str],
    request: Request[Any, Any, Any],
    limits: NamedDependency[RateLimits],
    seller: FromQuery[str] = "",
) -> Response[Any]:
    """The page on which a buyer writes to a seller; `seller` is the slug of the one whose link was followed."""
    await limits.take(f"orders:{limits.client(request)}", *PAGES_PER_MINUTE)
    ask = await _read(token)
    chosen = [one.id for one in ask.sellers if one.slug == seller or len(ask.sellers) == 1]
    form = {"form_id": new_token(), "seller": "".join(chosen[:1]), "about": "", "reason": "", "message": ""}
    return page("orders/ask.html", AskView(ask, form, {}), headers=PAGE_HEADERS)


@post("/orders/{token:str}/ask")
async def ask(
    token: FromPath[str], request: Request[Any, Any, Any], limits: NamedDependency[RateLimits]
) -> Response[Any]:
    """Hand the message to the seller; the same form again hands over nothing more."""
    await limits.take(f"ask:{limits.client(request)}", *MESSAGES)
    known = await _read(token)
    try:
        form = await read_form(request, AskForm)
        _check_reason(form, known)
    except InvalidForm as wrong:
        return page("orders/ask.html", AskView(known, _as_typed(wrong), wrong.errors), status=422, headers=PAGE_HEADERS)
    kind = MessageKind(form.about)
    reason = form.reason if kind == MessageKind.REFUND else ""
    async with transaction():
        seller = await ask_seller(known.order_id, form.seller, form.form_id, kind, reason, form.message)
    flash(request, f"{seller} has your message and will answer to {known.email}.")
    return see_other(f"/orders/{known.token}")


async def _read(token: str) -> AskPage:
    found = await read_ask_page(token)
    if found is None:
        raise NotFound(NO_ORDER)
    return found


def _check_reason(form: AskForm, known: AskPage) -> None:
    if form.about != MessageKind.REFUND:
        return
    typed = {"form_id": form.form_id, "seller": str(form.seller), "about": form.about, "message": form.message}
    if not known.may_ask_refund:
        raise InvalidForm({"about": "Nothing of this order is left to give back: ask a question instead."}, typed)
    if not form.reason:
        raise InvalidForm({"reason": REASON_WORDS}, typed)


def _as_typed(wrong: InvalidForm) -> dict[str, str]:
    blank = dict.fromkeys(("form_id", "seller", "about", "reason", "message"), "")
    return {**blank, "form_id": new_token(), **{name: text for name, text in wrong.values.items() if text}}
