"""The mailbox as pages: what arrived, one mail, and its HTML part in a frame that may run and load nothing."""

from __future__ import annotations

from typing import Any

from litestar import Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath, FromQuery

from store.sandbox.console.frame import AnyRequest, Desk, show
from store.sandbox.layout import HTML_TYPE
from store.sandbox.mailbox import split_addresses

# A mail's own styles are allowed; its scripts, forms and remote pictures are not. Links leave the frame.
MAIL_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self';"
    " sandbox allow-top-navigation-by-user-activation allow-popups allow-popups-to-escape-sandbox"
)


@get("/mailbox")
async def show_mailbox(
    request: AnyRequest,
    desk: NamedDependency[Desk],
    platform: FromQuery[str | None] = None,
    to: FromQuery[str | None] = None,
) -> Response[Any]:
    """Show what arrived, newest first, for one recipient if `to` is given."""
    return show(request, "mailbox.html", desk, desk.choose_world(platform), {"mails": desk.mailbox.list_mails(to)})


@get("/mailbox/{number:int}")
async def show_mail(
    request: AnyRequest, number: FromPath[int], desk: NamedDependency[Desk], platform: FromQuery[str | None] = None
) -> Response[Any]:
    """Show one mail: head, text with links, and the HTML part in a locked frame."""
    mail = desk.mailbox.find_mail(number)
    shown: dict[str, Any] = {"csp": {"frame-src": "'self'"}, "pieces": split_addresses(mail["text"])}
    return show(request, "mail.html", desk, desk.choose_world(platform), {"mail": mail}, **shown)


@get("/mailbox/{number:int}/html", media_type=HTML_TYPE)
async def show_html_part(number: FromPath[int], desk: NamedDependency[Desk]) -> Response[bytes]:
    """Show the HTML part alone, unable to run, send or load anything."""
    mail = desk.mailbox.find_mail(number)
    if not mail["html"]:
        raise NotFoundException("This mail has no HTML part.")
    # In the frame a link would otherwise try to open the shop inside it, which the shop forbids.
    body = '<base target="_top">' + mail["html"]
    return Response(body.encode(), media_type=HTML_TYPE, headers={"Content-Security-Policy": MAIL_CSP})
