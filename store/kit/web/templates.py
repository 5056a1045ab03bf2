"""Templates become pages here: one environment, one view struct a page, and the parts that differ per person.

`page()` answers with a whole page. What the frame around it shows of the person (cart count, flash message)
is asked for only while such a page is really rendered, by the `frame` that the composition root put into
`Pages`; fragments, redirects and error pages never ask. Autoescape cannot be left: there is no `safe` filter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

from babel.dates import format_date, format_datetime
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Request, Response
from litestar.response.base import ASGIResponse

from store.kit.money import LOCALE, Money
from store.kit.web.request_id import request_id

STATIC_ROUTE = "/static/"
HASH_LENGTH = 12


@dataclass(frozen=True)
class Pages:
    """What turns views into HTML; lives in `app.state.pages`.

    `frame(request)` reads what base.html shows of the person; `blank` is the same when nobody is asked.
    """

    environment: Environment
    frame: Callable[[Request[Any, Any, Any]], Awaitable[Mapping[str, Any]]]
    blank: Mapping[str, Any]

    def render(self, template: str | Sequence[str], view: object, **frame: Any) -> str:
        """The text of `template` (the first that exists) with `view`; `frame` replaces parts of `blank`."""
        context = {**self.blank, **frame, "view": view, "request_id": request_id()}
        return self.environment.get_or_select_template(
            template if isinstance(template, str) else list(template)
        ).render(context)


class Page(Response[bytes]):
    """A response that is rendered while it is sent, so that its frame can be read from the database."""

    def __init__(self, template: str, view: object, framed: bool, status: int, headers: Mapping[str, str]) -> None:
        super().__init__(b"", status_code=status, headers=dict(headers), media_type=MediaType.HTML)
        self.template = template
        self.view = view
        self.framed = framed

    def to_asgi_response(self, app: Any, request: Request[Any, Any, Any], **options: Any) -> ASGIResponse:
        """An ASGI app, which is all that Litestar asks of the result."""

        async def respond(scope: Any, receive: Any, send: Any) -> None:
            pages: Pages = request.app.state.pages
            frame = await pages.frame(request) if self.framed else {}
            self.content = pages.render(self.template, self.view, **frame).encode()
            await super(Page, self).to_asgi_response(app, request, **options)(scope, receive, send)

        return cast(ASGIResponse, respond)


def page(
    template: str, view: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """Answer with a whole page: `template` gets `view`, and what `Pages.frame` says (cart count, flash)."""
    return Page(template, view, True, status, headers or {})


def fragment(
    template: str, view: object, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response[bytes]:
    """Answer htmx with a part of a page (`_x.html`): no frame is read, a poll costs its own query only."""
    return Page(template, view, False, status, headers or {})


def make_environment(templates: Path, static: Path, *, settings: object, reload: bool = False) -> Environment:
    """The Jinja environment over the folder `templates`.

    Filters `money(amount, currency)`, `date`, `datetime`, `day`; globals `static(path)` and `settings` (what a
    template may know of the installation: `settings.demo`). `reload` looks for changed files on each use.
    """
    environment = Environment(
        loader=FileSystemLoader(templates),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=reload,
    )
    del environment.filters["safe"]
    environment.filters.update(money=format_money, date=format_day, datetime=format_moment, day=format_short_day)
    environment.globals.update(static=_static_urls(static, reload), settings=settings)
    return environment


def format_money(amount: int, currency: str) -> str:
    """Minor units as a buyer reads them: 8600, "USD" is $86.00."""
    return str(Money(amount, currency))


def format_day(moment: datetime) -> str:
    """A day in UTC: 4 March 2026."""
    return str(format_date(moment.astimezone(UTC), "d MMMM y", locale=LOCALE))


def format_short_day(day: date) -> str:
    """A day of this year's: 4 March."""
    return str(format_date(day, "d MMMM", locale=LOCALE))


def format_moment(moment: datetime) -> str:
    """A moment in UTC: 4 March 2026, 16:05 UTC."""
    return str(format_datetime(moment.astimezone(UTC), "d MMMM y, HH:mm 'UTC'", locale=LOCALE))


def _static_urls(folder: Path, reload: bool) -> Callable[[str], str]:
    def static_url(path: str) -> str:
        """The address of a static file, with a hash of its content so that browsers may keep it for ever."""
        file = folder / path
        if not file.is_file():
            raise FileNotFoundError(f"a template names static/{path}, which does not exist")
        return f"{STATIC_ROUTE}{path}?v={_file_hash(file, file.stat().st_mtime_ns if reload else 0)}"

    return static_url if reload else lru_cache(1024)(static_url)


@lru_cache(1024)
def _file_hash(file: Path, changed: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:HASH_LENGTH]
