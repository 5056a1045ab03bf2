"""One policy for every cookie."""

import pytest
from litestar import Response
from litestar.testing import RequestFactory

from store.kit.web.cookies import cookie_name, delete_cookie, read_cookie, set_cookie


def header(response: Response[None]) -> set[str]:
    return set(response.cookies[0].to_header(header="").strip().split("; "))


def test_cookie_is_bound_to_the_host_when_https() -> None:
    response: Response[None] = Response(None)
    set_cookie(response, "cart", "abc", secure=True, max_age=60)

    assert header(response) == {
        "__Host-cart=abc",
        "HttpOnly",
        "Max-Age=60",
        "Path=/",
        "SameSite=lax",
        "Secure",
    }


def test_cookie_is_plain_when_the_demo_speaks_http() -> None:
    response: Response[None] = Response(None)
    set_cookie(response, "cart", "abc", secure=False, max_age=None)

    assert header(response) == {"cart=abc", "HttpOnly", "Path=/", "SameSite=lax"}


def test_browser_lets_go_when_a_host_cookie_is_deleted() -> None:
    response: Response[None] = Response(None)
    delete_cookie(response, "cart", secure=True)

    assert {"Max-Age=0", "Path=/", "Secure"} <= header(response)


@pytest.mark.parametrize("secure", [True, False])
def test_cookie_is_read_when_its_name_is_the_right_one(secure: bool) -> None:
    request = RequestFactory().get("/", headers={"Cookie": f"x=1; {cookie_name('cart', secure)}=abc"})

    assert read_cookie(request, "cart", secure) == "abc"
    assert read_cookie(request, "cart", not secure) is None
    assert read_cookie(request, "sid", secure) is None
