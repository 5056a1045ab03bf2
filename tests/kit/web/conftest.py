"""A small app inside the real shell: a page, forms, files, errors of every kind."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncpg
import httpx
import pytest
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import ClientException, HTTPException
from litestar.params import FromPath
from litestar.static_files import create_static_files_router

from store.kit.errors import Conflict, NotFound, TooMany, TryLater
from store.kit.web.errors import exception_handlers
from store.kit.web.headers import HeaderPolicy
from store.kit.web.redirects import see_other
from store.kit.web.shell import Shell, enclose
from store.kit.web.templates import Pages, fragment, make_environment, page

ORIGIN = "https://shop.test"
FILES = {
    "page.html": "<!doctype html><title>{{ view }}</title><p>{{ view }}</p><b>{{ badge }}</b>",
    "_part.html": "<p>{{ view }}</p><b>{{ badge }}</b>",
    "broken.html": "{{ view.nothing }}",
    "errors/error.html": "<h1>{{ view.title }}</h1>{{ view.message }} <i>{{ view.request_id }}</i>",
    "errors/_error.html": "<p role=alert>{{ view.title }}: {{ view.message }}</p>",
}
FAILURES: dict[str, Callable[[], Exception]] = {
    "bad": lambda: ClientException("inner words"),
    "forbidden": lambda: HTTPException("inner words", status_code=403),
    "missing": lambda: NotFound("There is no such order."),
    "conflict": lambda: Conflict("The price changed."),
    "too-many": lambda: TooMany("Please wait.", 17),
    "later": lambda: TryLater("The provider does not answer."),
    "bug": lambda: RuntimeError("inner words"),
    "argument": lambda: asyncpg.InterfaceError("the server expects 1 argument for this query, 2 were passed"),
    "closed": lambda: asyncpg.InterfaceError("cannot perform operation: connection is closed"),
    "refused": lambda: ConnectionRefusedError(111, "inner words"),
    "shutdown": lambda: asyncpg.AdminShutdownError("inner words"),
    "full": lambda: asyncpg.DiskFullError("inner words"),
    "deadlock": lambda: asyncpg.DeadlockDetectedError("inner words"),
    "unique": lambda: asyncpg.UniqueViolationError("inner words"),
}


@get("/", sync_to_thread=False)
def show_home() -> Response[bytes]:
    return page("page.html", "<Ada> & Vera")


@get("/part", sync_to_thread=False)
def show_part() -> Response[bytes]:
    return fragment("_part.html", "part")


@get("/broken", sync_to_thread=False)
def show_broken() -> Response[bytes]:
    return page("broken.html", SimpleNamespace())


@get("/orders/{token:str}", sync_to_thread=False)
def show_order(token: FromPath[str]) -> Response[bytes]:
    return page("page.html", token)


@get("/own", sync_to_thread=False)
def show_own_headers() -> Response[bytes]:
    return page("page.html", "own", headers={"Referrer-Policy": "no-referrer", "Cache-Control": "no-store"})


@get("/fail/{kind:str}", sync_to_thread=False)
def fail(kind: FromPath[str]) -> None:
    raise FAILURES[kind]()


@post("/echo")
async def echo(request: Request[Any, Any, Any]) -> Response[str]:
    return Response(str(len(await request.body())), media_type="text/plain", status_code=200)


@post("/webhooks/stripe")
async def receive_webhook(request: Request[Any, Any, Any]) -> Response[str]:
    return Response(str(len(await request.body())), media_type="text/plain", status_code=200)


@post("/move", sync_to_thread=False)
def move() -> Response[None]:
    return see_other("/")


@pytest.fixture
def asked() -> list[str]:
    """The paths for which the frame was read."""
    return []


@pytest.fixture
def app(tmp_path: Path, asked: list[str]) -> Litestar:
    templates, static = tmp_path / "templates", tmp_path / "static"
    for name, text in FILES.items():
        (templates / name).parent.mkdir(parents=True, exist_ok=True)
        (templates / name).write_text(text)
    static.mkdir()
    (static / "app.css").write_text("p { color: red }")

    async def frame(request: Request[Any, Any, Any]) -> dict[str, Any]:
        asked.append(request.scope["path"])
        return {"badge": 3}

    pages = Pages(make_environment(templates, static, settings=SimpleNamespace(demo=True)), frame, {"badge": 0})
    litestar = Litestar(
        [
            show_home,
            show_part,
            show_broken,
            show_order,
            show_own_headers,
            fail,
            echo,
            receive_webhook,
            move,
            create_static_files_router("/static", [static]),
        ],
        exception_handlers=exception_handlers(),
        logging_config=None,
        openapi_config=None,
        state=State({"pages": pages}),
    )
    policy = HeaderPolicy(https=True, form_origins=("https://checkout.stripe.com",), private=("/orders/",))
    shell = Shell(ORIGIN, policy, unguarded=("/webhooks/",), body_caps={"/webhooks/": 256 * 1024})
    return enclose(litestar, shell)


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client
