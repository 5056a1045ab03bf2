"""Every template keeps the rules that the content policy and a browser without script rest on."""

from __future__ import annotations

import gzip
import re

import pytest

from tests.look.markup import ROOT, STATIC, TEMPLATES, find_problems

CSS_BUDGET = 14 * 1024
SCRIPT_BUDGET = 4 * 1024
LAYERS = "@layer reset, tokens, base, layout, components, utilities;"


def test_templates_keep_every_rule() -> None:
    paths = sorted(path for path in TEMPLATES.rglob("*") if path.is_file())

    problems = [p for path in paths for p in find_problems(path.read_text(), str(path.relative_to(ROOT)))]

    assert len(paths) > 20
    assert problems == []


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<style>p{}</style>", "an inline stylesheet"),
        ('<p style="color:red">', "a style attribute"),
        ("<script>1</script>", "an inline script"),
        ('<a href="/" onclick="go()">', "an inline handler"),
        ('<a href="javascript:go()">', "a javascript: address"),
        ("{{ words | safe }}", "the safe filter"),
        ('<img src="//elsewhere.example/a.png">', "another host"),
        ('<link href="https://elsewhere.example/a.css">', "another host"),
        ('<a href="/" hx-get="/" hx-trigger="every 2s [!document.hidden]">', "a trigger filter"),
        ('<a href="/" hx-get="/" hx-swap="js:x">', "a js: value"),
        ('<a href="/" hx-get="/" hx-boost="true">', "hx-boost is not on the list"),
        ('<a href="/" hx-get="/" data-hx-on:click="1">', "data-hx-on:click is not on the list"),
        ('<a href="/" hx-swap-oob="true">', "hx-swap-oob is not on the list"),
        ('<button hx-post="/cart">', "hx-post on a <button>"),
        ('<form hx-post="/cart" action="/cart">', "hx-post on a <form>"),
        ('<div hx-get="/cart">', "hx-get on a <div>"),
        ("{% autoescape false %}", "unescaped HTML"),
    ],
)
def test_rule_is_noticed_when_broken(source: str, words: str) -> None:
    problems = find_problems(source)

    assert any(words in problem for problem in problems), problems


@pytest.mark.parametrize(
    "source",
    [
        '<form action="/cart" method="post" hx-post="/cart" hx-status:422="swap:outerMorph"></form>',
        '<a href="/?page=2" hx-get="/?page=2" hx-select="#results" hx-push-url="true">2</a>',
        "<script src=\"{{ static('js/app.js') }}\" defer></script>",
        '{# style="" may be talked about #}',
    ],
)
def test_rule_lets_pass_what_is_allowed(source: str) -> None:
    assert find_problems(source) == []


def test_stylesheet_is_small_and_layered() -> None:
    text = (STATIC / "css/app.css").read_text()
    css = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)

    assert len(gzip.compress(text.encode(), 9)) < CSS_BUDGET
    assert LAYERS in css
    assert not re.search(r"!important|gradient\(|@import|https?:", css)


def test_script_is_small_and_needs_no_eval() -> None:
    script = (STATIC / "js/app.js").read_text()

    assert len(script.encode()) < SCRIPT_BUDGET
    assert not re.search(r"\beval\b|new Function|innerHTML|document\.write|fetch\(|https?:", script)


def test_script_of_the_payment_page_is_small_and_needs_no_eval() -> None:
    script = (STATIC / "js/paypal.js").read_text()

    assert len(script.encode()) < SCRIPT_BUDGET
    assert not re.search(r"\beval\b|new Function|innerHTML|document\.write|https?:", script)


def test_every_class_a_template_names_is_styled() -> None:
    css = (STATIC / "css/app.css").read_text()
    styled = set(re.findall(r"\.([a-z][\w-]*)", css))
    named: dict[str, str] = {}
    for path in TEMPLATES.rglob("*.html"):
        for value in re.findall(r'class="([^"]*)"', re.sub(r"\{[{%#].*?[}%#]\}", " ", path.read_text())):
            named |= {name: path.name for name in value.split() if not name.endswith("-")}

    assert {name: place for name, place in named.items() if name not in styled} == {}
