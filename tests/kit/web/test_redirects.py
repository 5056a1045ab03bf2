"""Redirects lead into the shop, or to an origin from the settings; nowhere else."""

import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from store.kit.web.redirects import away, inside_or, is_inside, origin_of, see_other

STORE = Path(__file__).parents[3] / "store"
STRIPE = ("https://checkout.stripe.com", "http://127.0.0.1:8001")


@pytest.mark.parametrize("path", ["/", "/cart", "/p/mug?size=l&n=1#buy", "/orders/Ab_-9/status", "/search?q=%C3%A9"])
def test_redirect_is_303_when_the_path_is_ours(path: str) -> None:
    answer = see_other(path)

    assert (answer.status_code, answer.headers["Location"]) == (303, path)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "cart",
        "//evil.test",
        "///evil.test",
        "/\\evil.test",
        "\\\\evil.test",
        "/\t/evil.test",
        "/a\nSet-Cookie: x=1",
        "/a b",
        "https://evil.test/",
        "javascript:alert(1)",
        "/é",
        "/a\\b",
        "/\x00",
    ],
)
def test_redirect_is_refused_when_it_could_leave(path: str) -> None:
    assert inside_or(path, "/") == "/"
    with pytest.raises(ValueError, match="not a path of this shop"):
        see_other(path)


@given(st.text(max_size=40) | st.from_regex(r"/[/\\]?[a-z:@?#.]{0,20}", fullmatch=True))
def test_accepted_path_stays_on_the_host_when_a_browser_resolves_it(path: str) -> None:
    if is_inside(path):
        assert urlsplit(urljoin("https://shop.test/cart", path)).netloc == "shop.test"


@pytest.mark.parametrize(
    "url",
    [
        "https://checkout.stripe.com/c/pay/cs_1#x",
        "https://checkout.stripe.com:443/c",
        "http://127.0.0.1:8001/c/pay/1",
    ],
)
def test_redirect_leaves_when_the_origin_is_allowed(url: str) -> None:
    assert away(url, STRIPE).headers["Location"] == url


@pytest.mark.parametrize(
    "url",
    [
        "http://checkout.stripe.com/",
        "https://checkout.stripe.com.evil.test/",
        "https://checkout.stripe.com@evil.test/",
        "https://evil.test@checkout.stripe.com/",
        "https://evil.test/https://checkout.stripe.com",
        "https://checkout.stripe.com:8443/",
        "https://checkout.stripe.com\\@evil.test/",
        "http://127.0.0.1:8002/",
        "//checkout.stripe.com/",
        "javascript:alert(1)",
        "https://checkout.stripe.com/\r\nX: y",
        "https://[::1",
        "https://checkout.stripe.com:99999/",
        "",
    ],
)
def test_redirect_is_refused_when_the_origin_is_foreign(url: str) -> None:
    with pytest.raises(ValueError, match="outside the allowed origins"):
        away(url, STRIPE)


def test_origin_keeps_brackets_when_the_host_is_ipv6() -> None:
    assert origin_of("http://[::1]:8001/x") == "http://[::1]:8001"


def test_no_other_module_makes_a_location_when_the_shop_is_read() -> None:
    makers = [
        str(path.relative_to(STORE))
        for path in STORE.rglob("*.py")
        if not path.is_relative_to(STORE / "sandbox")
        and re.search(r"\bRedirect\b|[\"'][Ll]ocation[\"']|HX-(Redirect|Location)", path.read_text())
    ]

    assert makers == ["kit/web/redirects.py"]
