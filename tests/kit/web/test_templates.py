"""Pages: escaped, framed only when whole, strict about what is missing, files by their content's hash."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from jinja2 import TemplateAssertionError, UndefinedError

from store.kit.web.templates import make_environment


def render(tmp_path: Path, text: str, reload: bool = False, **context: object) -> str:
    environment = make_environment(tmp_path, tmp_path, settings=None, reload=reload)
    return environment.from_string(text).render(context)


async def test_view_is_escaped_when_it_is_rendered(client: httpx.AsyncClient) -> None:
    assert "<p>&lt;Ada&gt; &amp; Vera</p>" in (await client.get("/")).text


async def test_frame_is_read_when_a_whole_page_is_sent(client: httpx.AsyncClient, asked: list[str]) -> None:
    assert "<b>3</b>" in (await client.get("/")).text
    assert asked == ["/"]


async def test_frame_is_not_read_when_a_fragment_or_an_error_is_sent(
    client: httpx.AsyncClient, asked: list[str]
) -> None:
    assert "<b>0</b>" in (await client.get("/part")).text
    await client.get("/nowhere")

    assert asked == []


def test_template_fails_when_a_name_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UndefinedError):
        render(tmp_path, "{{ view.title }}", view={})


def test_template_fails_when_it_leaves_autoescape(tmp_path: Path) -> None:
    with pytest.raises(TemplateAssertionError, match="safe"):
        render(tmp_path, "{{ words | safe }}", words="<b>")


def test_filters_write_for_people_when_given_plain_values(tmp_path: Path) -> None:
    at = datetime(2026, 3, 4, 16, 5, tzinfo=UTC)

    assert render(tmp_path, "{{ 8600 | money('USD') }} {{ 2400 | money('JPY') }}") == "$86.00 ¥2,400"
    assert render(tmp_path, "{{ at | date }}; {{ at | datetime }}", at=at) == "4 March 2026; 4 March 2026, 16:05 UTC"


def test_address_changes_when_the_file_changes(tmp_path: Path) -> None:
    (tmp_path / "app.css").write_text("a")
    first = render(tmp_path, "{{ static('app.css') }}", reload=True)
    (tmp_path / "app.css").write_text("bb")
    second = render(tmp_path, "{{ static('app.css') }}", reload=True)

    assert first.startswith("/static/app.css?v=")
    assert first != second


def test_template_fails_when_a_file_does_not_exist(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"static/nothing\.css"):
        render(tmp_path, "{{ static('nothing.css') }}")
